// SPDX-License-Identifier: Apache-2.0

package verdict

import (
	"fmt"
	"math"

	"kcovrig/guest/wire"
	"kcovrig/rig/arch"
	"kcovrig/rig/trial"
	"kcovrig/rig/wording"
)

// CleanBlocksFor returns the blocks without a hit after which a kernel
// whose blocks have one with probability share has been missed with
// probability at most MissLimit, though neighbours correlate by Persistence. share lies in (0, 1]; outside, no number of
// blocks is enough.
func CleanBlocksFor(share float64) uint64 {
	switch {
	case !(share > 0) || share > 1:
		return math.MaxUint64
	}
	return uint64(math.Ceil(math.Log(MissLimit) / promised.logClean(share)))
}

// Silent says whether a kernel showed no hit in as many blocks as exclude
// share, were its silence worth something.
func Silent(o trial.Observation, share float64) bool {
	return o.Outcome.Counts() && EnoughFor(o.Tallies, share) && every(o.Tallies, func(t wire.Tally) bool { return t.HitWindows == 0 })
}

// JudgeAlone judges one boot of a result: a hit if any window was one, clean if in every
// mode a kernel whose blocks have hits with probability share would have shown one
// with probability above 1 - MissLimit, else inconclusive. Silence is earned as
// beside another kernel: the memory emulator could have spoken, and an instruction
// kept it from doing so; and the binary does not say that a hit is possible.
func JudgeAlone(r trial.Result, o trial.Observation, share float64) trial.VariantJudgement {
	return JudgeBeside(trial.Observation{}, r, o, share)
}

// JudgeBeside is JudgeAlone beside another kernel that showed the bug under the emulator:
// where it is not known which two stores the bug is about, they are among those that
// overtook one another there. The zero value of showed is none.
func JudgeBeside(showed trial.Observation, r trial.Result, o trial.Observation, share float64) trial.VariantJudgement {
	words := r.Words
	switch {
	case o.Outcome == trial.OutcomeUnknown:
		return undecided("the kernel did not run")
	case !o.Outcome.Counts():
		return undecided("the kernel ended with %s: nothing in it is counted", o.Outcome)
	case len(o.Tallies) == 0:
		return undecided("the kernel has no tallies")
	}
	for _, t := range o.Tallies {
		if t.HitWindows > 0 {
			return trial.VariantJudgement{Finding: trial.FindingHit, Reason: fmt.Sprintf("mode %s: %s", t.Mode, words.Seen(t.HitWindows, t.Windows))}
		}
	}
	emulated := r.QEMU.MemoryModel == trial.ModelArm
	if emulated && o.Counters[counterDelayed] == 0 {
		return undecided("the memory emulator delayed no store, so silence says nothing")
	}
	w := weighAlone(o.Silence, emulated)
	if emulated && showed.Silence != nil && o.Silence != nil && o.Silence.Pairs != nil {
		w = weighBeside(*showed.Silence, *o.Silence, shownBy(showed.Tallies, showed.Boots))
	}
	if w.doubt != "" {
		return undecided("%s, which says nothing: %s", words.Seen(0, windowsOf(o)), w.doubt)
	}
	if said := binaryOf(r, o); reorders(r) && said.Answer == trial.Possible {
		return undecided("%s, but %s is possible by the binary (%s)", words.Seen(0, windowsOf(o)), words.A(), said.Words)
	}
	return silentAlone(o, share, w, words)
}

func undecided(format string, args ...any) trial.VariantJudgement {
	return trial.VariantJudgement{Finding: trial.FindingInconclusive, Miss: 1, Reason: fmt.Sprintf(format, args...)}
}

// silentAlone asks whether the clean blocks of a kernel that count are enough.
func silentAlone(o trial.Observation, share float64, w weight, words wording.Words) trial.VariantJudgement {
	j := trial.VariantJudgement{Finding: trial.FindingClean, Reason: words.Seen(0, windowsOf(o))}
	for _, t := range o.Tallies {
		counted := w.of(t.Blocks)
		j.Miss = max(j.Miss, math.Exp(float64(counted)*promised.logClean(min(share, 1))))
		if need := CleanBlocksFor(share); counted < need {
			j.Finding, j.Reason = trial.FindingInconclusive, fmt.Sprintf("mode %s: too few %s: %d clean blocks, %d needed", t.Mode, words.Full().Windows, t.Blocks, need)
			if counted < t.Blocks && w.mostly != "" {
				j.Reason += fmt.Sprintf("; only %d count, since the memory emulator could not always speak; %s", counted, w.mostly)
			}
		}
	}
	return j
}

func windowsOf(o trial.Observation) (n uint64) {
	for _, t := range o.Tallies {
		n += t.Windows
	}
	return n
}

// reorders says whether the machine that ran may show what the code allows: under
// the memory emulator, or on a CPU without TSO.
func reorders(r trial.Result) bool {
	a, err := arch.Lookup(r.Spec.Arch)
	tso := err == nil && a.TSO
	return r.QEMU.MemoryModel == trial.ModelArm || r.QEMU.Accel == trial.AccelKVM && !tso
}

// binaryOf is what the machine code says of the kernel that was booted.
func binaryOf(r trial.Result, o trial.Observation) trial.Saying {
	for _, c := range r.Code {
		if c.Variant == o.Variant {
			return binarySaying(c)
		}
	}
	return NotHad("no code")
}
