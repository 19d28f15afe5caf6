// SPDX-License-Identifier: Apache-2.0

package command

import (
	"slices"
	"sync"

	"kcovrig/rig/trial"
)

// notes are what the reader of the result should know.
type notes struct {
	mu   sync.Mutex
	said []string
	sink trial.Sink
}

// add keeps a note, once, and says it.
func (n *notes) add(text string) {
	n.mu.Lock()
	known := slices.Contains(n.said, text)
	if !known {
		n.said = append(n.said, text)
	}
	n.mu.Unlock()
	if !known {
		n.sink(trial.Event{Note: text})
	}
}

// all are the notes so far.
func (n *notes) all() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.said)
}

// NoteHousekeeping tells of housekeeping that failed: it changes no result.
func NoteHousekeeping(events trial.Sink, err error) {
	if err != nil {
		events(trial.Event{Note: "housekeeping failed, the result stands: " + err.Error()})
	}
}
