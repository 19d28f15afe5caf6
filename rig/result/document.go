// SPDX-License-Identifier: Apache-2.0

// Package result is the stable JSON form of a run's result (docs/json.md): it makes
// one of the values, saves and loads it. What a result means it leaves to trial and
// verdict, how it looks to report.
package result

import (
	"io"
	"time"

	"kcovrig/guest/wire"
	"kcovrig/rig/trial"
	"kcovrig/rig/wording"
)

// Schema names the JSON interface's version.
const Schema = "kcovrig.result/2"

// Document is the stable JSON form of a result, documented in docs/json.md.
type Document struct {
	Schema          string                `json:"schema"`
	Command         trial.Command         `json:"command"`
	Started         time.Time             `json:"started,omitzero"`
	Ended           time.Time             `json:"ended,omitzero"`
	Version         string                `json:"version"`
	Go              string                `json:"go,omitempty"`
	Verdict         trial.Verdict         `json:"verdict"`
	Confidence      *float64              `json:"confidence"`
	MissProbability *float64              `json:"missProbability"`
	Reasons         []string              `json:"reasons"`
	Modes           []trial.ModeJudgement `json:"modes"`
	Voices          []trial.Voice         `json:"voices,omitempty"`
	Measured        []ModeDocument        `json:"arms"`
	Witnesses       []trial.Witness       `json:"witnesses"`
	Spec            trial.Spec            `json:"spec"`
	Words           wording.Words         `json:"words,omitzero"`
	ScenarioHash    string                `json:"scenarioHash,omitempty"`
	ScenarioFrom    string                `json:"scenarioFrom,omitempty"`
	Kernel          trial.Kernel          `json:"kernel"`
	Patches         []trial.Patch         `json:"patches,omitempty"`
	Images          []trial.Image         `json:"images"`
	QEMU            trial.QEMU            `json:"qemu"`
	Provenance      *trial.Provenance     `json:"setup,omitempty"`
	Host            trial.Host            `json:"host"`
	CodeDiffers     *bool                 `json:"codeDiffers"`
	CodeElsewhere   bool                  `json:"codeDiffersElsewhere,omitempty"`
	Code            []trial.Code          `json:"code"`
	Readers         []trial.ReaderCode    `json:"readers,omitempty"`
	Notes           []string              `json:"notes"`
	Timings         map[string]float64    `json:"timings"`
	Replay          *trial.Replay         `json:"replay,omitempty"`
	Error           *trial.Failure        `json:"error"`
}

// ModeDocument is one mode of one boot. Modes of one boot share its outcome,
// emulator counters, argv and console.
type ModeDocument struct {
	Variant    trial.Variant     `json:"-"` // see trial.SavedVariant
	Reader     trial.Reader      `json:"reader"`
	Mode       string            `json:"mode"`
	Expected   trial.Expectation `json:"expected"`
	Outcome    trial.Outcome     `json:"outcome"`
	Error      string            `json:"error,omitempty"`
	Windows    uint64            `json:"windows"`
	Units      uint64            `json:"units"`
	HitWindows uint64            `json:"hitWindows"`
	HitUnits   uint64            `json:"hitUnits"`
	Rounds     uint64            `json:"rounds"`
	Writes     uint64            `json:"writes"`
	BlockSize  uint64            `json:"blockSize"`
	Blocks     uint64            `json:"blocks"`
	HitBlocks  uint64            `json:"hitBlocks"`
	BlockTurns uint64            `json:"blockTurns,omitempty"`
	StressNS   int64             `json:"stressNS"`
	FirstHitNS int64             `json:"firstHitNS"`
	BootNS     int64             `json:"bootNS"`
	Seed       uint64            `json:"seed"`
	Counters   map[string]uint64 `json:"emulator"`
	Silence    *trial.Silence    `json:"silence,omitempty"`
	Ledgers    map[string]uint64 `json:"ledgers,omitempty"`
	Argv       []string          `json:"argv"`
	Console    string            `json:"console"`
	Detections []wire.Detection  `json:"detections"`
	Boots      []trial.Boot      `json:"boots,omitempty"`
	Series     []trial.Sample    `json:"series"`
}

type plainModeDocument ModeDocument // without its methods

// MarshalJSON writes the saved form.
func (d ModeDocument) MarshalJSON() ([]byte, error) {
	return trial.WriteSaved(struct {
		trial.SavedVariant
		plainModeDocument
	}{d.Variant.Saved(), plainModeDocument(d)})
}

