// SPDX-License-Identifier: Apache-2.0

package program

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"syscall"
	"time"

	"kcovrig/guest/wire"
)

// finish ends the program, if it has not ended, and says how the program's run ended. What
// it and the kernel had said before it ended counts first, in that order.
func (l *life) finish(end ending, err error) error {
	if err == nil && (end == stopped || end == done) {
		err = l.await(end)
	}
	own := (end == exited || end == stopped || end == done) && l.child.hasEnded()
	patience := l.opts.patience.kill
	if end == reported && l.opts.Program.Windows > 0 {
		patience = min(patience, stuckTime)
	}
	left := l.child.kill(patience, l.stuck)
	err = errors.Join(err, l.drain(len(left) > 0))
	l.tally.StressNS += int64(l.stopClock())
	l.tally.Rounds++
	found, lost := l.console.settle(l.opts.patience.rest)
	l.found = append(l.found, found...)
	l.child.close()
	l.quiet.broken()
	for _, pid := range left {
		l.stuck[pid] = true
	}
	if err := errors.Join(l.judgeReports(), err, lost); err != nil {
		return err
	}
	if err := l.forget(); err != nil {
		return err
	}
	return l.judge(end, own, left)
}

// forget lets the kernel warn anew of what it has just warned of, once per boot.
func (l *life) forget() error {
	if l.opts.Once == "" || !slices.ContainsFunc(l.found, func(r report) bool { return r.kind == wire.KindWarn }) {
		return nil
	}
	if err := os.WriteFile(l.opts.Once, []byte("1"), 0); err != nil {
		return wire.Faultf(wire.WhoseKernel, "let the kernel warn again", "%v", err)
	}
	return nil
}

// await asks for the end, and hears the program until it comes, or for as long as it
// is given. A program whose windows are not told need not know the word, and one that
// is not ready waits for another.
func (l *life) await(end ending) (err error) {
	if !l.begun || end == stopped && l.opts.Program.Window != wire.WindowTold {
		return nil
	}
	l.child.say("stop")
	late := time.NewTimer(l.opts.patience.stop)
	defer late.Stop()
	for lines := l.child.lines; err == nil; {
		select {
		case line, open := <-lines:
			if !open {
				lines = nil
				continue
			}
			_, err = l.line(line)
		case <-l.child.ended:
			return nil
		case <-late.C:
			return nil
		}
	}
	return err
}

// drain hears what is left in the pipes of a program that has ended, however long that
// takes on a busy machine: they end when nobody holds them any more. Where a process is
// left it may hold them for ever, and what comes soon has to do.
func (l *life) drain(held bool) error {
	var late <-chan time.Time
	if held {
		timer := time.NewTimer(l.opts.patience.rest)
		defer timer.Stop()
		late = timer.C
	}
	for {
		select {
		case line, open := <-l.child.lines:
			if !open {
				select {
				case <-l.child.mute:
				case <-late:
				}
				return nil
			}
			if _, err := l.line(line); err != nil {
				return err
			}
		case <-late:
			return nil
		}
	}
}

// judgeReports takes what the kernel reported: the first decides, and what follows a
// hit is its consequence.
func (l *life) judgeReports() error {
	if len(l.found) == 0 {
		return nil
	}
	first := l.found[0]
	if !l.begun || !slices.ContainsFunc(l.opts.Program.Detect, first.isDetected) {
		return l.noDetection(first)
	}
	fields := first.fields()
	if len(l.found) > 1 {
		fields["then"] = then(l.found[1:])
	}
	l.hit(first.kind, first.words(), fields, reboots(l.opts.Program.Detect, first.isDetected))
	return nil
}

// barrenWords say what a program that ended too soon did not do.
var barrenWords = map[wire.WindowKind]string{
	wire.WindowTold:  "and said no line try",
	wire.WindowTimed: "before a window was over: window: run, in the scenario, makes each run of it one",
	wire.WindowRun:   "without a whole run",
}

// judge says what the life came to, beside what the kernel reported. own says whether
// the program ended by itself.
func (l *life) judge(end ending, own bool, left []int) error {
	clean := end == done
	switch {
	case len(l.found) > 0:
		clean = false
	case end == hung:
		limit, _ := hangLimit(l.opts.Program.Detect)
		l.hit(wire.KindHang, fmt.Sprintf("no line for %v: %s", limit, l.still.words), l.still.fields, reboots(l.opts.Program.Detect, isHangAt(l.still.places)))
		if err := l.afterHang(left); err != nil {
			return err
		}
	case own && l.child.state == nil:
		return l.broken("how it ended is not known")
	case own && !l.child.state.Success():
		status, _ := l.child.state.Sys().(syscall.WaitStatus)
		words, fields := death(status)
		detected := func(d wire.Detect) bool { return isDeath(d, status) }
		if !l.begun || !slices.ContainsFunc(l.opts.Program.Detect, detected) {
			return l.broken("%s, which is no detection", words)
		}
		l.hit(wire.KindExit, words, fields, reboots(l.opts.Program.Detect, detected))
		clean = false
	case own:
		clean = true
	}
	if len(left) > 0 && l.hits == 0 || len(l.stuck) > stuckMax && !l.over {
		return wire.Faultf(wire.WhoseKernel, "end the program", "processes cannot be killed: %v", slices.Sorted(maps.Keys(l.stuck)))
	}
	l.endWindow(clean)
	if l.windows > 0 {
		l.barren = 0
	} else if end != stopped {
		l.barren++
	}
	if l.barren >= barrenMax {
		return l.broken("it ended %d times in a row %s", barrenMax, barrenWords[l.opts.Program.Window])
	}
	return nil
}

// afterHang ends the boot where what hung cannot be killed: what it holds, nobody else
// gets on that kernel.
func (l *life) afterHang(left []int) error {
	switch {
	case len(left) == 0:
	case l.opts.Program.Windows == 0:
		return wire.Faultf(wire.WhoseKernel, "end the program", "processes that hang cannot be killed: %v: a bug that does this needs after: reboot in the scenario", left)
	default:
		l.over, l.spoilt = true, true
	}
	return nil
}

// endWindow counts the window that this life was, where it was one.
func (l *life) endWindow(clean bool) {
	switch {
	case l.opts.Program.Window != wire.WindowRun || !l.begun:
	case l.hits > 0:
		l.count(1, int64(l.clock()))
	case clean:
		l.count(0, int64(l.clock()))
	}
}
