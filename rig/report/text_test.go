// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/trial"
)

var update = flag.Bool("update", false, "write the golden files anew")

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.WriteFile(path, got, 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, string(want), string(got))
}

func TestText(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, Text(&out, sample()))
	golden(t, "compare.txt", out.Bytes())
}

func TestTextOfTwoReaders(t *testing.T) {
	r := sample()
	u, p := r.Observations[0], r.Observations[1]
	u.Expected, p.Expected = trial.Sometimes, trial.Never
	failed := u
	failed.Reader, failed.Outcome = trial.Relaxed, trial.OutcomeTimeout
	r.Spec.Readers, r.Observations = []trial.Reader{trial.Acquire, trial.Relaxed}, []trial.Observation{u, p, failed}
	var out bytes.Buffer
	require.NoError(t, Text(&out, r))
	golden(t, "readers.txt", out.Bytes())
}

func TestJSON(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, JSON(&out, sample()))
	golden(t, "compare.json", out.Bytes())
}

func TestTextOfOneArmHasNoVerdict(t *testing.T) {
	r := sample()
	r.Command, r.Observations, r.Judgement = "run", r.Observations[:1], trial.Judgement{}
	var out bytes.Buffer
	require.NoError(t, Text(&out, r))
	assert.NotContains(t, out.String(), "\nverdict:")
	assert.Contains(t, out.String(), "no verdict: one kernel alone")
	assert.Contains(t, out.String(), "unpatched")
}

func soaked() trial.Result {
	r := sample()
	r.Command, r.Judgement, r.Spec.Duration = "soak", trial.Judgement{}, 10*time.Second
	for i := range r.Observations {
		r.Observations[i].Outcome, r.Observations[i].Ledgers = trial.OutcomeOK, map[string]uint64{"audits": uint64(5491 + i)}
	}
	return r
}

// What a saved soak shows is what the soak itself showed.
func TestASoakKeepsItsLedgers(t *testing.T) {
	var first, again bytes.Buffer
	r := soaked()
	require.NoError(t, Text(&first, r))
	require.NoError(t, Text(&again, NewDocument(r).Result()))
	assert.Equal(t, first.String(), again.String())
	for _, want := range []string{"audits", "5491", "5492", "Sound: no store was lost"} {
		assert.Contains(t, again.String(), want)
	}
}

func TestASoakIsSoundOnlyWhereItEnded(t *testing.T) {
	r := soaked()
	d := NewDocument(r)
	assert.Equal(t, "sound", verdictWord(d))
	assert.Contains(t, command(d), "--duration=20s", "of both kernels, as the flag means it")
	for _, flag := range []string{"--reader", "--memory-model", "--accel"} {
		assert.NotContains(t, command(d), flag, "soak has no such flag")
	}
	for name, spoil := range map[string]func(*trial.Result){
		"cut short": func(r *trial.Result) { r.Observations[0].Outcome = trial.OutcomeCut },
		"failed":    func(r *trial.Result) { r.Failure = &trial.Failure{Message: "a store was lost"} },
		"not begun": func(r *trial.Result) { r.Observations = nil },
	} {
		r := soaked()
		spoil(&r)
		var out bytes.Buffer
		require.NoError(t, Text(&out, r))
		d := NewDocument(r)
		assert.Equal(t, "no verdict", verdictWord(d), name)
		assert.NotContains(t, out.String()+sentence(d)+Sentence(r), "Sound", name)
	}
}

func TestColumnsOfRuns(t *testing.T) {
	of := func(command string, arms ...ArmDocument) Saved {
		return Saved{Document: Document{Command: command, Arms: arms}}
	}
	unpatched, patched, asIs := ArmDocument{}, ArmDocument{Patched: true}, ArmDocument{AsIs: true}
	for _, c := range []struct {
		runs        []Saved
		left, right string
	}{
		{[]Saved{of("run", unpatched)}, "unpatched", ""},
		{[]Saved{of("run", patched)}, "", "patched"},
		{[]Saved{of("run", asIs)}, "as-is", ""},
		{[]Saved{of("run", asIs), of("run", unpatched)}, "unpatched or as-is", ""},
		{[]Saved{of("compare", unpatched)}, "unpatched", "patched"},
		{[]Saved{of("run", unpatched), of("compare")}, "unpatched", "patched"},
	} {
		left, right := columns(c.runs)
		assert.Equal(t, []string{c.left, c.right}, []string{left, right}, "%v", c.runs)
	}
}

func TestUnknownIsNeverPrintedAsAnythingElse(t *testing.T) {
	r := sample()
	r.Judgement = trial.Judgement{}
	var out bytes.Buffer
	require.NoError(t, Text(&out, r))
	assert.Contains(t, out.String(), "\nno verdict: the kernels were not compared\n")
	assert.NotContains(t, out.String(), "\nverdict: ")
}

func TestFailure(t *testing.T) {
	var out bytes.Buffer
	Failure(&out, trial.Failure{Message: "m", Log: "/l", Tail: "a\nb", Try: "t"})
	assert.Equal(t, "kcovrig: m\n  log: /l\n  last lines:\n    a\n    b\n  try: t\n", out.String())
}
