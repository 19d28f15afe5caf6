// SPDX-License-Identifier: Apache-2.0

package trial

import "fmt"

// Setup is what a run was made with beside the kernel and QEMU, as far as it
// decides what the emulator does: with it a run can be made again.
type Setup struct {
	Initramfs string            `json:"initramfs"` // SHA-256 of the guest's archive
	Plugin    string            `json:"plugin"`    // the emulator: interface and hash of its sources
	Policy    map[string]uint64 `json:"policy"`    // its parameters by the plan's names, probabilities per 1000
}

// Replay says how often a witness's kind of stale read was reached again.
type Replay struct {
	Run         string    `json:"run"`     // path of the result that holds the witness
	Witness     int       `json:"witness"` // its number there, from 1
	Signature   Signature `json:"signature"`
	Focused     bool      `json:"focused"`     // the emulator delayed the witness's store alone; else the seed chose
	Asked       int       `json:"asked"`       // tries
	LimitNS     int64     `json:"limitNS"`     // of each try's stress
	Differences []string  `json:"differences"` // from the run's set-up, gone on with all the same
	Tries       []Try     `json:"tries"`
	Reached     uint64    `json:"reached"`
	Missed      uint64    `json:"missed"`
	Faults      uint64    `json:"faults"`   // tries that say nothing: neither reached nor missed
	Interval    Interval  `json:"interval"` // exact, 95 %, of the probability that a try reaches it
}

// Try is one boot of a replay.
type Try struct {
	Outcome TryOutcome `json:"outcome"`
	// ReachedNS is the time of stress until the guest saw the stale entry, by its
	// own clock; 0 where it did not.
	ReachedNS int64  `json:"reachedNS"`
	BootNS    int64  `json:"bootNS"`
	Windows   uint64 `json:"windows"` // of the witness's mode
	// Witnesses are the stale windows whose kind was looked at, of which at most
	// one, the last, is the same.
	Witnesses int    `json:"witnesses"`
	Error     string `json:"error,omitempty"`
	Whose     string `json:"whose,omitempty"`
}

// Words say how the try ended.
func (t Try) Words() string {
	switch t.Outcome {
	case TryReached:
		return fmt.Sprintf("reached after %.1f ms", float64(t.ReachedNS)/1e6)
	case TryMissed:
		return fmt.Sprintf("missed, %d other stale reads in %d windows", t.Witnesses, t.Windows)
	}
	return fmt.Sprintf("fault of: %s: %s", t.Whose, t.Error)
}

// TryOutcome says how a try ended. The zero value is unknown.
type TryOutcome string

// The outcomes.
const (
	TryUnknown TryOutcome = ""
	TryReached TryOutcome = "reached"
	TryMissed  TryOutcome = "missed"
	TryFault   TryOutcome = "fault"
)

// Add counts one more try.
func (r *Replay) Add(t Try) {
	r.Tries = append(r.Tries, t)
	switch t.Outcome {
	case TryReached:
		r.Reached++
	case TryMissed:
		r.Missed++
	default:
		r.Faults++
	}
	r.Interval = ExactInterval(r.Reached, r.Reached+r.Missed, 0.95)
}

// Complete says whether every try that was asked for reached the stale read.
func (r Replay) Complete() bool { return r.Asked > 0 && r.Reached == uint64(r.Asked) }
