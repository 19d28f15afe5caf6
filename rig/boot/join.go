// SPDX-License-Identifier: Apache-2.0

package boot

import (
	"cmp"
	"slices"

	"kcovrig/guest/wire"
	"kcovrig/rig/trial"
)

// Join adds to what a kernel has shown what its next boot did, where a hit ends a boot.
// A boot is a block: it counts once it showed the bug or has had its windows. What has no
// sum, such as the console, stays the first boot's, but where the next one failed.
func Join(all *trial.Observation, next trial.Observation) {
	booted := bootOf(next)
	if booted.Hits > 0 && next.Silence != nil {
		next.Silence = inHitBoot(*next.Silence)
	}
	if len(all.Boots) == 0 {
		*all = next
		all.Tallies, all.Counters = emptied(next.Tallies), map[string]uint64{}
		all.Detections, all.Series = []wire.Detection{}, []trial.Sample{}
	} else if all.Silence != nil && next.Silence != nil {
		all.Silence.Join(*next.Silence)
	}
	if all.Outcome, all.Error = next.Outcome, next.Error; !next.Outcome.Counts() {
		all.Argv, all.Console = next.Argv, next.Console
	}
	all.Boots = append(all.Boots, booted)
	for name, n := range next.Counters {
		all.Counters[name] += n
	}
	for _, d := range next.Detections {
		if d.Boot = uint64(len(all.Boots)); len(all.Detections) < MaxHits {
			all.Detections = append(all.Detections, d)
		}
	}
	for i, t := range next.Tallies {
		if i == len(all.Tallies) {
			break // a first boot that failed had none
		}
		sum := &all.Tallies[i]
		add(sum, t)
		block(sum, all.Boots)
		all.Series = append(all.Series, trial.Sample{Mode: sum.Mode, AtNS: sum.StressNS, Windows: sum.Windows, HitWindows: sum.HitWindows})
	}
}

// inHitBoot is what was noted in a boot with a hit: each pair says so whose second access
// overtook the first in it.
func inHitBoot(s trial.Silence) *trial.Silence {
	s.Pairs, s.LoadPairs, s.ReadPairs = inHitBootAll(s.Pairs), inHitBootAll(s.LoadPairs), inHitBootAll(s.ReadPairs)
	return &s
}

func inHitBootAll(pairs []trial.AccessPair) []trial.AccessPair {
	pairs = slices.Clone(pairs)
	for i := range pairs {
		if pairs[i].Passed > 0 {
			pairs[i].HitBoots = 1
		}
	}
	return pairs
}

func emptied(tallies []wire.Tally) []wire.Tally {
	out := make([]wire.Tally, 0, len(tallies))
	for _, t := range tallies {
		out = append(out, wire.Tally{Mode: t.Mode})
	}
	return out
}

// bootOf sums up a boot of one mode. Its windows are its first block. A hit after that
// counts as a hit, but not among the windows in which the kernels are compared.
func bootOf(o trial.Observation) trial.Boot {
	b := trial.Boot{Seed: o.Seed}
	for _, t := range o.Tallies {
		b.Windows, b.Hits = b.Windows+t.Windows, b.Hits+t.HitWindows
		switch {
		case t.HitBlocks > 0, t.Blocks == 0 && t.HitWindows > 0:
			b.End = trial.BootHit
		case t.Blocks > 0:
			b.End = trial.BootClean
		}
	}
	return b
}

// add adds up what a boot counted.
func add(sum *wire.Tally, t wire.Tally) {
	if t.FirstHitNS > 0 {
		sum.FirstHitNS = cmp.Or(sum.FirstHitNS, sum.StressNS+t.FirstHitNS)
	}
	sum.Rounds, sum.Writes, sum.StressNS = sum.Rounds+t.Rounds, sum.Writes+t.Writes, sum.StressNS+t.StressNS
	sum.Windows, sum.Units = sum.Windows+t.Windows, sum.Units+t.Units
	sum.HitWindows, sum.HitUnits = sum.HitWindows+t.HitWindows, sum.HitUnits+t.HitUnits
}

// block counts boots as blocks.
func block(sum *wire.Tally, boots []trial.Boot) {
	sum.Blocks, sum.HitBlocks, sum.BlockTurns = 0, 0, 0
	var last trial.BootEnd
	for _, b := range boots {
		if b.End == trial.BootCut {
			continue
		}
		sum.Blocks++
		if b.End == trial.BootHit {
			sum.HitBlocks++
		}
		if last != trial.BootCut && b.End != last {
			sum.BlockTurns++
		}
		last = b.End
	}
}

// Further is what a kernel has counted in all of its boots while the next one is under way.
func Further(before, now []wire.Tally) []wire.Tally {
	out := make([]wire.Tally, 0, len(now))
	for i, t := range now {
		sum := wire.Tally{Mode: t.Mode}
		if i < len(before) {
			sum = before[i]
		}
		add(&sum, t)
		out = append(out, sum)
	}
	return out
}
