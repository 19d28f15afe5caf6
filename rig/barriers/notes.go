// SPDX-License-Identifier: Apache-2.0

package barriers

import (
	"errors"
	"strings"

	"kcovrig/guest/wire"
	"kcovrig/rig/barrier"
	"kcovrig/rig/fault"
	"kcovrig/rig/trial"
	"kcovrig/rig/verdict"
)

// weigh says what the silence of each number is worth, by the emulator's notes beside
// those on the reference. These go on, so that it is done after each turn, for all.
func weigh(test *barrier.Test, silences map[int]*trial.Silence, neverShown map[uint64]bool) {
	ref := test.Reference
	if ref == barrier.NoReference || ref >= len(test.Seen) || test.Seen[ref].Hits() == 0 {
		return
	}
	hits := leastHits(test.Seen[ref].Tallies)
	for n := range test.Seen {
		s := &test.Seen[n]
		if n == ref || s.Turns == 0 || s.Hits() > 0 {
			continue
		}
		if n > 0 && isNeverShown(test.Trials[n-1].Alteration, neverShown) {
			s.Doubt = noLoads
			continue
		}
		part, doubt := verdict.Worth(silences[ref], silences[n], hits)
		if s.Doubt = doubt; doubt == "" {
			s.Discount = 1 - part
		}
	}
}

// leastHits is how often the bug was seen in the mode that showed it least, if it did.
func leastHits(tallies []wire.Tally) (least uint64) {
	for _, t := range tallies {
		if t.HitWindows > 0 && (least == 0 || t.HitWindows < least) {
			least = t.HitWindows
		}
	}
	return least
}

// joined adds a turn's notes to those before.
func joined(before *trial.Silence, more trial.Silence) *trial.Silence {
	if before == nil {
		return &more
	}
	before.Join(more)
	return before
}

// asBlocks counts a turn as one block, where a hit ends a boot.
func asBlocks(tallies []wire.Tally) []wire.Tally {
	out := make([]wire.Tally, 0, len(tallies))
	for _, t := range tallies {
		hit := t.HitWindows > 0
		whole := hit || t.Blocks > 0
		t.Blocks, t.HitBlocks, t.BlockTurns = 0, 0, 0
		if whole {
			t.Blocks = 1
		}
		if hit {
			t.HitBlocks = 1
		}
		out = append(out, t)
	}
	return out
}

// mostBrief is how much of an error a document has, in bytes.
const mostBrief = 300

// brief is the first line of an error, without the console's end.
func brief(err error) string {
	var f *fault.Error
	if errors.As(err, &f) && f.Err != nil {
		err = f.Err
	}
	line, _, _ := strings.Cut(err.Error(), "\n")
	return wire.Clean(line, mostBrief)
}
