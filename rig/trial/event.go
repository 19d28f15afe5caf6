// SPDX-License-Identifier: Apache-2.0

package trial

import (
	"time"

	"kcovrig/guest/wire"
	"kcovrig/rig/wording"
)

// Event is something that happened while a command ran, for whoever shows
// progress. Exactly one member beside Task and Boot is set.
type Event struct {
	// Task is which of a command's many tasks it is of: a commit, or a cell, by its name;
	// "" for what concerns them all, and of a command that does but one thing.
	Task     string
	Boot     string      // "patched", "unpatched", with the reader where there are several, or "" for what concerns both
	Stage    *StageEvent // a stage began or ended
	Note     string      // a sentence for people
	Line     string      // a line of a tool's output, shown on request
	Waiting  string      // a wait for another kcovrig began, told in a sentence
	Command  string      // an external command that starts, as a shell takes it
	Build    *BuildEvent // how far make has come
	Tally    *TallyEvent // totals so far
	Hit      *wire.Detection
	Words    *wording.Words // the scenario's, before anything is counted
	Progress *ProgressEvent // how far the command has come with its tasks
	Over     bool           // the task is at its end, in whatever way
}

// ProgressEvent is how many of a command's tasks are done.
type ProgressEvent struct {
	Done, Of int
	What     string // of which: "cells"
}

// TallyEvent is what one kernel has counted so far.
type TallyEvent struct {
	Variant Variant
	Reader  Reader
	Tallies []wire.Tally
	Left    time.Duration // of the stress, at the most, the time of boots aside; 0: it is over, or no measure
	Need    uint64        // clean blocks that end it, in every mode; 0: not known
	Again   bool          // the kernel is booted again and again: Tallies are of all boots
	Boots   []Boot        // with Again, those that are over
}

// BuildEvent says how far a kernel build has come. How many steps there will be
// nobody knows beforehand; the last whole build for the architecture is a measure.
type BuildEvent struct {
	Steps int    // that make has announced: files compiled, linked, generated
	Doing string // the last of them: "CC kernel/fork.o"
	// Before is the number of steps of the last whole build for the architecture,
	// of Linux Version; 0: there was none, or this one starts from another kernel's folder.
	Before  int
	Version string
}

// StageEvent is the start or, with Done, the end of a stage; one with Seconds
// and without Done says now and then that it is still under way.
type StageEvent struct {
	Name    string
	Done    bool
	Seconds float64 // since its start
	Detail  string
}

// Sink takes events. It may be called from several goroutines at once.
type Sink func(Event)