// UnmarshalJSON reads it.
func (d *ModeDocument) UnmarshalJSON(text []byte) error {
	return trial.ReadVariant(text, &d.Variant, (*plainModeDocument)(d))
}

// JSON writes r as one object and a newline.
func JSON(w io.Writer, r trial.Result) error {
	return Object(w, NewDocument(r))
}

// NewDocument puts a result into its stable form: no array or object in it is null.
func NewDocument(r trial.Result) Document {
	j := r.Judgement
	d := Document{
		Schema: Schema, Command: r.Command, Started: r.Started, Ended: r.Ended, Version: r.Version, Go: r.Go,
		Verdict: j.Verdict, Confidence: j.Confidence, MissProbability: j.MissProbability,
		Reasons: Full(j.Reasons), Modes: Full(j.Modes), Voices: j.Voices, Measured: []ModeDocument{}, Witnesses: Full(r.Witnesses),
		Spec: r.Spec, Words: r.Words, ScenarioHash: r.ScenarioHash, ScenarioFrom: r.ScenarioFrom, Kernel: r.Kernel, Patches: r.Patches, Images: Full(r.Images), QEMU: r.QEMU, Provenance: r.Provenance, Host: r.Host,
		CodeDiffers: r.CodeDiffers, CodeElsewhere: r.CodeElsewhere, Code: Full(r.Code), Readers: r.Readers, Notes: Full(r.Notes),
		Timings: r.Timings, Replay: fullReplay(r.Replay), Error: r.Failure,
	}
	d.Spec.Modes, d.Spec.Readers, d.QEMU.Argv = Full(d.Spec.Modes), Full(d.Spec.Readers), Full(d.QEMU.Argv)
	if d.Timings == nil {
		d.Timings = map[string]float64{}
	}
	d.Code = Full(append([]trial.Code(nil), d.Code...))
	for i := range d.Code {
		d.Code[i].Barriers = Full(d.Code[i].Barriers)
	}
	for _, o := range r.Observations {
		d.Measured = append(d.Measured, modeDocuments(o, r.Spec.Modes)...)
	}
	return d
}

// Judged is the reader whose kernels the verdict is on.
func (d Document) Judged() trial.Reader { return trial.JudgedReader(d.Spec.Readers) }

// modeDocuments gives an observation's modes; a boot that brought no tallies
// still shows, with zero counts, for each mode that was asked for.
func modeDocuments(o trial.Observation, modes []string) []ModeDocument {
	tallies := o.Tallies
	if len(tallies) == 0 {
		for _, m := range modes {
			tallies = append(tallies, wire.Tally{Mode: m})
		}
	}
	docs := make([]ModeDocument, 0, len(tallies))
	for _, t := range tallies {
		d := ModeDocument{
			Variant: o.Variant, Reader: o.Reader, Mode: t.Mode, Expected: o.Expected, Outcome: o.Outcome, Error: o.Error,
			Windows: t.Windows, Units: t.Units, HitWindows: t.HitWindows, HitUnits: t.HitUnits,
			Rounds: t.Rounds, Writes: t.Writes, BlockSize: o.BlockSize, Blocks: t.Blocks, HitBlocks: t.HitBlocks, BlockTurns: t.BlockTurns,
			StressNS: t.StressNS, FirstHitNS: t.FirstHitNS, BootNS: o.BootNS, Seed: o.Seed,
			Counters: o.Counters, Silence: o.Silence, Ledgers: o.Ledgers, Argv: Full(o.Argv), Console: o.Console, Boots: o.Boots, Detections: []wire.Detection{}, Series: []trial.Sample{},
		}
		if d.Counters == nil {
			d.Counters = map[string]uint64{}
		}
		for _, hit := range o.Detections {
			if hit.Mode == t.Mode {
				d.Detections = append(d.Detections, hit)
			}
		}
		for _, s := range o.Series {
			if s.Mode == t.Mode {
				d.Series = append(d.Series, s)
			}
		}
		docs = append(docs, d)
	}
	return docs
}

// fullReplay is r without null arrays.
func fullReplay(r *trial.Replay) *trial.Replay {
	if r == nil {
		return nil
	}
	out := *r
	out.Differences, out.Tries = Full(r.Differences), Full(r.Tries)
	return &out
}

// Full is list, an empty one in the place of nil: no array in a document is null.
func Full[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
