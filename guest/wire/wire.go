// SPDX-License-Identifier: Apache-2.0

// Package wire holds the records that the guest and the host exchange over the
// virtio-serial port: one JSON object per line, exactly one member of a Record
// set. It uses the standard library only, since the guest links it. What the
// records mean for a verdict is left to rig/verdict.
//
// The guest speaks first with Hello; the host replies with Start. The guest
// sends Progress and Detection records until the host sends Stop, and Done
// last. A list of litmus tests ends by itself: a LitmusResult for each, then
// Done. So does a program whose detections end the boot: see Program.Windows. A stream that ends without Done is an error whatever came before.
//
// A machine that is powered off loses what its port has not handed on yet, since the kernel
// resets its devices then (drivers/virtio/virtio.c, virtio_dev_shutdown()). So a guest whose
// last Start says More powers off when it is told to, which the host does once it has read
// Done.
//
// A boot may have several stresses: one whose Start says More is followed, after its Done
// and its Stop, by another Start, or by one more Stop, by which the guest powers off. Each
// such stress has its Stop, also where it ended by itself before that came, so that none
// is taken for a later one's.
package wire

import "time"

// Version is the protocol's version; a Hello of another version is refused.
const Version = 7

// Record is the envelope of one line. Exactly one member is set.
type Record struct {
	Hello     *Hello        `json:"hello,omitempty"`
	Start     *Start        `json:"start,omitempty"`
	Progress  *Progress     `json:"progress,omitempty"`
	Detection *Detection    `json:"detection,omitempty"`
	Litmus    *LitmusResult `json:"litmus,omitempty"`
	Stop      *Stop         `json:"stop,omitempty"`
	Fault     *Fault        `json:"fault,omitempty"`
	Done      *Done         `json:"done,omitempty"`
}

// Hello is the guest's first record.
type Hello struct {
	Version   int      `json:"version"`
	Kernel    string   `json:"kernel"` // uname -r
	Arch      string   `json:"arch"`   // GOARCH
	CPUs      int      `json:"cpus"`
	UptimeNS  int64    `json:"uptimeNS"`  // CLOCK_BOOTTIME when main started
	Workloads []string `json:"workloads"` // what this guest can run, sorted
}

// Start is the host's reply to Hello: what to run until Stop.
type Start struct {
	Workload   string   `json:"workload"`
	Modes      []string `json:"modes"`  // the rounds alternate between them
	Reader     string   `json:"reader"` // "acquire" or "relaxed"
	Seed       uint64   `json:"seed"`
	BlockSize  uint64   `json:"blockSize"`        // windows per block
	Detections int      `json:"detections"`       // Detection records to send at most, per mode
	ProgressNS int64    `json:"progressNS"`       // time between Progress records
	Background []string `json:"beside,omitempty"` // workloads to run at the same time, which report in Done alone

	Alteration uint64 `json:"alteration,omitempty"` // number of the emulator's alteration that is in force; 0: the code as it is
	Marked     uint64 `json:"marked,omitempty"`     // marks made before, in this boot; the next has the number after it
	More       bool   `json:"more,omitempty"`       // after Done and Stop another record is awaited: Start, or Stop again

	Litmus  []LitmusJob `json:"litmus,omitempty"`  // in this order; for the workload of litmus tests
	Program *Program    `json:"program,omitempty"` // for the workload that is a user's program
}

// Every is the time between Progress records.
func (s Start) Every() time.Duration { return time.Duration(s.ProgressNS) }

// Stop asks the guest to end the stress and send Done; and to power off, where that
// stress was the last.
type Stop struct{}

// Tally counts what was seen in one mode since Start. A window is one chance to see the
// bug, a hit one sight of it. A unit is what is read in a window; where nothing is, as
// of a user's program, a window is one.
type Tally struct {
	Mode       string `json:"mode"`
	Rounds     uint64 `json:"rounds"`
	Writes     uint64 `json:"writes"` // times that what is written in the wrong order was asked for
	Windows    uint64 `json:"windows"`
	Units      uint64 `json:"units"`
	HitWindows uint64 `json:"hitWindows"`
	HitUnits   uint64 `json:"hitUnits"`
	Blocks     uint64 `json:"blocks"`     // complete blocks of BlockSize consecutive windows
	HitBlocks  uint64 `json:"hitBlocks"`  // those with at least one hit window
	BlockTurns uint64 `json:"blockTurns"` // blocks that are hit where the one before was not, or the other way round
	StressNS   int64  `json:"stressNS"`   // time spent in rounds of this mode
	FirstHitNS int64  `json:"firstHitNS"` // since the stress began; 0 where none
}

// Progress is sent every Start.ProgressNS: totals so far, one tally per mode in Start's order.
type Progress struct {
	ElapsedNS int64   `json:"elapsedNS"`
	Tallies   []Tally `json:"tallies"`
}

// Detection is one hit. Without a Kind it is a unit that was read too early: the one
// numbered Index of Count, read as Seen, holding Later once it arrived, LastedNS after
// the first look.
// Of any other, Kind, Text and Fields say what was seen, and Round counts the
// program's starts.
type Detection struct {
	Mode     string `json:"mode"`
	Window   uint64 `json:"window"` // number of the window within the mode, from 0
	Round    uint64 `json:"round"`
	Index    uint64 `json:"index"` // below Count
	Count    uint64 `json:"count"`
	Seen     uint64 `json:"seen"`
	Later    uint64 `json:"later"`
	AtNS     int64  `json:"atNS"` // since the stress began
	LastedNS int64  `json:"lastedNS"`
	Witness  uint64 `json:"witness,omitempty"` // number of the mark at which the emulator saved its events, from 1; 0: none

	Kind   Kind              `json:"kind,omitempty"`
	Text   string            `json:"text,omitempty"`   // for people: one printable line
	Fields map[string]string `json:"fields,omitempty"` // what is known by name, such as pc

	Boot uint64 `json:"boot,omitempty"` // the host's: number of the boot, from 1, of a kernel that was booted again; 0: the only one
}

// Fault ends a run early: Whose is "kernel", "guest" or "rig".
type Fault struct {
	Whose   string `json:"whose"`
	Op      string `json:"op"`
	Message string `json:"message"`
}

// Done is the last record: the final tallies.
type Done struct {
	ElapsedNS int64             `json:"elapsedNS"`
	Tallies   []Tally           `json:"tallies"`
	Counts    map[string]uint64 `json:"counts,omitempty"` // of workloads that have no windows
}

// OpLostStore is the Op of the Fault of a machine that lost a store.
const OpLostStore = "lost store"
