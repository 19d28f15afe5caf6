// SPDX-License-Identifier: Apache-2.0

// Package verdict judges what boots showed: the statistics of blocks, when enough was
// seen, what one kernel or two mean, what silence under the memory emulator is worth, and
// whether model, binary and run agree. It is pure; the values it takes and makes are
// package trial's, and who boots what it leaves to its callers.
package verdict

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"kcovrig/guest/wire"
	"kcovrig/rig/trial"
	"kcovrig/rig/wording"
)

// Reasons of verdicts.
const (
	reasonSameCode  = "the two kernels have the same code, where the bug is and elsewhere: the patch did not reach it, and nothing was tested"
	reasonElsewhere = "the two kernels have the same code where the bug is (the functions that the scenario looks at, and the objects of the files that its fix changes) and differ elsewhere: what differs is not what the scenario can test, and nothing was"
	// reasonNoCode follows either where the architecture rules the bug out, and no code is what a fix may come to.
	reasonNoCode    = "; this architecture keeps stores in order (TSO), so that smp_wmb(), say, is no instruction on it but a compiler barrier, which may leave the code as it is: whether such a patch fixes the bug, an architecture can show that does not"
	reasonTSO       = "the architecture keeps stores in order (TSO): the reordering that the patch prevents cannot happen, and neither kernel showed any"
	reasonIdle      = "the memory emulator delayed no store in the patched kernel, so its silence says nothing"
	reasonNoWindows = "a kernel has no complete block of windows"
)

// Reasons of verdicts that say what the bug's sights are called.

func reasonTSOBroken(w wording.Words) string {
	return fmt.Sprintf("the unpatched kernel showed %s although the architecture keeps stores in order: distrust the rig or the reader", w.Full().Hits)
}

func reasonNever(never []string, w wording.Words) string {
	return fmt.Sprintf("by the scenario's own litmus tests of the unpatched kernel (%s) the architecture's memory model rules out %s, and neither kernel showed any", strings.Join(never, ", "), w.A())
}

func reasonNeverBroken(never []string, w wording.Words) string {
	return fmt.Sprintf("the unpatched kernel showed %s although the scenario's own litmus tests of it (%s) say never: distrust the rig or the tests", w.Full().Hits, strings.Join(never, ", "))
}

func reasonNoHit(w wording.Words) string {
	return fmt.Sprintf("the unpatched kernel showed no %s, so the patched kernel's silence says nothing", w.Full().Hit)
}

// unseen is what to look at where the unpatched kernel showed nothing for long enough.
func unseen(emulated bool) string {
	if !emulated {
		return "; few machines show one without the memory emulator, which --memory-model=native leaves out"
	}
	return "; see that the memory emulator reorders in the code of both accesses (kcovrig scenario check says where it does), and that one side looks while the other one writes"
}

func reasonUnordered(w wording.Words) string {
	return fmt.Sprintf("this reader may show %s on any kernel: its own loads may be reordered, which no barrier of the writer prevents (memory model: sometimes); the fix is judged with --reader=acquire", w.Full().Hits)
}

// counterDelayed is the emulator's count of the stores that it held back.
const counterDelayed = "delayed"

// Setting is what Judge needs to know beside the two observations.
type Setting struct {
	RuledOut bool // the architecture keeps stores in order, and the bug is that two are not
	// Never names the scenario's litmus tests of the unpatched kernel in the machine's
	// instructions, where all forbid what a hit shows: the emulator is to show none then. Asked
	// where it runs.
	Never []string
	// SameCode: the two kernels' code is the same where the bug is, so that whatever they
	// show says nothing of the patch. Elsewhere: but it differs elsewhere.
	SameCode, Elsewhere bool
	Own                 bool // the patch is the user's, not the scenario's own fix
	// Unordered: the reader does not order its own loads, so that hits are
	// allowed on any kernel and neither they nor silence say anything of the fix.
	Unordered bool
	Emulated  bool // the memory emulator ran: silence counts only where it delayed stores
	// Limit is the longest stress that a kernel was to have, where it could end by that; else 0.
	Limit time.Duration
	Words wording.Words
}

