// SPDX-License-Identifier: Apache-2.0

package matrix

import (
	"strings"

	"kcovrig/rig/fault"
	"kcovrig/rig/trial"
	"kcovrig/rig/verdict"
)

// Schema names the version of the saved form (docs/json.md).
const Schema = "kcovrig.matrix/2"

// Status says how a cell's outcome stands to what was expected. The zero value
// is unknown: the cell did not run to its end.
type Status string

// The statuses.
const (
	NotRun     Status = ""
	Expected   Status = "as-expected"
	Unexpected Status = "unexpected"
	Undecided  Status = "inconclusive"   // and that was not expected
	NotFor     Status = "not-applicable" // and that was not expected: nothing was tested, and nothing failed
	Failed     Status = "failed"         // a fault: it says nothing of the kernel's ordering
)

// CellResult is what a cell came to.
type CellResult struct {
	Cell     Cell              `json:"cell"`
	Status   Status            `json:"status"`
	Outcome  Outcome           `json:"outcome"`
	Reason   string            `json:"reason"`
	Miss     *float64          `json:"miss"` // fixed and clean: the probability of a wrong one; else null
	Measured []trial.ModeCount `json:"arms"` // of what counts; empty where nothing was measured
	Failure  *trial.Failure    `json:"failure"`
	// Retries are the faults of the rig after which the cell was tried again.
	Retries []string `json:"retries"`
	Kernel  string   `json:"kernel"` // version
	QEMU    string   `json:"qemu"`   // version
	Seed    uint64   `json:"seed"`
	Images  []string `json:"images"` // their keys in the cache
	Started string   `json:"started"`
	Seconds float64  `json:"seconds"`
	Folder  string   `json:"folder"` // the cell's run folder, below the matrix's
	Worker  string   `json:"worker,omitempty"`
}

// Done says whether the cell need not run again.
func (r CellResult) Done() bool {
	switch r.Status {
	case Expected, Unexpected, Undecided, NotFor:
		return true
	case Failed:
		return r.culprit() == fault.Kernel
	}
	return false
}

func (r CellResult) culprit() fault.Kind {
	if r.Failure == nil {
		return fault.Unknown
	}
	for _, k := range []fault.Kind{fault.User, fault.Rig, fault.Kernel, fault.Guest} {
		if k.String() == r.Failure.Whose {
			return k
		}
	}
	return fault.Unknown
}

// Judge sets a cell's result against what was expected. One kernel is judged by
// verdict.JudgeAlone, two by the verdict that the result holds.
func Judge(c Cell, r trial.Result) CellResult {
	return judge(c, r, func(out *CellResult) { out.weigh(r) })
}

// judge is Judge with what says the outcome of a result without a fault.
func judge(c Cell, r trial.Result, weigh func(*CellResult)) CellResult {
	out := CellResult{
		Cell: c, Measured: measured(r.Observations), Failure: r.Failure, Retries: []string{}, Images: []string{},
		Kernel: r.Kernel.Version, QEMU: r.QEMU.Version, Seed: r.Spec.Seed,
	}
	for _, i := range r.Images {
		out.Images = append(out.Images, i.Key)
	}
	switch {
	case interrupted(r.Observations):
		out.Reason = "interrupted"
		return out
	case r.Failure != nil:
		out.Status, out.Reason = Failed, r.Failure.Message
		return out
	}
	if weigh(&out); r.Judgement.Verdict == trial.DoesNotApply {
		out.weigh(r)
	}
	switch out.Outcome {
	case c.Expect:
		out.Status = Expected
	case DoesNotApply:
		out.Status = NotFor
	case Inconclusive, Identical, Unknown:
		out.Status = Undecided
		if c.Expect == Hit && len(r.Observations) == 1 && verdict.Silent(r.Observations[0], c.Spec.CleanShare) {
			out.Status = Unexpected // whatever its silence is worth, the rig did not see what it is there to see
		}
	default:
		out.Status = Unexpected
	}
	return out
}

// weigh takes the outcome and its reason from a result without a fault.
func (r *CellResult) weigh(result trial.Result) {
	if r.Cell.Command == Compare || result.Judgement.Verdict == trial.DoesNotApply {
		j := result.Judgement
		r.Outcome, r.Reason, r.Miss = Outcome(j.Verdict), strings.Join(j.Reasons, "; "), j.MissProbability
		return
	}
	if len(result.Observations) != 1 {
		r.Outcome, r.Reason = Inconclusive, "the kernel did not run"
		return
	}
	j := verdict.JudgeAlone(result, result.Observations[0], r.Cell.Spec.CleanShare)
	r.Outcome, r.Reason = Outcome(j.Finding), j.Reason
	if j.Finding == trial.FindingClean {
		r.Miss = &j.Miss
	}
}

func interrupted(list []trial.Observation) bool {
	for _, o := range list {
		if o.Outcome == trial.OutcomeCut {
			return true
		}
	}
	return false
}

// measured are the counts of the boots that count.
func measured(boots []trial.Observation) []trial.ModeCount {
	out := []trial.ModeCount{}
	for _, o := range boots {
		if o.Outcome.Counts() {
			out = append(out, trial.ModeCounts(o)...)
		}
	}
	return out
}
