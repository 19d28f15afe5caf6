// SPDX-License-Identifier: Apache-2.0

// Package program is the guest's workload for bugs that a user brings: it starts a
// static program as a child, over and over, talks with it in lines, and watches the
// kernel's messages. It owns the child's processes, which of its tries are hits, and
// whose fault an end is that no detection knows; it leaves talking to the host to its
// caller, the guest's main, and what the tallies mean to rig/verdict.
//
// The lines, the program's on its standard output and the guest's on its standard input:
//
//	> ready                  its preparations are done
//	< go SEED MODE READER    begin; a mode or reader without a name is -
//	> try N                  N tries ended since the last such line, none of them a hit;
//	                         N is 1 where a try can end without the program's word
//	> hit WORDS              the try at hand is one; K=V among WORDS are kept by name
//	< stop                   end, within a moment
//	> done                   it has ended; or it exits with status 0
//
// Whatever else it prints is no line of these: its end is quoted where the program
// fails. A program that does not know the lines works where windows are timed or runs.
//
// What a scenario detects makes the try at hand a hit, and the program is started
// again. The kernel's other reports are the kernel's fault, and a death of the program
// that is not detected is the guest's. Kernels report some things once only, such as the
// sanitizer's, and WARN_ONCE() where they have no debugfs: later hits are then missed,
// which makes a kernel look better than it is only after it was seen to be bad.
//
// A hang is a silence in which every CPU ran and served its timers, every runnable
// thread was scheduled, and a thread slept all the time, in the function where one is named. A
// silence that is none of this is a fault, however long it lasts.
package program

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"kcovrig/guest/session"
	"kcovrig/guest/wire"
)

// Name is the workload's name in wire.Start.
const Name = "program"

// Options say what to run.
type Options struct {
	// Job is what the host asks for. Each of its modes has the program for a turn; one has
	// no name where the program knows none. The reader is handed on to it. The seed is that
	// of its first start; each later one has the next.
	session.Job
	Path string // of the program
	// Console gives the kernel's messages as /dev/kmsg does, whole records at a time.
	// io.EOF and syscall.EAGAIN mean that there is no more at present.
	Console io.Reader
	// Once is a file that lets the kernel warn again of what it warns of once, when 1 is
	// written to it; empty: it has none.
	Once string

	patience patience                            // zero: as it is in a guest
	mark     func(kind wire.Kind, number uint64) // nil: markHit
	world    world                               // nil: the machine that this process runs on
}

// patience is how long what may not come is waited for, in the guest's time.
type patience struct {
	setUp time.Duration // for ready
	quiet time.Duration // for a line, where windows are told and no hang is detected
	stop  time.Duration // for the end after stop or done
	kill  time.Duration // for the end after SIGKILL
	rest  time.Duration // for what a dead program left in its pipe, or a report's rest
	turn  time.Duration // of one mode, where there are several
	tick  time.Duration // between two looks at the kernel's messages and the clock
}

var patient = patience{
	setUp: 60 * time.Second, quiet: 30 * time.Second, stop: 2 * time.Second,
	kill: 3 * time.Second, rest: time.Second, turn: time.Second, tick: 10 * time.Millisecond,
}

// Validate says what is wrong with o.
func (o Options) Validate() error {
	if o.Program == nil {
		return errors.New("nothing is said of it")
	}
	if err := o.Program.Check(); err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, m := range o.Modes {
		if !isWord(m) || seen[m] {
			return fmt.Errorf("mode %.40q is given twice or no word", m)
		}
		seen[m] = true
	}
	switch {
	case o.Path == "":
		return errors.New("no program")
	case !isWord(o.Reader):
		return fmt.Errorf("reader %.40q is no word", o.Reader)
	case o.Console == nil:
		return errors.New("no messages of the kernel to watch")
	}
	return o.Check()
}

// isWord says whether s, which may be empty, can stand in a line as one word.
func isWord(s string) bool {
	return len(s) <= wire.MaxFieldName && strings.IndexFunc(s, func(r rune) bool { return r <= ' ' || r > '~' }) < 0
}

// word is s as it stands in a line.
func word(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
