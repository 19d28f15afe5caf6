// SPDX-License-Identifier: Apache-2.0

// Package fleet runs tasks on many machines, over NATS JetStream: a work-queue
// stream for the tasks, object stores for what they need and for what they log,
// a stream for their outcomes, a key-value bucket for who is there.
//
// It owns the promise that every task ends exactly once in the coordinator's
// result, though delivery is at least once: see Coordinate. What a task is
// about is opaque to it; what it takes to run one, which of a machine's labels
// are true, and what an outcome means are left to its callers.
package fleet

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"

	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
)

// maxInline bounds, in bytes, what travels in a message: a task's Spec, and an
// outcome's Value, which goes into the object store where it is larger. It
// leaves room in the server's default max_payload, 1 MiB.
const maxInline = 512 << 10

// Task is one piece of work, and opaque but for what it needs.
type Task struct {
	ID        string          `json:"id"` // unique in its run
	Needs     Needs           `json:"needs"`
	Spec      json.RawMessage `json:"spec,omitempty"`
	Artifacts []Artifact      `json:"artifacts,omitempty"`
}

// Artifact is a file that a task reads. Workers keep it under its hash and
// refuse what does not match.
type Artifact struct {
	Name   string `json:"name"`   // the file's name in the task's folder, without separators
	SHA256 string `json:"sha256"` // of its content, in hexadecimal
	Size   int64  `json:"size"`   // bytes
	Path   string `json:"-"`      // where the coordinator finds it
}

// Exec runs one task in dir, a folder of its own that holds the task's
// artifacts as read-only links and is removed afterwards. It must end soon
// after its context. An error whose culprit is the rig, or unknown, is tried
// again, on another machine where there is one; any other is the task's outcome.
type Exec func(ctx context.Context, t Task, dir string) (Result, error)

// Result is what a task came to. Exec may return one even when err is not nil.
type Result struct {
	Value json.RawMessage // opaque
	Logs  []string        // files to keep, relative to the task's folder
}

// Status says how a task ended. The zero value is Unknown.
type Status uint8

// The ways for a task to end.
const (
	Unknown    Status = iota
	Done              // Exec returned without an error
	Failed            // Exec failed, or the rig did until there were no attempts left
	Unrunnable        // no live worker had what it needs
)

// String returns the status in lower case.
func (s Status) String() string {
	return [...]string{"unknown", "done", "failed", "unrunnable"}[min(s, Unrunnable)]
}

// Outcome is one attempt's end as a worker reports it, or the coordinator
// where no worker did.
type Outcome struct {
	Task    string          `json:"task"`    // Task.ID
	Attempt int             `json:"attempt"` // from 1
	Status  Status          `json:"status"`
	Value   json.RawMessage `json:"value,omitempty"`
	Failure *Failure        `json:"failure,omitempty"`
	Worker  string          `json:"worker,omitempty"` // its name; empty: none ran it
	// Deliveries is how often this attempt was handed to a worker; above 1, a
	// worker died, was cut off or gave it back.
	Deliveries uint64 `json:"deliveries,omitempty"`
	Logs       []Log  `json:"logs,omitempty"`
	// Faults are the failures of the attempts before, oldest first.
	Faults []Failure `json:"faults,omitempty"`

	ValueObject string `json:"value_object,omitempty"` // where a Value too large for a message is
	token       string
}

// Log is one kept file of an attempt.
type Log struct {
	Name   string `json:"name"`           // relative to the task's folder
	Object string `json:"object"`         // its name in the object store
	Size   int64  `json:"size"`           // bytes
	Path   string `json:"path,omitempty"` // where the coordinator put it; empty: not fetched
}

// Failure is an error as it travels.
type Failure struct {
	Whose    string `json:"whose"` // fault.Kind's name
	Op       string `json:"op,omitempty"`
	Message  string `json:"message"`
	Tail     string `json:"tail,omitempty"`
	Try      string `json:"try,omitempty"`
	Worker   string `json:"worker,omitempty"`
	Artifact string `json:"artifact,omitempty"` // hash of the artifact that could not be used as it was stored
}

// token names a task in subjects: its own digest. So an outcome can only be
// that of the very task it is counted for.
func (t Task) token() string {
	data, err := json.Marshal(t)
	if err != nil {
		return ""
	}
	return disk.Sum(data)[:32]
}

var hash = regexp.MustCompile(`^[0-9a-f]{64}$`)

func (t Task) validate() error {
	op := "queue task " + t.ID
	switch {
	case t.ID == "":
		return fault.Newf(fault.User, "queue a task", "it has no ID")
	case len(t.Spec) > maxInline:
		return fault.Newf(fault.User, op, "its specification has %d bytes, more than %d", len(t.Spec), maxInline)
	case t.token() == "":
		return fault.Newf(fault.User, op, "its specification is no JSON")
	}
	var names []string
	for _, a := range t.Artifacts {
		if !isFileName(a.Name) || slices.Contains(names, a.Name) {
			return fault.Newf(fault.User, op, "artifact %q: no file name, or one used twice", a.Name)
		}
		if !hash.MatchString(a.SHA256) || a.Size < 0 {
			return fault.Newf(fault.User, op, "artifact %s: hash %q, size %d", a.Name, a.SHA256, a.Size)
		}
		names = append(names, a.Name)
	}
	return nil
}

var fileName = regexp.MustCompile(`^[A-Za-z0-9_+][A-Za-z0-9_+.-]*$`)

// isFileName says whether name is one plain element of a path.
func isFileName(name string) bool { return fileName.MatchString(name) }

// Notice is something that the user should see while the fleet runs. It was dealt
// with already, and does not end the run.
type Notice struct {
	Task   string // may be empty
	Worker string // may be empty
	Text   string
}

// String is the notice as one line.
func (n Notice) String() string {
	text := n.Text
	if n.Task != "" {
		text = fmt.Sprintf("%s: %s", n.Task, text)
	}
	if n.Worker != "" {
		text = fmt.Sprintf("%s (worker %s)", text, n.Worker)
	}
	return text
}
