// SPDX-License-Identifier: Apache-2.0

package barriers

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/barrier"
	"kcovrig/rig/rigtest"
	"kcovrig/rig/trial"
)

// On a real kernel the fix's barrier is needed, and one that the racing data does not
// pass is not shown to be.
func TestE2EBarriersOfAFixedKernel(t *testing.T) {
	cfg := Config{Config: rigtest.Real(t, "boots a kernel")}
	found := ofAFixedKernel(t, cfg)
	var seconds []float64
	for _, r := range found.Rows {
		for _, f := range r.Forms {
			if f.Seen.Turns > 0 {
				seconds = append(seconds, f.Seen.Seconds)
			}
		}
	}
	slices.Sort(seconds)
	require.NotEmpty(t, seconds)
	t.Logf("%d alterations, median %.2f s of stress", len(seconds), seconds[len(seconds)/2])
	require.NotEmpty(t, found.Witnesses)
	assert.Contains(t, found.Witnesses[0].Under, " ordered ")
}

// unrelated is a function in whose scope nothing races: each write to the eventfd takes
// the lock of its wait queue, which nothing here contends for.
const unrelated = "eventfd_write"

// ofAFixedKernel asks of the barriers of a fixed kernel and of an unrelated function.
func ofAFixedKernel(t *testing.T, cfg Config) Found {
	t.Helper()
	cfg.Spec.Scopes = []string{"kernel:" + unrelated}
	found, err := Find(t.Context(), cfg)
	require.NoError(t, err)
	notShown := 0
	for _, r := range found.Rows {
		t.Logf("%s+%#x %s (%s): %q; model %q: %s", r.Symbol, r.Offset, r.Text, r.Source, r.Answer, r.Model.Says, r.Model.Why)
		for _, f := range r.Forms {
			t.Logf("    %s: %q, hits %d of %d, executed %d, %d turns, %.2f s; %s", f.To, f.Result.Effect, f.Seen.Hits(), f.Seen.Windows(), f.Seen.Executed, f.Seen.Turns, f.Seen.Seconds, f.Result.Reason)
		}
		if r.Fix {
			assert.Equal(t, barrier.Needed, r.Answer, r.Text)
			assert.NotEqual(t, trial.Never, r.Model.Says)
		}
		if r.Symbol == unrelated {
			assert.NotEqual(t, barrier.Needed, r.Answer, r.Text)
		}
		if r.Answer == barrier.NotShownNeeded {
			notShown++
		}
	}
	assert.NotEmpty(t, found.Fix)
	assert.Positive(t, notShown)
	assert.Zero(t, found.Test.Seen[0].Hits())
	return found
}

// On the kernel without the fix the place of the posted one is found, at which nothing
// weaker is enough: a store barrier between the copy and the count.
func TestE2EWhereOneBarrierIsEnough(t *testing.T) {
	cfg := Config{Config: rigtest.Real(t, "boots a kernel"), Suggest: true}
	cfg.Spec.Modes = []string{"pc"}
	found, err := Find(t.Context(), cfg)
	require.NoError(t, err)
	require.NotNil(t, found.Search)
	assert.Positive(t, found.Result.Observations[0].Tallies[0].HitWindows, "as it is")
	posted := false
	for _, s := range found.Report().Suggestions {
		require.Len(t, s.Parts, 1, "one place is enough")
		assert.NotEqual(t, trial.OrderLoads, s.Parts[0].Change.To, "the bug is the writer's")
		t.Logf("%s: model %q: %s", s.Parts[0].Change.To, s.Model.Says, s.Model.Why)
		assert.False(t, s.Disagrees(), "what is enough for the emulator is enough for the model")
		p := s.Parts[0].Position
		if p == nil {
			continue
		}
		t.Logf("%s between %q and %q: %d windows, miss %.1g", s.Parts[0].Change.To, p.After.SourceText, p.Before.SourceText, s.Windows, s.Miss)
		if s.Parts[0].Change.To == trial.OrderStores && strings.HasPrefix(p.After.SourceText, "memcpy(") && strings.HasPrefix(p.Before.SourceText, "switch (mode)") {
			posted = true
			assert.True(t, s.Least, "what does less was seen to be too little")
			assert.Equal(t, trial.Never, s.Model.Says, "%s", s.Model.Why)
		}
	}
	assert.True(t, posted, "the place of the posted fix")
}
