// SPDX-License-Identifier: Apache-2.0

package verdict

import (
	"fmt"
	"math"

	"kcovrig/rig/trial"
)

// Where a hit ends the boot, both kernels are booted again and again, in pairs: the
// boots of a pair run in turns, each until a hit or for as many windows as the other's.
// Windows within a boot are alike, and boots differ tenfold, so that neither is counted
// as if it were independent: all that is taken for granted is that in each pair, whatever
// came before it, a patched kernel as bad as the unpatched one is as likely to be
// the one that shows the bug (Dixon and Mood, J. Am. Stat. Assoc. 41, 1946).
//
// Of the pairs in which any boot shows it, the unpatched boot alone does then with
// probability 1/2 at the most. Where in a part w of its windows alone the emulator
// could speak in the patched kernel, that becomes 1/(1+w): a boot that shows the bug
// with probability p shows it in that part of its windows with probability wp at the least.
// "Fixed" takes all of these pairs to be so, and is wrong only if the first k were.
// That is one event, so that looking after every pair, and stopping when pleased, gain
// nothing; no rate is estimated.

// How many boots there are.
const (
	// LoneBoots ends a kernel that nothing is compared with, and two on a machine whose
	// memory model rules the bug out.
	LoneBoots = 8
	// CleanBoots of the unpatched kernel without a hit end a comparison.
	CleanBoots = 16
	// MostBoots of each kernel end a comparison that is not certain.
	MostBoots = 120
)

// pairsNeeded is the pairs that make "fixed", where silence is worth a part of its own.
func (r rule) pairsNeeded(worth float64) uint64 {
	if !(worth > 0) {
		return 0
	}
	need := math.Ceil(-math.Log(r.miss)/math.Log1p(min(worth, 1)) - 1e-9)
	if need > 1<<40 {
		return 0
	}
	return uint64(need)
}

// missedPairs is the probability of so many pairs from a kernel as bad as the unpatched one.
func missedPairs(pairs uint64, worth float64) float64 {
	return math.Exp(-float64(pairs) * math.Log1p(max(0, min(worth, 1))))
}

// tellingPairs counts the pairs in which the unpatched kernel alone showed the bug. A
// boot that was cut tells nothing; it is the last.
func tellingPairs(unpatched, patched []trial.Boot) (n uint64) {
	for i := range min(len(unpatched), len(patched)) {
		if unpatched[i].End == trial.BootHit && patched[i].End == trial.BootClean {
			n++
		}
	}
	return n
}

func whole(boots []trial.Boot) (n int) {
	for _, b := range boots {
		if b.End != trial.BootCut {
			n++
		}
	}
	return n
}

func hits(boots []trial.Boot) (n uint64) {
	for _, b := range boots {
		n += b.Hits
	}
	return n
}

// SettledBoots says, between two pairs, whether two kernels need no more of them.
func SettledBoots(unpatched, patched trial.Observation, setting Setting) bool {
	return promised.settledBoots(unpatched, patched, setting)
}

func (r rule) settledBoots(unpatched, patched trial.Observation, setting Setting) bool {
	pairs := min(whole(unpatched.Boots), whole(patched.Boots))
	bad, broken := hits(unpatched.Boots) > 0, hits(patched.Boots) > 0
	switch {
	case pairs >= MostBoots:
		return true
	case setting.RuledOut:
		return pairs >= LoneBoots
	case broken:
		return bad || pairs >= LoneBoots
	case !bad:
		return pairs >= CleanBoots
	}
	telling := tellingPairs(unpatched.Boots, patched.Boots)
	if telling < r.pairsNeeded(1) { // needed in any case
		return false
	}
	w := r.weightOf(unpatched, patched, setting)
	if w.doubt != "" {
		return !w.passed
	}
	need := r.pairsNeeded(w.factor)
	return need == 0 || telling >= need
}

// judgeBoots judges two kernels whose boots a hit ends. They have one mode.
func (r rule) judgeBoots(unpatched, patched trial.Observation, setting Setting, w weight) trial.ModeJudgement {
	u, p := unpatched.Tallies[0], patched.Tallies[0]
	worth := w.factor
	if w.doubt != "" {
		worth = 0
	}
	m := trial.ModeJudgement{
		Mode:            u.Mode,
		Counted:         tellingPairs(unpatched.Boots, patched.Boots),
		Required:        r.pairsNeeded(worth),
		HitLower:        HitLower(u.HitBlocks, u.Blocks),
		PatchedUpper95:  RateUpper95(p.HitBlocks, uint64(float64(p.Blocks-p.HitBlocks)*worth)+p.HitBlocks),
		MissProbability: 1,
	}
	if hits(patched.Boots) == 0 {
		m.MissProbability = missedPairs(m.Counted, worth)
	}
	few := fmt.Sprintf("mode %s: too few boots: in %d pairs of %d the unpatched kernel alone showed the bug, %s needed", u.Mode, m.Counted, min(whole(unpatched.Boots), whole(patched.Boots)), needed(m.Required))
	if least := r.pairsNeeded(1); m.Required > least && w.mostly != "" {
		few += fmt.Sprintf("; more than %d, since the memory emulator could speak less often with the patch; %s", least, w.mostly)
	}
	m.Verdict, m.Reason = r.verdictOf(u, p, m, setting, w, tooLittle{
		clean: few, ended: longer(setting.Limit, true), seldom: whole(unpatched.Boots) < CleanBoots, open: m.Counted < r.pairsNeeded(1),
	})
	return m
}
