// SPDX-License-Identifier: Apache-2.0

package trend

import (
	"encoding/json"
	"slices"
	"time"

	"kcovrig/rig/barrier"
	"kcovrig/rig/trial"
	"kcovrig/rig/verdict"
	"kcovrig/rig/wording"
)

// Run is what a history knows of one run without opening its whole result.
// Sums are over the kernels whose outcome counts.
type Run struct {
	ID            string            `json:"id"` // hash of the result
	At            time.Time         `json:"at"` // when it ended, UTC
	Cell          string            `json:"cell"`
	Command       string            `json:"command"`
	Scenario      string            `json:"scenario"`
	ScenarioHash  string            `json:"scenarioHash,omitempty"` // empty: not known
	Words         wording.Words     `json:"words,omitzero"`         // the scenario's
	Arch          string            `json:"arch"`
	KernelVersion string            `json:"kernelVersion"`
	TreeHash      string            `json:"treeHash"`
	Compiler      string            `json:"compiler"`
	QEMUVersion   string            `json:"qemuVersion"`
	MemoryModel   trial.MemoryModel `json:"memoryModel"`
	Readers       []trial.Reader    `json:"readers"`
	Modes         []string          `json:"modes"`
	Lone          LoneVariant       `json:"patched"`
	Verdict       trial.Verdict     `json:"verdict"`
	Finding       trial.Finding     `json:"finding"` // of a lone kernel that was asked to be sure, Spec.CleanShare
	Outcome       trial.Outcome     `json:"outcome"` // the first that is not ok
	Whose         string            `json:"whose"`   // fault of a run that failed; empty: none
	Windows       uint64            `json:"windows"`
	HitWindows    uint64            `json:"hitWindows"`
	Blocks        uint64            `json:"blocks"`
	HitBlocks     uint64            `json:"hitBlocks"`
	Seed          uint64            `json:"seed"`
	Host          string            `json:"host"`
	Took          float64           `json:"took"`   // seconds, the sum of its stages
	Folder        string            `json:"folder"` // of the run, where it was written
	Measured      []trial.ModeCount `json:"arms"`
	// Barriers is what was found of the kernel's barriers; nil: nothing was asked of them.
	Barriers *barrier.Summary `json:"barriers,omitempty"`
	// Damage is what of the run's row could not be read; empty: nothing.
	Damage string `json:"damage,omitempty"`
}

// LoneVariant is the one kernel that a run had, of a pair. The zero value: it had both, or
// the tree as it stands. It is saved as whether it was patched, and null.
type LoneVariant trial.Variant

// LoneOf reads the saved form.
func LoneOf(saved *bool) LoneVariant {
	if saved == nil {
		return ""
	}
	return LoneVariant(trial.SavedVariant{Patched: *saved}.Variant())
}

// Saved is the saved form.
func (v LoneVariant) Saved() *bool {
	if v == "" {
		return nil
	}
	return new(v == LoneVariant(trial.Patched))
}

// MarshalJSON writes the saved form.
func (v LoneVariant) MarshalJSON() ([]byte, error) { return json.Marshal(v.Saved()) }

// WordDamaged is the word for a run whose row could not all be read.
const WordDamaged = "damaged"

// WordFailed is the word for an error without a culprit, such as an emulator
// that a soak found unsound.
const WordFailed = "failed"

// Word is the shortest true word for how the run ended: what it found, else
// whose fault it was that it found nothing, else how its boots ended.
func (r Run) Word() string {
	switch {
	case r.Damage != "":
		return WordDamaged
	case r.Verdict != trial.VerdictUnknown && r.Verdict != trial.Inconclusive:
		return string(r.Verdict)
	case r.Finding != trial.FindingUnknown && r.Finding != trial.FindingInconclusive:
		return string(r.Finding)
	case r.Whose != "" && r.Whose != "unknown":
		return r.Whose + " fault"
	case r.Whose != "" && r.Outcome != trial.OutcomeCut:
		return WordFailed
	case r.Verdict != trial.VerdictUnknown:
		return string(r.Verdict)
	case r.Finding != trial.FindingUnknown:
		return string(r.Finding)
	case r.Outcome != trial.OutcomeUnknown:
		return string(r.Outcome)
	}
	return "unknown"
}

// NewRun takes from a result what a history indexes. ID, At and Folder are
// for whoever knows them; Cell is the result's own name.
func NewRun(r trial.Result) Run {
	p := Run{
		Cell: trial.CellName(r), Command: string(r.Command), Scenario: r.Spec.Scenario, ScenarioHash: r.ScenarioHash, Words: r.Words, Arch: r.Spec.Arch,
		KernelVersion: r.Kernel.Version, TreeHash: r.Kernel.TreeHash, Compiler: r.Kernel.Compiler,
		QEMUVersion: r.QEMU.Version, MemoryModel: r.QEMU.MemoryModel, Readers: r.Spec.Readers, Modes: r.Spec.Modes,
		Verdict: r.Judgement.Verdict, Seed: r.Spec.Seed, Host: hostName(r.Host), Measured: []trial.ModeCount{},
	}
	if r.Failure != nil {
		p.Whose = r.Failure.Whose
	}
	if v := trial.RunVariant(r); slices.Contains(trial.Pair(), v) {
		p.Lone = LoneVariant(v)
	}
	if r.Spec.CleanShare > 0 && len(r.Observations) == 1 {
		p.Finding = verdict.JudgeAlone(r, r.Observations[0], r.Spec.CleanShare).Finding
	}
	for _, seconds := range r.Timings {
		p.Took += seconds
	}
	for _, o := range r.Observations {
		if p.Outcome == trial.OutcomeUnknown || p.Outcome == trial.OutcomeOK {
			p.Outcome = o.Outcome
		}
		for _, a := range trial.ModeCounts(o) {
			p.Measured = append(p.Measured, a)
			if a.Outcome.Counts() {
				p.Windows, p.HitWindows = p.Windows+a.Windows, p.HitWindows+a.HitWindows
				p.Blocks, p.HitBlocks = p.Blocks+a.Blocks, p.HitBlocks+a.HitBlocks
			}
		}
	}
	return p
}

func hostName(h trial.Host) string {
	name := ""
	for _, part := range []string{h.System, h.Arch, h.CPU} {
		if part != "" && name != "" {
			name += ", "
		}
		name += part
	}
	return name
}
