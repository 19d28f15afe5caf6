// SPDX-License-Identifier: Apache-2.0

package weakmem

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/fault"
	"kcovrig/rig/internal/proc"
)

// analyzer is the major version of gcc whose finds are listed, Debian 12's: another one
// finds others.
const analyzer = "12"

// falseFinds are the analyzer's that are no faults, and why.
var falseFinds = map[string]string{
	uninitialized("exec_history.c", "c[1]"):       "choose() returns a whole struct, which the analyzer does not follow",
	uninitialized("exec_history.c", "c[1].old"):   "a load has one element or two: c[1] is a copy of c[0], or filled",
	uninitialized("exec_history.c", "c[1].early"): "as c[1].old",
	uninitialized("history.c", "v[i][0].time"):    "history_versions() fills the first version, whatever it finds",
	uninitialized("history.c", "v[i][0].value"):   "as v[i][0].time",
}

func uninitialized(file, what string) string {
	return fmt.Sprintf("%s: use of uninitialized value '%s' [-Wanalyzer-use-of-uninitialized-value]", file, what)
}

// The compiler's analyzer finds no fault in the plugin that is not known to be none.
func TestTheAnalyzerFindsNoFault(t *testing.T) {
	if testing.Short() {
		t.Skip("C code, of no interest to the race detector: go test ./rig/internal/weakmem")
	}
	found := map[string]bool{}
	var mu sync.Mutex
	var all sync.WaitGroup
	version := strings.TrimSpace(string(ran(t, "-dumpversion")))
	if version != analyzer {
		t.Logf("gcc is %s: what it finds is only counted", version)
	}
	slots := make(chan struct{}, runtime.NumCPU())
	for _, file := range sources(t, "plugin/*.c") {
		all.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			for _, find := range analyze(t, file) {
				mu.Lock()
				found[find] = true
				mu.Unlock()
			}
		})
	}
	all.Wait()
	if version != analyzer {
		t.Logf("%d finds: %q", len(found), slices.Sorted(maps.Keys(found)))
		return
	}
	assert.Equal(t, slices.Sorted(maps.Keys(falseFinds)), slices.Sorted(maps.Keys(found)))
}

// analyze lists what gcc -fanalyzer finds in a file: where, by which of its options, and what.
func analyze(t *testing.T, file string) []string {
	t.Helper()
	args := append(CompileArgs(MaxAPI, []string{file}, "/dev/null"), "-std=gnu11", "-S", "-fanalyzer", "-fdiagnostics-format=json")
	log := filepath.Join(t.TempDir(), "log")
	_, err := proc.Run(t.Context(), proc.Command{Path: "gcc", Args: args, Log: log, Kind: fault.Rig, Op: "analyze " + file})
	assert.NoError(t, err, "%s", tailOf(err))
	text, err := os.ReadFile(log)
	assert.NoError(t, err)
	var said []struct {
		Option, Message string
		Locations       []struct{ Caret struct{ File string } }
	}
	if err := json.Unmarshal(text, &said); err != nil {
		t.Errorf("%s: %v: %s", file, err, text)
	}
	var finds []string
	for _, s := range said {
		at := "?"
		if len(s.Locations) > 0 {
			at = filepath.Base(s.Locations[0].Caret.File)
		}
		finds = append(finds, fmt.Sprintf("%s: %s [%s]", at, s.Message, s.Option))
	}
	return finds
}

// ran is what gcc prints.
func ran(t *testing.T, args ...string) []byte {
	t.Helper()
	res, err := proc.Run(t.Context(), proc.Command{Path: "gcc", Args: args, Kind: fault.Rig, Op: "ask gcc"})
	require.NoError(t, err)
	return res.Stdout
}

// The analyzer sees what it is there for.
func TestTheAnalyzerSeesAFault(t *testing.T) {
	if testing.Short() {
		t.Skip("as above: go test ./rig/internal/weakmem")
	}
	file := filepath.Join(t.TempDir(), "fault.c")
	text := "#include <stdlib.h>\nint *f(void)\n{\n    int *p = malloc(sizeof *p);\n    *p = 1;\n    return p;\n}\n"
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	assert.Equal(t, []string{"fault.c: dereference of possibly-NULL 'p' [-Wanalyzer-possible-null-dereference]"}, analyze(t, file))
}
