// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// explanation is what these tests read of explain --json.
type explanation struct {
	Witnesses int
	Witness   struct {
		Patched bool
		Reader  string
		Events  []struct{ Kind, Symbol, Text, Source, SourceText string }
	}
	Window      struct{ Reordered string }
	Certificate struct {
		Tests               []struct{ Name, What, Text, Expected, Allowed string }
		Why, Model, Skipped string
	}
}

func explainJSON(t *testing.T, env []string, run string, n int) explanation {
	t.Helper()
	c := kcovrig(t, env, "explain", run, fmt.Sprint(n), "--litmus", "--json").start()
	require.Equal(t, exitOK, c.wait(), "the model contradicts what was seen, or gives no answer: %s", c.out.String())
	c.leavesNothing()
	var e explanation
	require.NoError(t, json.Unmarshal(c.out.Bytes(), &e))
	return e
}

// Of one run with both kernels and both readers: every witness is told, with
// its instructions, and herd7 certifies it.
func TestE2EExplainCertifiesWhatWasSeen(t *testing.T) {
	out := filepath.Join(t.TempDir(), "run")
	kcovrig(t, nil, "compare", "--arch=arm64", "--reader=acquire,relaxed", "--out", out).run(0)
	certified, shown := map[string]int{}, 0
	first := explainJSON(t, nil, out, 1)
	require.Greater(t, first.Witnesses, 10)
	for n := 1; n <= first.Witnesses; n++ {
		e := explainJSON(t, nil, out, n)
		for _, event := range e.Witness.Events {
			if event.Kind != "mark" {
				assert.NotEmpty(t, event.Text, "witness %d: %+v", n, event)
				assert.NotEmpty(t, event.Symbol, "witness %d: %+v", n, event)
				assert.NotEmpty(t, event.Source, "witness %d: %+v", n, event)
			}
		}
		if e.Certificate.Why != "" {
			assert.Contains(t, e.Certificate.Why, "not among the witness's events", "witness %d", n)
			continue
		}
		require.Equal(t, "aarch64.cat", e.Certificate.Model, e.Certificate.Skipped)
		tests := e.Certificate.Tests
		assert.Equal(t, "sometimes", tests[0].Allowed, "witness %d:\n%s", n, tests[0].Text)
		last := tests[len(tests)-1]
		assert.Equal(t, "never", last.Allowed, "witness %d:\n%s", n, last.Text)
		if e.Witness.Patched {
			assert.Equal(t, []string{"relaxed", "reader"}, []string{e.Witness.Reader, e.Window.Reordered}, "witness %d", n)
			assert.Contains(t, tests[0].Text, "DMB ISHST", "witness %d", n)
		} else {
			assert.Contains(t, tests[1].Text, "DMB ISHST", "witness %d", n)
			assert.NotContains(t, tests[0].Text, "DMB ISHST", "witness %d", n)
		}
		kind := fmt.Sprint(e.Witness.Patched, " ", e.Witness.Reader)
		if certified[kind]++; kind == "false acquire" && shown == 0 {
			shown = n
		}
	}
	t.Logf("%v of %d witnesses certified", certified, first.Witnesses)
	for _, kind := range []string{"false acquire", "false relaxed", "true relaxed"} {
		assert.NotZero(t, certified[kind], kind)
	}
	explainsForPeople(t, out, fmt.Sprint(shown))
}

// explainsForPeople reads the text, and has litmus run take the files.
func explainsForPeople(t *testing.T, run, n string) {
	t.Helper()
	text := kcovrig(t, []string{"COLUMNS=100"}, "explain", run, n).run(0).out.String()
	for _, words := range []string{"HELD BACK", "the guest reports", "WRITE_ONCE(", "dmb ishst  kcov_remote_stop+", "smp_wmb();", "0 of "} {
		assert.Contains(t, text, words)
	}
	for line := range strings.Lines(text) {
		if !strings.Contains(line, "kcovrig explain "+run) { // a command stays whole
			assert.LessOrEqual(t, len([]rune(strings.TrimSuffix(line, "\n"))), 100, line)
		}
	}
	dir := filepath.Join(t.TempDir(), "tests")
	said := kcovrig(t, nil, "explain", run, n, "--litmus-dir", dir).run(0).out.String()
	assert.Contains(t, said, "certified detection")
	files, err := filepath.Glob(filepath.Join(dir, "*.litmus"))
	require.NoError(t, err)
	require.Len(t, files, 2, said)
	ran := kcovrig(t, nil, "litmus", "run", dir, "--size=500", "--runs=1").run(0).out.String()
	assert.Contains(t, ran, "2 tests, 2000 outcomes")
	assert.Contains(t, ran, "2 sound")
}

func TestE2EExplainWithoutHerd(t *testing.T) {
	out := filepath.Join(t.TempDir(), "run")
	kcovrig(t, nil, "run", "--arch=arm64", "--unpatched", "--mode=pc", "--out", out).run(0)
	empty := t.TempDir()
	without := []string{"KCOVRIG_CACHE=" + empty, "PATH=" + empty}
	n, tests := 0, 0
	for tests == 0 { // a number that the run does not have ends it
		n++
		tests = len(explainJSON(t, without, out, n).Certificate.Tests)
	}
	c := kcovrig(t, without, "explain", out, fmt.Sprint(n), "--litmus").run(0)
	assert.Contains(t, c.out.String(), "herd7 was not asked")
	assert.Contains(t, c.out.String(), "scripts/setup herd")
	assert.Contains(t, c.out.String(), "exists (")
}
