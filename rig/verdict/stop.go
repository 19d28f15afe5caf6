// SPDX-License-Identifier: Apache-2.0

package verdict

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"kcovrig/guest/wire"
	"kcovrig/rig/trial"
)

// How much a kernel measures when no duration is given.
const (
	// BlockSize is the number of consecutive windows in a block. Neighbouring
	// windows share a section of the writer, a slice of the host's scheduler and
	// the emulator's mood, so the statistics count blocks.
	//
	// Measured on two host CPUs at load 5 to 8, unpatched, 18,000 windows in six
	// series of both modes: windows two apart correlate by 0.2 to 0.3. The lag-1
	// correlation of which blocks are hit is 0.28 to 0.47 for blocks of 8, and
	// -0.10 to 0.11 (pc), -0.03, 0.34, 0.45 (cmp) for blocks of 16, where it is
	// within two standard errors in four series. What is left comes from moments
	// in which the host stands still: longer blocks do not remove it. Therefore
	// the rule allows for neighbours that correlate by Persistence. The moments
	// fall on both kernels, which take turns, and a rate that varies alike in both
	// makes the bound and the miss more cautious, not less (Hoeffding, Ann. Math.
	// Stat. 27, 1956). The longest stretch without a hit window had 133; "fixed"
	// needs 900 at the least, see TestFixedNeedsManyWindows.
	BlockSize = 16
	// LoneBlocks ends a kernel that nothing is compared with, and a kernel on a machine
	// whose memory model rules hits out.
	LoneBlocks = 64
	// CleanBlocks without a hit window in any mode of the unpatched kernel end a
	// comparison: one that shows so little becomes certain within no useful time.
	CleanBlocks = 512
	// GiveUp ends a kernel that has not become certain after running for so long. A
	// host with cores to spare needs seconds, one under load, or a program that makes few
	// tries, many times as long.
	GiveUp = 2 * time.Minute
)

// Limit is the longest stress of a kernel whose duration was asked for; 0: none was.
func Limit(wanted time.Duration) time.Duration { return cmp.Or(wanted, GiveUp) }

// longer is what to try where a limit of the stress left too little to judge; empty: there
// was none, or it was the longest. Kernels that are booted again and again end by their
// number, where no time is asked for.
func longer(limit time.Duration, again bool) string {
	const atFirst, further = 10 * time.Minute, 4
	if limit <= 0 || limit >= trial.MaxDuration {
		return ""
	}
	said := "; the stress of each kernel ended after " + inShort(limit)
	switch {
	case again && limit < atFirst:
		return said + fmt.Sprintf(": without --duration it ends when the verdict is certain, or after %d boots", MostBoots)
	case limit < GiveUp:
		return said + fmt.Sprintf(": without --duration it ends when the verdict is certain, or after %s", inShort(GiveUp))
	}
	next := atFirst
	if limit > atFirst/2 {
		next = min(further*limit, trial.MaxDuration)
	}
	return said + fmt.Sprintf(": --duration %s gives it more time, %s in all, since the kernels take turns", inShort(next), inShort(2*next))
}

// inShort is a duration without the units of which there are none.
func inShort(d time.Duration) string {
	text := d.String()
	for _, none := range []struct{ end, unit string }{{"m0s", "0s"}, {"h0m", "0m"}} {
		if strings.HasSuffix(text, none.end) {
			text = strings.TrimSuffix(text, none.unit)
		}
	}
	return text
}

// Enough says whether a kernel that nothing is compared with may stop: it has
// LoneBlocks in every mode.
func Enough(tallies []wire.Tally) bool {
	return every(tallies, func(t wire.Tally) bool { return t.Blocks >= LoneBlocks })
}

// Certain says whether two kernels that ran in turns may stop: in every mode the
// patched kernel has the clean blocks that the unpatched kernel's bound requires, or
// has shown a hit window, and the unpatched kernel one as well or LoneBlocks; or
// the unpatched kernel has stayed clean for too long. Looking after every slice costs nothing, see Required.
func Certain(unpatched, patched []wire.Tally) bool { return promised.certain(unpatched, patched, 1) }

// certain counts that part of the patched kernel's blocks.
func (r rule) certain(unpatched, patched []wire.Tally, part float64) bool {
	if every(unpatched, func(t wire.Tally) bool { return t.HitWindows == 0 && t.Blocks >= CleanBlocks }) {
		return true
	}
	return every(patched, func(p wire.Tally) bool {
		at := slices.IndexFunc(unpatched, func(u wire.Tally) bool { return u.Mode == p.Mode })
		if at < 0 {
			return false
		}
		u := unpatched[at]
		if p.HitWindows > 0 && (u.HitWindows > 0 || u.Blocks >= LoneBlocks) {
			return true
		}
		blocks := uint64(float64(p.Blocks) * part)
		if r.tooFew(u.HitBlocks, u.Blocks, blocks) {
			return false
		}
		n, ok := r.required(u.HitBlocks, u.Blocks)
		return ok && blocks >= n
	})
}

func every(tallies []wire.Tally, ok func(wire.Tally) bool) bool {
	for _, t := range tallies {
		if !ok(t) {
			return false
		}
	}
	return len(tallies) > 0
}
