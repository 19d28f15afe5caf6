// SPDX-License-Identifier: Apache-2.0

package rig

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"

	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
)

// cameStep is what a worker made of a step, noted before its outcome leaves the
// server: a coordinator that is killed before the answer is kept need not ask again.
type cameStep struct {
	Asked string     `json:"asked"` // hash of the step, but for its try
	Step  workedStep `json:"step"`
}

func (s *bisectState) came(name string) string { return filepath.Join(s.steps(), name+".came.json") }

// note writes it down.
func (s *bisectState) note(name, asked string, step workedStep) error {
	text, err := json.Marshal(cameStep{Asked: asked, Step: step})
	if err == nil {
		err = disk.WriteFile(s.came(name), text)
	}
	return fault.Wrap(fault.Rig, "note what a worker sent", err)
}

// forgetCame removes the notes: what a search in order has not kept is asked anew.
func (s *bisectState) forgetCame() error {
	found, err := filepath.Glob(s.came("*"))
	for _, path := range found {
		err = errors.Join(err, os.Remove(path))
	}
	return fault.Wrap(fault.Rig, "remove notes", err)
}

// left returns what a coordinator before this one, which was killed, had come to
// with the very same step. Within one process a step that is asked again is run again.
func (p *remote) left(commit, name, asked string) (workedStep, bool) {
	p.mu.Lock()
	before := p.asked[name]
	p.asked[name] = true
	p.mu.Unlock()
	var note cameStep
	text, err := os.ReadFile(p.b.state.came(name))
	if before || err != nil || json.Unmarshal(text, &note) != nil || note.Asked != asked {
		return workedStep{}, false
	}
	_, known := p.b.state.answer(commit)
	return note.Step, !known
}
