// SPDX-License-Identifier: Apache-2.0

package modelcheck

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/guest/wire"
	"kcovrig/rig/envtest"
	"kcovrig/rig/trial"
)

// runOf is the result of a compare with one witness: the entry's store is held
// back, the count passes it. barrier is what the patch put in.
func runOf(v trial.Variant, reader trial.Reader, barrier string) trial.Result {
	publish := trial.Instruction{Symbol: "stop", Offset: 8, Text: "str x25, [x27]"}
	fixed := trial.Code{Variant: trial.Patched, Container: "stop", Ordered: "yes", Publish: []trial.Instruction{publish}}
	fixed.Between = []trial.Instruction{{Symbol: "stop", Offset: 4, Text: barrier}}
	events := []trial.WitnessEvent{
		{VCPU: 0, Kind: trial.Delayed, Symbol: "memcpy", Text: "stp x6, x7, [x0]", Address: 0x1018, Value: 7, Version: 1},
		{VCPU: 0, Kind: trial.Executed, Symbol: "stop", Offset: 8, Text: publish.Text, Address: 0x1000, Value: 4, Version: 1},
		{VCPU: 1, Kind: trial.Mark, Address: 0x1018, Value: 5},
	}
	if v == trial.Patched {
		events = []trial.WitnessEvent{events[0], {VCPU: 0, Kind: trial.Barrier, Symbol: "stop", Offset: 4, Text: barrier},
			{VCPU: 0, Kind: trial.Drained, Address: 0x1018, Value: 7, Version: 1}, events[1], events[2]}
	}
	load := map[trial.Reader]string{trial.Acquire: "ldar x11, [x0]", trial.Relaxed: "ldr x11, [x0]"}[reader]
	return trial.Result{
		Prepared: trial.Prepared{
			Code:    []trial.Code{{Variant: trial.Unpatched, Container: "stop", Ordered: "no", Publish: []trial.Instruction{publish}}, fixed},
			Readers: []trial.ReaderCode{{Reader: reader, Count: trial.Instruction{Text: load}, Entry: trial.Instruction{Text: "ldr x13, [x9]"}, Control: true}},
		},
		Witnesses: []trial.Witness{{
			Variant: v, Reader: reader, Events: events, Detection: wire.Detection{Index: 3, Count: 4, Seen: 5, Later: 7},
		}},
	}
}

func certify(t *testing.T, r trial.Result) trial.Certificate {
	t.Helper()
	cache := envtest.Real(t, "asks herd7")
	c, err := Certify(t.Context(), CertifyConfig{Result: r, Number: 1, CacheDir: cache, Limit: time.Minute})
	require.NoError(t, err)
	require.Empty(t, c.Skipped+c.Why)
	return c
}

func TestHerdCertifiesWitnesses(t *testing.T) {
	const sometimes, never = trial.Sometimes, trial.Never
	for name, c := range map[string]struct {
		variant   trial.Variant
		reader    trial.Reader
		barrier   string
		want      []trial.Expectation
		certified bool
	}{
		"the bug":                         {trial.Unpatched, trial.Acquire, "dmb ishst", []trial.Expectation{sometimes, never}, true},
		"a full barrier as the fix":       {trial.Unpatched, trial.Acquire, "dmb ish", []trial.Expectation{sometimes, never}, true},
		"a release as the fix":            {trial.Unpatched, trial.Acquire, "stlr x25, [x27]", []trial.Expectation{sometimes, never}, true},
		"a load barrier fixes nothing":    {trial.Unpatched, trial.Acquire, "dmb ishld", []trial.Expectation{sometimes, sometimes}, false},
		"isb fixes nothing":               {trial.Unpatched, trial.Acquire, "isb", []trial.Expectation{sometimes, sometimes}, false},
		"a relaxed reader":                {trial.Unpatched, trial.Relaxed, "dmb ishst", []trial.Expectation{sometimes, sometimes, never}, true},
		"a relaxed reader of the patched": {trial.Patched, trial.Relaxed, "dmb ishst", []trial.Expectation{sometimes, never}, true},
		"patched for nothing":             {trial.Patched, trial.Acquire, "dmb ishld", []trial.Expectation{sometimes}, false},
		"what the emulator must not show": {trial.Patched, trial.Acquire, "dmb ishst", []trial.Expectation{never}, false},
	} {
		t.Run(name, func(t *testing.T) {
			got := certify(t, runOf(c.variant, c.reader, c.barrier))
			var answers []trial.Expectation
			for _, test := range got.Tests {
				answers = append(answers, test.Allowed)
			}
			assert.Equal(t, c.want, answers)
			assert.Equal(t, c.certified, got.Certified())
			assert.Equal(t, name == "what the emulator must not show" || name == "a load barrier fixes nothing" || name == "isb fixes nothing", got.Contradicted())
		})
	}
}

