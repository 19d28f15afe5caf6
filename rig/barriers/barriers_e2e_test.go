// SPDX-License-Identifier: Apache-2.0

package barriers

import (
	"slices"
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
	// Each write to the eventfd takes the lock of its wait queue, which nothing here contends for.
	cfg.Spec.Scopes = []string{"kernel:eventfd_write"}
	found, err := Find(t.Context(), cfg)
	require.NoError(t, err)
	notShown := 0
	var seconds []float64
	for _, r := range found.Rows {
		t.Logf("%s+%#x %s (%s): %q; model %q: %s", r.Symbol, r.Offset, r.Text, r.Source, r.Answer, r.Model.Says, r.Model.Why)
		for _, f := range r.Forms {
			t.Logf("    %s: %q, hits %d of %d, executed %d, %d turns, %.2f s; %s", f.To, f.Result.Finding, f.Seen.Hits(), f.Seen.Windows(), f.Seen.Executed, f.Seen.Turns, f.Seen.Seconds, f.Result.Reason)
			if f.Seen.Turns > 0 {
				seconds = append(seconds, f.Seen.Seconds)
			}
		}
		if r.Fix {
			assert.Equal(t, barrier.Needed, r.Answer, r.Text)
			assert.NotEqual(t, trial.Never, r.Model.Says)
		}
		if r.Answer == barrier.NotShownNeeded {
			notShown++
		}
	}
	slices.Sort(seconds)
	require.NotEmpty(t, seconds)
	t.Logf("%d alterations, median %.2f s of stress", len(seconds), seconds[len(seconds)/2])
	assert.NotEmpty(t, found.Fix)
	assert.Positive(t, notShown)
	assert.NotEmpty(t, found.Witnesses)
	assert.Zero(t, found.Test.Seen[0].Hits())
}
