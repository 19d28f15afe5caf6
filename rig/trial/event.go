// SPDX-License-Identifier: Apache-2.0

package trial

import "kcovrig/guest/wire"

// Event is something that happened while a command ran, for whoever shows
// progress. Exactly one member beside Arm is set.
type Event struct {
	Arm   string       // "patched", "unpatched", with the reader where there are several, or "" for what concerns both
	Stage *StageEvent  // a stage began or ended
	Note  string       // a sentence for people
	Line  string       // a line of a tool's output, shown on request
	Tally []wire.Tally // totals so far
	Hit   *wire.Detection
}

// StageEvent is the begin or, with Done, the end of a stage; one with Seconds
// and without Done says now and then that it is still under way.
type StageEvent struct {
	Name    string
	Done    bool
	Seconds float64 // since its begin
	Detail  string
}

// Sink takes events. It may be called from several goroutines at once.
type Sink func(Event)