// Untested says whether the two kernels are no test of the patch, as those of the same code
// are. Of its own fix a scenario knows that it may be no code where the architecture rules
// the bug out, and that both kernels are silent there is the answer; of a user's patch nobody does.
func (s Setting) Untested() bool { return s.SameCode && (s.Own || !s.RuledOut) }

// Judge compares the two kernels, mode by mode, and joins the modes: one mode not
// fixed makes all not fixed, one inconclusive makes all inconclusive. A kernel
// that ended neither ok nor cut short is not counted. Two kernels that are no test of
// the patch, see Setting.Untested, need not have run.
//
// A wrong "fixed" has to miss the mode that is still broken, so its probability
// is at most the largest of the modes', not their sum.
func Judge(unpatched, patched trial.Observation, setting Setting) trial.Judgement {
	return promised.judge(unpatched, patched, setting)
}

func (r rule) judge(unpatched, patched trial.Observation, setting Setting) trial.Judgement {
	if setting.Untested() {
		return untested(setting)
	}
	if reason := notComparable(unpatched, patched); reason != "" {
		return trial.Judgement{Verdict: trial.Inconclusive, Reasons: []string{reason}, Modes: []trial.ModeJudgement{}}
	}
	if unpatched.Outcome == trial.OutcomeCut || patched.Outcome == trial.OutcomeCut { // who did that knows it
		setting.Limit = 0
	}
	if unpatched.Counters[counterDelayed] == 0 || patched.Counters[counterDelayed] == 0 { // an emulator that did nothing has shown nothing
		setting.Never = nil
	}
	j := trial.Judgement{Modes: []trial.ModeJudgement{}, Reasons: []string{}}
	w := r.weightOf(unpatched, patched, setting)
	for _, u := range unpatched.Tallies {
		if len(unpatched.Boots) > 0 {
			j.Modes = append(j.Modes, r.judgeBoots(unpatched, patched, setting, w))
			break
		}
		p, _ := patched.Tally(u.Mode)
		j.Modes = append(j.Modes, r.judgeMode(u, p, setting, w))
	}
	j.Verdict = join(j.Modes)
	for _, m := range j.Modes {
		if m.Verdict == j.Verdict && !slices.Contains(j.Reasons, m.Reason) {
			j.Reasons = append(j.Reasons, m.Reason)
		}
	}
	j.Confidence, j.MissProbability = confidence(j)
	return j
}

// untested is what is said of two kernels that are no test of the patch.
func untested(setting Setting) trial.Judgement {
	verdict, reason := trial.Identical, reasonSameCode
	if setting.Elsewhere {
		verdict, reason = trial.Inconclusive, reasonElsewhere
	}
	if setting.RuledOut {
		reason += reasonNoCode
	}
	return trial.Judgement{Verdict: verdict, Reasons: []string{reason}, Modes: []trial.ModeJudgement{}}
}

// weightOf is what the patched kernel's silence is worth. Where one of its modes showed
// the bug, that explains the overtaking, and the others may still be clean.
func (r rule) weightOf(unpatched, patched trial.Observation, setting Setting) weight {
	if setting.Emulated && patched.Counters[counterDelayed] == 0 {
		return weight{doubt: reasonIdle}
	}
	w := weigh(unpatched.Silence, patched.Silence, shownBy(unpatched.Tallies, unpatched.Boots), setting.Emulated)
	if w.passed && slices.ContainsFunc(patched.Tallies, func(t wire.Tally) bool { return t.HitWindows > 0 }) {
		w.doubt = fmt.Sprintf("the emulator does not tell in which mode the second write overtook the first, as it did in one that showed %s", setting.Words.Full().Hits)
	}
	return w
}

func join(modes []trial.ModeJudgement) trial.Verdict {
	for _, v := range []trial.Verdict{trial.NotFixed, trial.Inconclusive, trial.NoEffect, trial.Fixed} {
		for _, m := range modes {
			if m.Verdict == v {
				return v
			}
		}
	}
	return trial.Inconclusive
}

func confidence(j trial.Judgement) (conf, missed *float64) {
	switch j.Verdict {
	case trial.NotFixed:
		one := 1.0
		return &one, nil
	case trial.Fixed:
		var miss float64
		for _, m := range j.Modes {
			miss = max(miss, m.MissProbability)
		}
		c := 1 - miss
		return &c, &miss
	default:
		return nil, nil
	}
}
