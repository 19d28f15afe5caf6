// SPDX-License-Identifier: Apache-2.0

package compare

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/internal/objcode/elfcode"
	"kcovrig/rig/internal/weakmem"
	"kcovrig/rig/kernels"
	"kcovrig/rig/rigtest"
	"kcovrig/rig/trial"
)

func TestSilenceIsNoVerdictWhereTheEmulatorCouldNotSpeak(t *testing.T) {
	passed := weakmem.Site{First: 0x104, Second: 0x300, Why: "passed", Count: 900}
	for name, c := range map[string]struct {
		patched []weakmem.Site
		want    trial.Verdict
		reason  string
	}{
		"a barrier":         {[]weakmem.Site{{First: 0x104, By: 0x280, Second: 0x300, Why: "order-barrier", Count: 900}}, trial.Fixed, ""},
		"caution":           {[]weakmem.Site{{First: 0x104, By: 0x290, Second: 0x300, Why: "caution-atomic", Count: 900}}, trial.Inconclusive, "an atomic by which Arm orders less"},
		"nothing was noted": {nil, trial.Inconclusive, "noted nothing"},
	} {
		t.Run(name, func(t *testing.T) {
			l := rigtest.NewLab(rigtest.Guest{HitEvery: 2}, rigtest.Guest{})
			l.Noted = func(v trial.Variant) ([]weakmem.Site, error) {
				if v == trial.Patched {
					return c.patched, nil
				}
				return []weakmem.Site{passed}, nil
			}
			result, err := Compare(t.Context(), l.Config(t))
			require.NoError(t, err)
			assert.Equal(t, c.want, result.Judgement.Verdict, "%v", result.Judgement.Reasons)
			assert.Contains(t, result.Judgement.Reasons[0], c.reason)
			require.NotNil(t, result.Observations[1].Silence)
		})
	}
	l := rigtest.NewLab(rigtest.Guest{HitEvery: 2}, rigtest.Guest{})
	l.Noted = func(trial.Variant) ([]weakmem.Site, error) { return nil, errors.New("it was cut") }
	_, err := Compare(t.Context(), l.Config(t))
	assert.ErrorContains(t, err, "it was cut")
}

// Each boot is held against the writes of its own kernel, and its own reader.
func TestSilenceIsReadByTheBootsOwnCode(t *testing.T) {
	l := rigtest.NewLab(rigtest.Guest{HitEvery: 2}, rigtest.Guest{})
	l.Noted = func(trial.Variant) ([]weakmem.Site, error) {
		return []weakmem.Site{
			{First: 0x104, Second: 0x300, Why: "passed", Count: 2}, {First: 0x104, Second: 0x340, By: 0x280, Why: "order-barrier", Count: 3},
			{Second: rigtest.LoadCount, Why: "load-choice", Count: 100},
			{Second: rigtest.LoadEntry, Why: "load-choice", Count: 6},
		}, nil
	}
	cfg := l.Config(t)
	cfg.Kernels = func(context.Context, kernels.Config) (kernels.Source, error) {
		return relined{rigtest.Source{Lab: l}}, nil
	}
	result, err := Compare(t.Context(), cfg)
	require.NoError(t, err)
	require.Len(t, result.Observations, 2)
	unpatched, patched := result.Observations[0].Silence, result.Observations[1].Silence
	assert.Equal(t, trial.Earned{Passed: 2}, unpatched.Stores)
	assert.Equal(t, trial.Earned{Order: 3, Stops: []trial.Stop{{Instruction: trial.Instruction{Symbol: "stop", Text: "dmb ishst"}, Why: "order-barrier", Count: 3}}}, patched.Stores)
	assert.Equal(t, uint64(6), unpatched.Loads.Passed)
	assert.Equal(t, uint64(6), patched.Loads.Passed)
}

// relined is a source whose patched kernel's code lies elsewhere.
type relined struct{ rigtest.Source }

func (s relined) Analyse(ctx context.Context, image kernels.Image, dir string) (kernels.Analysis, error) {
	a, err := s.Source.Analyse(ctx, image, dir)
	if image.Built.Variant == trial.Patched {
		a.Publishers, a.Lines = []uint64{0x340}, []elfcode.Line{{Addr: 0x280, Symbol: "stop", Text: "dmb ishst"}}
	}
	return a, err
}
