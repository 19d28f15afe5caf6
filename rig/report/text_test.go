// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

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
	assert.NotContains(t, out.String(), "verdict")
	assert.Contains(t, out.String(), "unpatched")
}

func TestUnknownIsNeverPrintedAsAnythingElse(t *testing.T) {
	r := sample()
	r.Judgement = trial.Judgement{}
	var out bytes.Buffer
	require.NoError(t, Text(&out, r))
	assert.Contains(t, out.String(), "verdict: UNKNOWN")
}

func TestFailure(t *testing.T) {
	var out bytes.Buffer
	Failure(&out, trial.Failure{Message: "m", Log: "/l", Tail: "a\nb", Try: "t"})
	assert.Equal(t, "kcovrig: m\n  log: /l\n  last lines:\n    a\n    b\n  try: t\n", out.String())
}
