// SPDX-License-Identifier: Apache-2.0

package verdict

import (
	"kcovrig/guest/wire"
	"kcovrig/rig/trial"
)

// EnoughFor says whether a kernel that nothing is compared with may stop: in
// every mode it has LoneBlocks, and a hit or the clean blocks that
// exclude share. Stopping at the first hit does not inflate the error
// of "clean", which needs all those blocks to be clean.
func EnoughFor(tallies []wire.Tally, share float64) bool {
	return every(tallies, func(t wire.Tally) bool {
		return t.Blocks >= LoneBlocks && (t.HitWindows > 0 || t.Blocks >= CleanBlocksFor(share))
	})
}

// besideReserve is what part of a kernel's blocks is taken to count before it is held
// against another that showed the bug.
const besideReserve = 0.8

// SettledAlone says, as EnoughFor, whether a kernel under the memory emulator may
// stop, by the blocks that count once its notes are read. Where the second write
// overtook the first and no reader saw it yet, one may still come. Where no
// instruction ordered the two, more windows change nothing.
func SettledAlone(seen trial.Seen, share float64) bool {
	if !EnoughFor(seen.Tallies, share) {
		return false
	}
	if !every(seen.Tallies, func(t wire.Tally) bool { return t.HitWindows == 0 }) {
		return true
	}
	w := weighAlone(seen.Silence, true)
	switch {
	case w.doubt == doubtAlone: // who knows another that showed the bug may count fewer
		w = weight{factor: besideReserve}
	case w.doubt != "":
		return !w.passed
	}
	w.factor *= reserve
	return every(seen.Tallies, func(t wire.Tally) bool { return w.of(t.Blocks) >= CleanBlocksFor(share) })
}
