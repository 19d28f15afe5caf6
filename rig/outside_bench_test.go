// SPDX-License-Identifier: Apache-2.0

package rig

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kcovrig/rig/trial"
)

// BenchmarkOutsideTheScope prints, each round, the copies per second with the
// emulator in a scope that is never entered, as a share of those without it.
// Both machines are up at once and run in turns of some milliseconds, as the
// arms of a comparison do, so that the host's load falls on both alike.
func BenchmarkOutsideTheScope(b *testing.B) {
	const stress = 3 * time.Second
	plain := benchJob(b, func(s *trial.Spec) { s.MemoryModel = trial.ModelNative })
	outside := benchJob(b, func(s *trial.Spec) { s.ScopeOnly, s.Scopes = true, []string{"kernel:panic"} })
	for round := 0; b.Loop(); round++ {
		turns := newRelay(2, nil)
		var seen [2]trial.Observation
		var runs []func(context.Context) error
		for i, j := range []*job{plain, outside} {
			a := arm{job: j, image: j.images[false], reader: trial.Acquire, limit: stress, relay: turns}
			require.NoError(b, a.makeDir(fmt.Sprintf("%s/round-%d", j.folder.work, round)))
			runs = append(runs, func(ctx context.Context) (err error) {
				seen[i], err = a.run(ctx)
				return err
			})
		}
		require.NoError(b, together(b.Context(), runs...))
		fmt.Printf("ratio %.4f\n", copiesPerSecond(b, seen[1])/copiesPerSecond(b, seen[0])) // a benchmark logs ten lines at the most
	}
}

// benchJob is a job with its kernel built and everything ready to boot.
func benchJob(b *testing.B, change func(*trial.Spec)) *job {
	b.Helper()
	cfg := realSoak(b, 0)
	change(&cfg.Spec)
	j, err := newJob(cfg, "run")
	require.NoError(b, err)
	b.Cleanup(func() {
		_, err := j.finish(nil)
		require.NoError(b, err)
	})
	require.NoError(b, j.prepare(b.Context(), []bool{false}))
	return j
}

// copiesPerSecond is the mean over the modes.
func copiesPerSecond(b *testing.B, o trial.Observation) float64 {
	b.Helper()
	require.Equal(b, trial.OutcomeOK, o.Outcome)
	sum := 0.0
	for _, t := range o.Tallies {
		require.Positive(b, t.Copies)
		sum += float64(t.Copies) / (float64(t.StressNS) / 1e9)
	}
	return sum / float64(len(o.Tallies))
}
