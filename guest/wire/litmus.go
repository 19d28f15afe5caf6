// SPDX-License-Identifier: Apache-2.0

package wire

// LitmusWorkload is the name by which Hello and Start mean litmus tests.
const LitmusWorkload = "litmus"

// LitmusJob is one litmus test to run: a program that litmus7 made.
type LitmusJob struct {
	Name    string `json:"name"`
	Path    string `json:"path"`    // of the program in the guest
	Size    int    `json:"size"`    // iterations per run (-s)
	Runs    int    `json:"runs"`    // runs (-r)
	LimitNS int64  `json:"limitNS"` // time after which it counts as hung
}

// LitmusEnd says how a test's program ended.
type LitmusEnd string

// The ends; the zero value means unknown. Only LitmusOK comes with all of the
// histogram.
const (
	LitmusOK        LitmusEnd = "ok"
	LitmusCrashed   LitmusEnd = "crashed"   // a signal or a failing status
	LitmusHung      LitmusEnd = "hung"      // killed at its time limit
	LitmusGarbled   LitmusEnd = "garbled"   // its output is no histogram
	LitmusUnstarted LitmusEnd = "unstarted" // it could not be started
)

// LitmusResult is what one test came to.
type LitmusResult struct {
	Name      string            `json:"name"`
	End       LitmusEnd         `json:"end"`
	States    map[string]uint64 `json:"states"`    // final state, as the program words it, to count
	Fulfilled uint64            `json:"fulfilled"` // outcomes in which the test's own condition holds
	ElapsedNS int64             `json:"elapsedNS"`
	Message   string            `json:"message,omitempty"` // why it is not ok
	Tail      string            `json:"tail,omitempty"`    // its last output, where it is not ok
}
