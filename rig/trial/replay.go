// SPDX-License-Identifier: Apache-2.0

package trial

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/combin"
	"gonum.org/v1/gonum/stat/distuv"

	"kcovrig/rig/wording"
)

// Provenance is what a run was made with beside the kernel and QEMU, as far as it
// decides what the emulator does: with it a run can be made again.
type Provenance struct {
	Initramfs string            `json:"initramfs"` // SHA-256 of the guest's archive
	Plugin    string            `json:"plugin"`    // the emulator: interface and hash of its sources
	Policy    map[string]uint64 `json:"policy"`    // its parameters by the plan's names, probabilities per 1000
}

// Replay says how often a witness's kind of hit was reached again.
type Replay struct {
	Run         string    `json:"run"`     // path of the result that holds the witness
	Witness     int       `json:"witness"` // its number there, from 1
	Signature   Signature `json:"signature"`
	Focused     bool      `json:"focused"`     // the emulator delayed the witness's store alone; else the seed chose
	Asked       int       `json:"asked"`       // tries
	LimitNS     int64     `json:"limitNS"`     // of each try's stress
	Differences []string  `json:"differences"` // from the run's setup, gone on with all the same
	Tries       []Try     `json:"tries"`
	Reached     uint64    `json:"reached"`
	Missed      uint64    `json:"missed"`
	Faults      uint64    `json:"faults"`   // tries that say nothing: neither reached nor missed
	Interval    Interval  `json:"interval"` // exact, 95 %, of the probability that a try reaches it
}

// Try is one boot of a replay.
type Try struct {
	Outcome TryOutcome `json:"outcome"`
	// ReachedNS is the time of stress until the guest saw the bug, by its
	// own clock; 0 where it did not.
	ReachedNS int64  `json:"reachedNS"`
	BootNS    int64  `json:"bootNS"`
	Windows   uint64 `json:"windows"` // of the witness's mode
	// Witnesses are the windows with a hit whose kind was looked at, of which at most
	// one, the last, is the same.
	Witnesses int    `json:"witnesses"`
	Error     string `json:"error,omitempty"`
	Whose     string `json:"whose,omitempty"`
}

// Words say how the try ended.
func (t Try) Words(said wording.Words) string {
	switch t.Outcome {
	case TryReached:
		return fmt.Sprintf("reached after %.1f ms", float64(t.ReachedNS)/1e6)
	case TryMissed:
		return fmt.Sprintf("missed, %d other %s in %d %s", t.Witnesses, said.Full().Hits, t.Windows, said.Full().Windows)
	}
	return fmt.Sprintf("fault of: %s: %s", t.Whose, t.Error)
}

// TryOutcome says how a try ended. The zero value is unknown.
type TryOutcome string

// The outcomes.
const (
	TryUnknown TryOutcome = ""
	TryReached TryOutcome = "reached"
	TryMissed  TryOutcome = "missed"
	TryFault   TryOutcome = "fault"
)

// Add counts one more try.
func (r *Replay) Add(t Try) {
	r.Tries = append(r.Tries, t)
	switch t.Outcome {
	case TryReached:
		r.Reached++
	case TryMissed:
		r.Missed++
	default:
		r.Faults++
	}
	r.Interval = ExactInterval(r.Reached, r.Reached+r.Missed, 0.95)
}

// Complete says whether every try that was asked for reached the bug.
func (r Replay) Complete() bool { return r.Asked > 0 && r.Reached == uint64(r.Asked) }

// Interval is a two-sided confidence interval of a probability.
type Interval struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// ExactInterval returns Clopper and Pearson's interval (Biometrika 26, 1934) of
// the probability of a hit after hits of trials were, each side with half of
// 1 - confidence. It is exact for independent trials: blocks, not windows, and
// for a number of trials fixed beforehand. Where a kernel stops as soon as it is
// certain, read it as a description; the verdict rests on HitLower and Miss,
// which hold at every stop. Without trials, or with impossible counts, it is 0 to 1.
func ExactInterval(hits, trials uint64, confidence float64) Interval {
	if trials == 0 || hits > trials {
		return Interval{High: 1}
	}
	side := (1 - confidence) / 2
	k, n := float64(hits), float64(trials)
	i := Interval{High: 1}
	if hits > 0 {
		i.Low = distuv.Beta{Alpha: k, Beta: n - k + 1}.Quantile(side)
	}
	if hits < trials {
		i.High = distuv.Beta{Alpha: k + 1, Beta: n - k}.Quantile(1 - side)
	}
	return i
}

// FewerHits is Fisher's exact test (J. R. Stat. Soc. 98, 1935), one-sided: the
// probability of as few hit blocks in the patched kernel, or fewer, were both
// kernels equally bad, given the hit blocks of both together. It takes blocks as
// independent and their numbers as fixed beforehand. 1 where a kernel has none.
func FewerHits(unpatchedHit, unpatchedBlocks, patchedHit, patchedBlocks uint64) float64 {
	if unpatchedBlocks == 0 || patchedBlocks == 0 || unpatchedHit > unpatchedBlocks || patchedHit > patchedBlocks {
		return 1
	}
	u, p := float64(unpatchedBlocks), float64(patchedBlocks)
	hit := float64(unpatchedHit + patchedHit)
	all := combin.LogGeneralizedBinomial(u+p, hit)
	var sum float64
	for x := max(0, hit-u); x <= float64(patchedHit); x++ {
		sum += math.Exp(combin.LogGeneralizedBinomial(p, x) + combin.LogGeneralizedBinomial(u, hit-x) - all)
	}
	return min(1, sum)
}
