// SPDX-License-Identifier: Apache-2.0

package boot

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"kcovrig/guest/wire"
	"kcovrig/rig/trial"
)

// A pair of stores is held against boots with a hit by those in which one overtook the other.
func TestJoinCountsTheHitBootsOfAPair(t *testing.T) {
	var all trial.Observation
	for _, b := range []struct {
		hits   uint64
		passed map[string]uint64
	}{
		{1, map[string]uint64{"a": 3, "once": 60}},
		{0, map[string]uint64{"a": 1}},
		{1, map[string]uint64{"a": 2, "never": 0}},
	} {
		next := trial.Observation{Outcome: trial.OutcomeOK, Silence: &trial.Silence{}, Tallies: []wire.Tally{{Windows: 9, Blocks: 1, HitWindows: b.hits, HitBlocks: b.hits}}}
		for first, n := range b.passed {
			next.Silence.Pairs = append(next.Silence.Pairs, trial.AccessPair{First: first, Second: "b", Passed: n})
			next.Silence.ReadPairs = append(next.Silence.ReadPairs, trial.AccessPair{First: first, Second: "b", Passed: n})
			next.Silence.LoadPairs = append(next.Silence.LoadPairs, trial.AccessPair{First: first, Second: "b", Passed: n})
		}
		Join(&all, next)
		for _, p := range next.Silence.Pairs {
			assert.Zero(t, p.HitBoots, "the boot's own notes stay as they were")
		}
	}
	for _, pairs := range [][]trial.AccessPair{all.Silence.Pairs, all.Silence.LoadPairs, all.Silence.ReadPairs} {
		got := map[string][2]uint64{}
		for _, p := range pairs {
			got[p.First] = [2]uint64{p.Passed, p.HitBoots}
		}
		assert.Equal(t, map[string][2]uint64{"a": {6, 2}, "once": {60, 1}, "never": {0, 0}}, got)
	}
}
