// SPDX-License-Identifier: Apache-2.0

package trial

import (
	"fmt"
	"math"

	"kcovrig/guest/wire"
)

// Finding says what one arm alone showed, to whoever knows what to expect of
// it. It is no verdict on a fix. The zero value is unknown.
type Finding string

// The findings.
const (
	FindingUnknown      Finding = ""
	FindingStale        Finding = "stale"
	FindingClean        Finding = "clean"
	FindingInconclusive Finding = "inconclusive" // too few windows, a faulty boot, an idle emulator
)

// ArmJudgement is a Finding with its reason. Miss is the probability with which
// a kernel whose blocks are stale with the assumed share would have looked as
// clean: for FindingClean below MissLimit, for FindingStale 0.
type ArmJudgement struct {
	Finding Finding `json:"finding"`
	Miss    float64 `json:"miss"`
	Reason  string  `json:"reason"`
}

// CleanBlocksFor returns the blocks without a stale window after which a kernel
// whose blocks are stale with probability share has been missed with
// probability at most MissLimit, though neighbours correlate by Persistence. share lies in (0, 1]; outside, no number of
// blocks is enough.
func CleanBlocksFor(share float64) uint64 {
	switch {
	case !(share > 0) || share > 1:
		return math.MaxUint64
	}
	return uint64(math.Ceil(math.Log(MissLimit) / promised.logClean(share)))
}

// EnoughFor says whether an arm that nothing is compared with may stop: in
// every mode it has LoneBlocks, and a stale window or the clean blocks that
// exclude share. Stopping at the first stale window does not inflate the error
// of "clean", which needs all those blocks to be clean.
func EnoughFor(tallies []wire.Tally, share float64) bool {
	return every(tallies, func(t wire.Tally) bool {
		return t.Blocks >= LoneBlocks && (t.StaleWindows > 0 || t.Blocks >= CleanBlocksFor(share))
	})
}

// JudgeArm judges one boot: stale if any window was, clean if in every mode a
// kernel whose blocks are stale with probability share would have shown one
// with probability above 1 - MissLimit, else inconclusive. emulated says that
// the memory emulator ran: silence counts only where it delayed stores.
func JudgeArm(o Observation, share float64, emulated bool) ArmJudgement {
	inconclusive := func(format string, args ...any) ArmJudgement {
		return ArmJudgement{FindingInconclusive, 1, fmt.Sprintf(format, args...)}
	}
	switch {
	case o.Outcome == OutcomeUnknown:
		return inconclusive("the arm did not run")
	case !o.Counts():
		return inconclusive("the arm ended with %s: nothing in it is counted", o.Outcome)
	case len(o.Tallies) == 0:
		return inconclusive("the arm has no tallies")
	}
	clean := ArmJudgement{Finding: FindingClean}
	var windows uint64
	for _, t := range o.Tallies {
		if t.StaleWindows > 0 {
			return ArmJudgement{FindingStale, 0, fmt.Sprintf("mode %s: %d of %d windows were stale", t.Mode, t.StaleWindows, t.Windows)}
		}
		windows += t.Windows
		clean.Miss = max(clean.Miss, math.Exp(float64(t.Blocks)*promised.logClean(min(share, 1))))
		if need := CleanBlocksFor(share); t.Blocks < need {
			clean.Finding, clean.Reason = FindingInconclusive, fmt.Sprintf("mode %s: too few windows: %d clean blocks, %d needed", t.Mode, t.Blocks, need)
		}
	}
	switch {
	case clean.Finding != FindingClean:
		return clean
	case emulated && o.Emulator[counterDelayed] == 0:
		return inconclusive("the memory emulator delayed no store, so silence says nothing")
	}
	clean.Reason = fmt.Sprintf("none of %d windows was stale", windows)
	return clean
}
