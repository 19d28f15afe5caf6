// SPDX-License-Identifier: Apache-2.0

package weakmem

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
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

// analyzer is a compiler that looks for faults in C code.
type analyzer struct {
	name    string
	version string // Debian 12's, whose finds are listed: another one finds others
	args    []string
	told    func(t *testing.T, text []byte) (finds []string) // what it says of a file
	fault   string                                           // what it says of faultyCode
	false   map[string]string                                // finds that are no faults, and why
}

// faultyCode is what both analyzers see a fault in.
const faultyCode = "#include <stdlib.h>\nint *f(void)\n{\n    int *p = malloc(sizeof *p);\n    free(p);\n    *p = 1;\n    return p;\n}\n"

var gccAnalyzer = analyzer{
	name: "gcc", version: "12", args: []string{"-S", "-fanalyzer", "-fdiagnostics-format=json"}, told: toldByGCC,
	fault: "fault.c: use after 'free' of 'p' [-Wanalyzer-use-after-free]",
	false: map[string]string{
		uninitialized("exec_history.c", "c[1]"):       "choose() returns a whole struct, which the analyzer does not follow",
		uninitialized("exec_history.c", "c[1].old"):   "a load has one element or two: c[1] is a copy of c[0], or filled",
		uninitialized("exec_history.c", "c[1].early"): "as c[1].old",
		uninitialized("history.c", "v[i][0].time"):    "history_versions() fills the first version, whatever it finds",
		uninitialized("history.c", "v[i][0].value"):   "as v[i][0].time",
	},
}

var clangAnalyzer = analyzer{
	name: "clang", version: "14", args: []string{"--analyze", "--analyzer-output", "text"}, told: toldByClang,
	fault: "fault.c: Use of memory after it is freed [unix.Malloc]",
	false: map[string]string{
		"exec_history.c: Branch condition evaluates to a garbage value [core.uninitialized.Branch]":      "a load has an element or two, so that c[0] is filled",
		"exec_store.c: The left operand of '==' is a garbage value [core.UndefinedBinaryOperatorResult]": "as a load: s[0] is filled",
	},
}

func uninitialized(file, what string) string {
	return fmt.Sprintf("%s: use of uninitialized value '%s' [-Wanalyzer-use-of-uninitialized-value]", file, what)
}

// The compilers' analyzers find no fault in the plugin that is not known to be none.
func TestGCCsAnalyzerFindsNoFault(t *testing.T)   { gccAnalyzer.findsNoFault(t) }
func TestClangsAnalyzerFindsNoFault(t *testing.T) { clangAnalyzer.findsNoFault(t) }

func (a analyzer) findsNoFault(t *testing.T) {
	a.needed(t)
	found := map[string]bool{}
	var mu sync.Mutex
	var all sync.WaitGroup
	slots := make(chan struct{}, runtime.NumCPU())
	for _, file := range sources(t, "plugin/*.c") {
		all.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			for _, find := range a.analyze(t, file) {
				mu.Lock()
				found[find] = true
				mu.Unlock()
			}
		})
	}
	all.Wait()
	version, _, _ := strings.Cut(strings.TrimSpace(string(ran(t, a.name, "-dumpversion"))), ".")
	if version != a.version {
		t.Logf("%s is %s: what it finds is only counted", a.name, version)
		t.Logf("%d finds: %q", len(found), slices.Sorted(maps.Keys(found)))
		return
	}
	assert.Equal(t, slices.Sorted(maps.Keys(a.false)), slices.Sorted(maps.Keys(found)))
}

// needed skips what the race detector has no interest in, and what needs a compiler that is not here.
func (a analyzer) needed(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("C code, of no interest to the race detector: go test ./rig/internal/weakmem")
	}
	if _, err := proc.LookPath(a.name); err != nil {
		t.Skipf("no %s: apt-get install %s", a.name, a.name)
	}
}

// analyze lists what is found in a file: where, what, and by which of the analyzer's checks.
func (a analyzer) analyze(t *testing.T, file string) []string {
	t.Helper()
	args := append(CompileArgs(MaxAPI, []string{file}, "/dev/null"), append(a.args, "-std=gnu11")...)
	log := filepath.Join(t.TempDir(), "log")
	_, err := proc.Run(t.Context(), proc.Command{Path: a.name, Args: args, Log: log, Kind: fault.Rig, Op: "analyze " + file})
	assert.NoError(t, err, "%s", tailOf(err))
	text, err := os.ReadFile(log)
	assert.NoError(t, err)
	return a.told(t, text)
}

func toldByGCC(t *testing.T, text []byte) (finds []string) {
	t.Helper()
	var said []struct {
		Option, Message string
		Locations       []struct{ Caret struct{ File string } }
	}
	if err := json.Unmarshal(text, &said); err != nil {
		t.Errorf("%v: %s", err, text)
	}
	for _, s := range said {
		at := "?"
		if len(s.Locations) > 0 {
			at = filepath.Base(s.Locations[0].Caret.File)
		}
		finds = append(finds, fmt.Sprintf("%s: %s [%s]", at, s.Message, s.Option))
	}
	return finds
}

var warnedByClang = regexp.MustCompile(`(?m)^(\S+):\d+:\d+: (?:warning|error): (.*)$`)

func toldByClang(_ *testing.T, text []byte) (finds []string) {
	for _, m := range warnedByClang.FindAllSubmatch(text, -1) {
		finds = append(finds, fmt.Sprintf("%s: %s", filepath.Base(string(m[1])), m[2]))
	}
	return finds
}

// ran is what a compiler prints.
func ran(t *testing.T, compiler string, args ...string) []byte {
	t.Helper()
	res, err := proc.Run(t.Context(), proc.Command{Path: compiler, Args: args, Kind: fault.Rig, Op: "ask " + compiler})
	require.NoError(t, err)
	return res.Stdout
}

// The analyzers see what they are there for.
func TestTheAnalyzersSeeAFault(t *testing.T) {
	for _, a := range []analyzer{gccAnalyzer, clangAnalyzer} {
		a.needed(t)
		file := filepath.Join(t.TempDir(), "fault.c")
		require.NoError(t, os.WriteFile(file, []byte(faultyCode), 0o600))
		assert.Contains(t, a.analyze(t, file), a.fault)
	}
}
