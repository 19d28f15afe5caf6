// SPDX-License-Identifier: Apache-2.0

package trial

import (
	"fmt"
	"slices"

	"kcovrig/guest/wire"
)

// notComparable says why two observations allow no verdict, or nothing.
func notComparable(unpatched, patched Observation) string {
	for _, o := range []Observation{unpatched, patched} {
		if o.Outcome == OutcomeUnknown {
			return fmt.Sprintf("the %s arm did not run", o.Arm())
		}
		if !o.Counts() {
			return fmt.Sprintf("the %s arm ended with %s: nothing in it is counted", o.Arm(), o.Outcome)
		}
	}
	switch {
	case unpatched.Patched || !patched.Patched:
		return "the arms are not one unpatched and one patched"
	case unpatched.Reader != patched.Reader:
		return fmt.Sprintf("the arms had different readers: %s and %s", unpatched.Reader, patched.Reader)
	case unpatched.BlockSize != patched.BlockSize:
		return fmt.Sprintf("the arms had different block sizes: %d and %d", unpatched.BlockSize, patched.BlockSize)
	case !slices.Equal(unpatched.Modes(), patched.Modes()):
		return fmt.Sprintf("the arms had different modes: %v and %v", unpatched.Modes(), patched.Modes())
	case len(unpatched.Tallies) == 0:
		return "the arms have no tallies"
	}
	return ""
}

func judgeMode(u, p wire.Tally, setting Setting, idle bool) ModeJudgement {
	m := ModeJudgement{
		Mode:            u.Mode,
		StaleLower:      StaleLower(u.StaleBlocks, u.Blocks),
		MissProbability: Miss(u.StaleBlocks, u.Blocks, p.Blocks-p.StaleBlocks),
		PatchedUpper95:  RateUpper95(p.StaleBlocks, p.Blocks),
	}
	m.Required, _ = Required(u.StaleBlocks, u.Blocks)
	m.Verdict, m.Reason = verdictOf(u, p, m, setting)
	if m.Verdict == Fixed && setting.Emulated && idle {
		m.Verdict, m.Reason = Inconclusive, reasonIdle
	}
	return m
}

// verdictOf decides one mode. A stale read in the patched arm was seen, and
// stands whatever else is wrong, where the model rules it out; silence has to earn its meaning.
func verdictOf(u, p wire.Tally, m ModeJudgement, setting Setting) (Verdict, string) {
	switch {
	case setting.Unordered && !setting.TSO:
		return Inconclusive, reasonUnordered
	case p.StaleWindows > 0:
		return NotFixed, fmt.Sprintf("mode %s: the patched arm showed %d stale of %d windows", u.Mode, p.StaleWindows, p.Windows)
	case u.Blocks == 0 || p.Blocks == 0:
		return Inconclusive, reasonNoWindows
	case setting.TSO && u.StaleWindows > 0:
		return Inconclusive, reasonTSOBroken
	case setting.TSO:
		return NoEffect, reasonTSO
	case setting.SameCode:
		return Inconclusive, reasonSameCode
	case u.StaleWindows == 0:
		return Inconclusive, reasonNoStale
	case m.MissProbability >= MissLimit:
		return Inconclusive, fmt.Sprintf("mode %s: too few windows: %d clean blocks in the patched arm, %s needed", u.Mode, p.Blocks, needed(m.Required))
	default:
		return Fixed, fmt.Sprintf("mode %s: %d of %d windows were stale unpatched, none of %d patched", u.Mode, u.StaleWindows, u.Windows, p.Windows)
	}
}

func needed(n uint64) string {
	if n == 0 {
		return "more from both arms"
	}
	return fmt.Sprint(n)
}
