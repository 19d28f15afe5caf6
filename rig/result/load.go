// SPDX-License-Identifier: Apache-2.0

package result

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"kcovrig/guest/wire"
	"kcovrig/rig/fault"
	"kcovrig/rig/trial"
)

// Saved is one run's result as it was saved. Whatever is rendered of a run
// later comes from here.
type Saved struct {
	Name        string          // of the run folder
	Document    Document        // what this version knows of it, in the form of this version
	Raw         json.RawMessage // all of it, as it was saved; paths in the run's folder as from there
	Attachments Attachments     // what lies beside it, where that was asked for
}

// Load reads a run folder, or a result.json. Members that it does not know are
// kept in Raw.
func Load(path string) (Saved, error) {
	op := "read the run " + path
	const try = "name a run folder (--out of compare or run), or the result.json in it"
	abs, err := filepath.Abs(path)
	if err != nil {
		return Saved{}, fault.Wrap(fault.User, op, err)
	}
	file, name := abs, filepath.Base(filepath.Dir(abs))
	if info, err := os.Stat(abs); err == nil && info.IsDir() {
		file, name = filepath.Join(abs, "result.json"), filepath.Base(abs)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		kind := fault.Rig
		if errors.Is(err, fs.ErrNotExist) {
			kind = fault.User
		}
		return Saved{}, &fault.Error{Kind: kind, Op: op, Err: err, Try: try}
	}
	saved, err := Parse(filepath.Dir(file), name, text)
	if err != nil {
		return Saved{}, &fault.Error{Kind: fault.User, Op: op, Err: err, Try: try}
	}
	return saved, nil
}

// Parse reads a result that was kept under name, of the run whose folder is or was
// the given one.
func Parse(folder, name string, text []byte) (Saved, error) {
	s := Saved{Name: name, Raw: text}
	if err := Decode(text, &s.Document); err != nil {
		return s, fmt.Errorf("no result: %w", err)
	}
	if s.Document.Schema == firstSchema {
		s.Document.Schema = Schema
	}
	if s.Document.Schema != Schema {
		return s, fmt.Errorf("its schema is %q, not %q", s.Document.Schema, Schema)
	}
	if err := s.Document.Words.Validate(); err != nil {
		return s, err
	}
	if s.Document.Verdict == trial.Fixed && s.Document.MissProbability == nil {
		return s, errors.New("it says fixed, and no missProbability")
	}
	s.Document.markAsIs()
	s.Document = s.Document.In(folder)
	return s, nil
}

// markAsIs puts right what earlier versions saved of a tree as it stands: its boots,
// builds and witnesses as the unpatched kernel's.
func (d *Document) markAsIs() {
	if d.Spec.Variant != trial.AsIs {
		return
	}
	for i := range d.Measured {
		d.Measured[i].Variant = trial.AsIs
	}
	for i := range d.Witnesses {
		d.Witnesses[i].Variant = trial.AsIs
	}
	for i := range d.Images {
		d.Images[i].Variant = trial.AsIs
	}
	for i := range d.Code {
		d.Code[i].Variant = trial.AsIs
	}
	if d.Replay != nil {
		d.Replay.Signature.Variant = trial.AsIs
	}
}

// Result turns the saved form back into the value that it was made of.
func (d Document) Result() trial.Result {
	r := trial.Result{
		Command: d.Command, Started: d.Started, Ended: d.Ended, Version: d.Version, Go: d.Go, Spec: d.Spec, Words: d.Words, ScenarioHash: d.ScenarioHash, ScenarioFrom: d.ScenarioFrom,
		Prepared: trial.Prepared{
			Kernel: d.Kernel, Patches: d.Patches, Images: d.Images, QEMU: d.QEMU, Provenance: d.Provenance, CodeDiffers: d.CodeDiffers, CodeElsewhere: d.CodeElsewhere, Code: d.Code, Readers: d.Readers,
		},
		Replay: d.Replay, Host: d.Host, Notes: d.Notes, Timings: d.Timings, Witnesses: d.Witnesses, Failure: d.Error,
		Judgement: trial.Judgement{
			Verdict: d.Verdict, Confidence: d.Confidence, MissProbability: d.MissProbability, Reasons: d.Reasons, Modes: d.Modes, Voices: d.Voices,
		},
	}
	for _, a := range d.Measured {
		if !joins(r.Observations, a) {
			r.Observations = append(r.Observations, trial.Observation{
				Variant: a.Variant, Reader: a.Reader, Expected: a.Expected, Outcome: a.Outcome, Error: a.Error, Seed: a.Seed,
				BlockSize: a.BlockSize, Counters: a.Counters, Silence: a.Silence, Ledgers: a.Ledgers, Argv: a.Argv, Console: a.Console, BootNS: a.BootNS, Boots: a.Boots,
			})
		}
		o := &r.Observations[len(r.Observations)-1]
		o.Tallies = append(o.Tallies, a.tally())
		o.Detections = append(o.Detections, a.Detections...)
		o.Series = append(o.Series, a.Series...)
	}
	return r
}

// joins says whether a kernel is a further mode of the boot before it.
func joins(boots []trial.Observation, a ModeDocument) bool {
	if len(boots) == 0 {
		return false
	}
	last := boots[len(boots)-1]
	_, again := last.Tally(a.Mode)
	return last.Variant == a.Variant && last.Reader == a.Reader && !again
}

func (a ModeDocument) tally() wire.Tally {
	return wire.Tally{
		Mode: a.Mode, Rounds: a.Rounds, Writes: a.Writes, Windows: a.Windows, Units: a.Units,
		HitWindows: a.HitWindows, HitUnits: a.HitUnits, Blocks: a.Blocks, HitBlocks: a.HitBlocks, BlockTurns: a.BlockTurns,
		StressNS: a.StressNS, FirstHitNS: a.FirstHitNS,
	}
}
