// SPDX-License-Identifier: Apache-2.0

package bisector

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"kcovrig/guest/wire"
	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
	"kcovrig/rig/fleet"
	"kcovrig/rig/result"
	"kcovrig/rig/task"
	"kcovrig/rig/trial"
)

// receivedStep is what a worker made of a step, noted before its outcome leaves the
// server: a coordinator that is killed before the result is kept need not ask again.
type receivedStep struct {
	StepHash string        `json:"asked"` // hash of the step, but for its try
	Step     task.StepDone `json:"step"`
}

func (s *state) received(name string) string { return filepath.Join(s.steps(), name+".came.json") }

// note writes it down.
func (s *state) note(name, hash string, step task.StepDone) error {
	text, err := json.Marshal(receivedStep{StepHash: hash, Step: step})
	if err == nil {
		err = disk.WriteFile(s.received(name), text)
	}
	return fault.Wrap(fault.Rig, "note what a worker sent", err)
}

// forgetReceived removes the notes: results not in the journal are requested again.
func (s *state) forgetReceived() error {
	found, err := filepath.Glob(s.received("*"))
	for _, path := range found {
		err = errors.Join(err, os.Remove(path))
	}
	return fault.Wrap(fault.Rig, "remove notes", err)
}

// takeStep is what a worker sent of a step, as far as it can be believed: a worker may be
// anybody's. What cannot be is its failure, the rig's, so that the step is asked for once more. of is
// the search's specification. What the result names lies in the steps' folder, or is not named.
func takeStep(o fleet.Outcome, of trial.Spec, commit, steps string) (task.StepDone, error) {
	var sent task.StepDone
	if len(o.Value) == 0 && o.Status != fleet.Done { // its failure says it all
		return sent, nil
	}
	err := result.Decode(o.Value, &sent)
	if err == nil && o.Status == fleet.Done {
		err = checkStep(sent, of, commit)
	}
	if err != nil {
		return task.StepDone{}, fault.Wrap(fault.Rig, "take the step of "+commit+" from worker "+o.Worker, err)
	}
	result.Paths(&sent.Result, func(path *string) {
		if *path = disk.Moved(sent.Steps, steps, *path); !filepath.IsAbs(*path) || !filepath.IsLocal(disk.Below(steps, *path)) {
			*path = ""
		}
	})
	sent.Steps = steps
	return sent, nil
}

// checkStep says what of a step that is said to be done contradicts what was asked, or itself.
func checkStep(sent task.StepDone, of trial.Spec, commit string) error {
	r := sent.Result
	switch is := r.Spec; {
	case is.Rev != commit:
		return fmt.Errorf("it is of the commit %.40q", is.Rev)
	case task.ScenarioID(is) != task.ScenarioID(of), is.Arch != of.Arch, is.MemoryModel != of.MemoryModel:
		return fmt.Errorf("it is of another search: scenario %.40q on %.40q, model %.40q", task.ScenarioID(is), is.Arch, is.MemoryModel)
	case r.Failure != nil:
		return errors.New("it is said to be done, and to have failed")
	}
	if err := readable(r); err != nil {
		return err
	}
	if r.Judgement.Verdict == trial.DoesNotApply {
		return nil
	}
	if len(r.Observations) == 0 {
		return errors.New("it is said to be done, and no kernel was booted")
	}
	for _, o := range r.Observations {
		if err := checkObservation(o, of.Modes); err != nil {
			return err
		}
	}
	return checkBasis(sent.Basis)
}

// readable says why a result, once it is kept, would not be read: the search would not end then.
func readable(r trial.Result) error {
	var text bytes.Buffer
	if err := result.Object(&text, result.NewDocument(r)); err != nil {
		return err
	}
	_, err := result.Parse("", "", text.Bytes())
	return err
}

// checkObservation holds a boot's counts against each other. Where a hit ends a boot, a boot
// is a block, however short.
func checkObservation(o trial.Observation, modes []string) error {
	if len(modes) == 0 {
		modes = o.Modes()
	}
	block := o.BlockSize
	if len(o.Boots) > 0 {
		block = 1
	}
	err := trial.CheckTallies(o.Tallies, modes, block)
	if err != nil {
		return err
	}
	for _, t := range o.Tallies {
		if len(o.Boots) > 0 && t.Blocks > uint64(len(o.Boots)) {
			return fmt.Errorf("mode %s: %d blocks in %d boots", t.Mode, t.Blocks, len(o.Boots))
		}
	}
	for _, d := range o.Detections {
		if err := d.Check(modes); err != nil {
			return err
		}
	}
	if !o.Outcome.Counts() {
		return fmt.Errorf("it is said to be done, and its boot ended as %.40q", o.Outcome)
	}
	if !slices.ContainsFunc(o.Tallies, func(t wire.Tally) bool { return t.Windows > 0 }) && o.Outcome == trial.OutcomeOK {
		return errors.New("a boot without a window")
	}
	return nil
}

// checkBasis refuses a basis by which any other commit would be the same.
func checkBasis(b *task.Basis) error {
	switch {
	case b == nil:
		return nil
	case len(b.Inputs) == 0:
		return errors.New("it rests on no file, so that all commits would be alike")
	case slices.ContainsFunc(b.Inputs, func(path string) bool {
		return path == "" || filepath.IsAbs(path) || strings.HasPrefix(filepath.Clean(path), "..")
	}):
		return errors.New("it rests on files that no tree has")
	}
	return nil
}
