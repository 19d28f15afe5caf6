// SPDX-License-Identifier: Apache-2.0

package bisector

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"

	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
	"kcovrig/rig/task"
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
