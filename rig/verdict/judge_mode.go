// SPDX-License-Identifier: Apache-2.0

package verdict

import (
	"fmt"
	"slices"

	"kcovrig/guest/wire"
	"kcovrig/rig/trial"
	"kcovrig/rig/wording"
)

// notComparable says why two observations allow no verdict, or nothing.
func notComparable(unpatched, patched trial.Observation) string {
	for i, o := range []trial.Observation{unpatched, patched} {
		if o.Outcome == trial.OutcomeUnknown {
			return fmt.Sprintf("the %s kernel did not run", trial.Pair()[i])
		}
		if !o.Outcome.Counts() {
			return fmt.Sprintf("the %s kernel ended with %s: nothing in it is counted", trial.Pair()[i], o.Outcome)
		}
	}
	switch {
	case unpatched.Variant != trial.Unpatched || patched.Variant != trial.Patched:
		return "the kernels are not one unpatched and one patched"
	case unpatched.Reader != patched.Reader:
		return fmt.Sprintf("the kernels had different readers: %s and %s", unpatched.Reader, patched.Reader)
	case unpatched.BlockSize != patched.BlockSize:
		return fmt.Sprintf("the kernels had different block sizes: %d and %d", unpatched.BlockSize, patched.BlockSize)
	case !slices.Equal(unpatched.Modes(), patched.Modes()):
		return fmt.Sprintf("the kernels had different modes: %v and %v", unpatched.Modes(), patched.Modes())
	case len(unpatched.Tallies) == 0:
		return "the kernels have no tallies"
	case (len(unpatched.Boots) > 0) != (len(patched.Boots) > 0), len(unpatched.Boots) > 0 && len(unpatched.Tallies) > 1:
		return "the kernels were not booted alike"
	}
	return ""
}

// Standing is how far a comparison under way has come in one mode. How many of the
// clean blocks count, the emulator's notes say at the end: it promises no verdict.
type Standing struct {
	Mode     string
	Pairs    bool   // pairs of boots are counted, not blocks
	Clean    uint64 // patched blocks without a hit; pairs in which the unpatched kernel alone showed the bug
	Required uint64 // that have to count, for "fixed"; 0: the unpatched kernel allows no bound yet. Of pairs, at the least
	Hits     uint64 // hit windows of the patched kernel
}

// Standings gives the standing of each mode that both kernels have counts of.
func Standings(unpatched, patched trial.TallyEvent) []Standing {
	var all []Standing
	for _, p := range patched.Tallies {
		at := slices.IndexFunc(unpatched.Tallies, func(u wire.Tally) bool { return u.Mode == p.Mode })
		if at < 0 {
			continue
		}
		if unpatched.Again && patched.Again {
			telling := tellingPairs(unpatched.Boots, patched.Boots)
			all = append(all, Standing{Mode: p.Mode, Pairs: true, Clean: telling, Required: promised.pairsNeeded(1), Hits: p.HitWindows})
			continue
		}
		u := unpatched.Tallies[at]
		required, _ := Required(u.HitBlocks, u.Blocks)
		all = append(all, Standing{Mode: p.Mode, Clean: p.Blocks - p.HitBlocks, Required: required, Hits: p.HitWindows})
	}
	return all
}

func (r rule) judgeMode(u, p wire.Tally, setting Setting, w weight) trial.ModeJudgement {
	counted := w.of(p.Blocks - p.HitBlocks)
	m := trial.ModeJudgement{
		Mode:            u.Mode,
		Counted:         counted,
		HitLower:        HitLower(u.HitBlocks, u.Blocks),
		MissProbability: r.missed(u.HitBlocks, u.Blocks, counted),
		PatchedUpper95:  RateUpper95(p.HitBlocks, counted+p.HitBlocks),
	}
	m.Required, _ = r.required(u.HitBlocks, u.Blocks)
	m.Verdict, m.Reason = r.verdictOf(u, p, m, setting, w, tooLittle{
		clean: tooFew(setting.Words, u.Mode, p.Blocks, m, w), ended: longer(setting.Limit, false),
		seldom: u.Blocks < CleanBlocks, open: m.Required == 0 || p.Blocks < m.Required,
	})
	return m
}

// tooLittle is what is said where too little was seen for a verdict.
type tooLittle struct {
	clean  string // of the patched kernel's silence
	ended  string // what to try where a limit ended it
	seldom bool   // the unpatched kernel did not run for as long as one without a hit may
	open   bool   // it was too little whatever the emulator noted
}

// verdictOf decides one mode. A hit in the patched kernel was seen, and
// stands whatever else is wrong, where the model rules it out; silence has to earn its
// meaning.
func (r rule) verdictOf(u, p wire.Tally, m trial.ModeJudgement, setting Setting, w weight, few tooLittle) (trial.Verdict, string) {
	words := setting.Words
	switch {
	case setting.Unordered && !setting.RuledOut:
		return trial.Inconclusive, reasonUnordered(words)
	case p.HitWindows > 0:
		return trial.NotFixed, fmt.Sprintf("mode %s: the patched kernel showed %s", u.Mode, words.Showed(p.HitWindows, p.Windows))
	case u.Blocks == 0 || p.Blocks == 0:
		return trial.Inconclusive, reasonNoWindows + few.ended
	case setting.RuledOut && u.HitWindows > 0:
		return trial.Inconclusive, reasonTSOBroken(words)
	case setting.RuledOut:
		return trial.NoEffect, reasonTSO
	case len(setting.Never) > 0 && u.HitWindows > 0:
		return trial.Inconclusive, reasonNeverBroken(setting.Never, words)
	case len(setting.Never) > 0 && !few.seldom:
		return trial.NoEffect, reasonNever(setting.Never, words)
	case u.HitWindows == 0 && few.seldom:
		return trial.Inconclusive, reasonNoHit(words) + few.ended
	case u.HitWindows == 0:
		return trial.Inconclusive, reasonNoHit(words) + unseen(setting.Emulated)
	case w.doubt != "" && (few.open || w.passed): // a hit may still come
		return trial.Inconclusive, w.doubt + few.ended
	case w.doubt != "":
		return trial.Inconclusive, w.doubt
	case m.Required == 0 || m.Counted < m.Required:
		return trial.Inconclusive, few.clean + few.ended
	default:
		return trial.Fixed, fmt.Sprintf("mode %s: %s unpatched, none %s patched", u.Mode, words.Seen(u.HitWindows, u.Windows), words.Among(p.Windows))
	}
}

func tooFew(words wording.Words, mode string, blocks uint64, m trial.ModeJudgement, w weight) string {
	text := fmt.Sprintf("mode %s: too few %s: %d clean blocks in the patched kernel, %s needed", mode, words.Full().Windows, blocks, needed(m.Required))
	if m.Counted < blocks && w.mostly != "" {
		text += fmt.Sprintf("; only %d count, since the memory emulator could speak less often there than in the unpatched one; %s", m.Counted, w.mostly)
	}
	return text
}

// BlocksShown is the greatest number of blocks that people are told to be needed: a larger
// one is a guess, while little was seen, and soon another.
const BlocksShown = 10000

func needed(n uint64) string {
	if n == 0 || n > BlocksShown {
		return "more from both kernels"
	}
	return fmt.Sprint(n)
}