func TestWithoutHerdTheTestsAreThere(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	c, err := Certify(context.Background(), CertifyConfig{Result: runOf(trial.Unpatched, trial.Acquire, "dmb ishst"), Number: 1, CacheDir: t.TempDir(), Limit: time.Second})
	require.NoError(t, err)
	assert.Len(t, c.Tests, 2)
	assert.Contains(t, c.Skipped, "not installed")
	assert.Contains(t, c.Try, "scripts/setup herd")
	assert.Empty(t, c.Model)
	assert.False(t, c.Certified())
	assert.False(t, c.Contradicted())
}

func TestHerdThatDoesNotAnswerInTime(t *testing.T) {
	cache := t.TempDir()
	bin := filepath.Join(cache, "herd", "bin")
	require.NoError(t, os.MkdirAll(bin, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(bin, "herd7"), []byte("#!/bin/sh\nexec sleep 60\n"), 0o755))
	c, err := Certify(context.Background(), CertifyConfig{Result: runOf(trial.Unpatched, trial.Acquire, "dmb ishst"), Number: 1, CacheDir: cache, Limit: 50 * time.Millisecond})
	require.NoError(t, err)
	assert.Equal(t, "a longer --herd-limit", c.Try)
	assert.NotEmpty(t, c.Skipped)
	assert.Equal(t, ArmModel, c.Model, "it was asked")
	assert.False(t, c.Complete())
}

func TestAWitnessThatGivesNoTest(t *testing.T) {
	r := runOf(trial.Unpatched, trial.Acquire, "dmb ishst")
	r.Witnesses[0].Events = r.Witnesses[0].Events[2:]
	c, err := Certify(context.Background(), CertifyConfig{Result: r, Number: 1})
	require.NoError(t, err)
	assert.Empty(t, c.Tests)
	assert.NotEmpty(t, c.Why)
}

// alteredRun is runOf a patched kernel whose barrier the emulator took the order from.
func alteredRun() trial.Result {
	r := runOf(trial.Unpatched, trial.Acquire, "dmb ishst")
	w := &r.Witnesses[0]
	w.Variant, w.Under = trial.Patched, "dmb ishst at stop+0x4 ordered nothing"
	w.Altered = []trial.AlteredInstruction{{Instruction: r.Code[1].Between[0], To: trial.OrderNone}}
	r.Code = r.Code[1:]
	return r
}

// The model is asked about what ran, not about the code that the emulator altered.
func TestHerdCertifiesAnAlteredKernelsWitness(t *testing.T) {
	c := certify(t, alteredRun())
	require.Len(t, c.Tests, 2)
	assert.True(t, c.Certified(), "%+v", c.Tests)
}

func TestAnAlteredKernelsTests(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	c, err := Certify(t.Context(), CertifyConfig{Result: alteredRun(), Number: 1, CacheDir: t.TempDir(), Limit: time.Second})
	require.NoError(t, err)
	require.Len(t, c.Tests, 2)
	assert.NotContains(t, c.Tests[0].Text, "DMB")
	assert.Contains(t, c.Tests[1].Text, "DMB ISHST")
}
