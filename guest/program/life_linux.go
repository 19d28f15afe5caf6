// SPDX-License-Identifier: Apache-2.0

package program

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"kcovrig/guest/wire"
)

const (
	// triesMax bounds what one line may tell.
	triesMax = 1 << 20
)

// life is the program from one start to its end.
type life struct {
	*run
	*track
	child   *child
	number  uint64 // of starts before this one
	began   time.Time
	begun   bool // it has been told to begin: what it does counts
	ticked  time.Time
	window  time.Duration // of the timed window at hand
	quiet   silence
	still   stillness // what the silence came to of a program that hangs
	found   []report
	talked  bool   // a line of the protocol has come
	windows uint64 // counted in this life
	hits    int    // seen in this life
}

// ending says why a life is over. The zero value means that it is not.
type ending int

const (
	alive    ending = iota
	exited          // the program has ended by itself
	done            // it says that it has
	stopped         // it is to end
	reported        // the kernel has something to say
	hung            // it says nothing any more
)

// live is one start of the program, with what it comes to.
func (r *run) live(ctx context.Context, t *track) error {
	child, err := start(r.opts.Path, r.opts.Program.Args, r.opts.Program.Env)
	if err != nil {
		return wire.Faultf(wire.WhoseGuest, "start the program", "%v", err)
	}
	now := time.Now()
	l := &life{run: r, track: t, child: child, number: r.starts, began: now, ticked: now, quiet: silence{world: r.opts.world}}
	r.starts++
	if !r.opts.Program.Ready {
		l.begin()
	}
	end, err := l.follow(ctx)
	return l.finish(end, err)
}

// begin lets the program begin, and the clock run.
func (l *life) begin() {
	l.begun = true
	l.startClock()
	if detects(l.opts.Program.Detect, wire.KindPanic) {
		l.tell(time.Now()) // else a panic in the first moments would be one of the preparations
	}
	l.child.say(fmt.Sprintf("go %d %s %s", l.opts.Seed+l.number, word(l.mode), word(l.opts.Reader)))
}

// follow watches the program until its life is over.
func (l *life) follow(ctx context.Context) (end ending, err error) {
	every := l.opts.patience.tick
	if l.opts.Program.Window == wire.WindowTimed {
		every = min(every, time.Duration(l.opts.Program.EveryNS))
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	var turn <-chan time.Time
	if len(l.tracks) > 1 && l.opts.Program.Window != wire.WindowRun { // else a run is a turn
		timer := time.NewTimer(max(l.opts.patience.turn, 4*time.Duration(l.opts.Program.EveryNS)))
		defer timer.Stop()
		turn = timer.C
	}
	over := false // the turn is, where that does not hide a hang
	for lines := l.child.lines; end == alive && err == nil; {
		select {
		case line, open := <-lines:
			if !open {
				lines = nil // it may have closed its output; its end comes by itself
				continue
			}
			end, err = l.line(line)
		case <-tick.C:
			end, err = l.tick(every)
		case <-turn:
			over = true
		case <-ctx.Done():
			end = stopped
		case <-l.child.ended:
			end = exited
		}
		if (l.over || over && !l.silent()) && end == alive {
			end = stopped
		}
	}
	return end, err
}

// silent says whether the program has been silent for a while that may become a hang.
func (l *life) silent() bool {
	return detects(l.opts.Program.Detect, wire.KindHang) && l.begun && l.quiet.lasts > 0
}

// line takes a line of the program.
func (l *life) line(line string) (ending, error) {
	verb, words, _ := strings.Cut(line, " ")
	l.quiet.broken()
	l.talked = true
	switch {
	case verb == "done":
		return done, nil
	case verb == "ready" && !l.begun:
		l.begin()
		return alive, nil
	case !l.begun:
		return alive, l.broken("it says %.40q before it is ready", line)
	case verb == "ready" && l.opts.Program.Window == wire.WindowTimed:
		return alive, l.broken("it says ready, but its windows have not waited for that")
	case verb == "ready":
		if l.windows == 0 {
			l.startClock() // what came before ready does not count as stress
		}
		return alive, nil
	case verb == "try":
		return alive, l.tries(words)
	}
	if !detects(l.opts.Program.Detect, wire.KindTold) {
		return alive, l.broken("it reports a hit (\"told\"), but the scenario's detect list lacks `told`: %.80q", words)
	}
	text, fields := wire.Told(words)
	l.hit(wire.KindTold, text, fields, reboots(l.opts.Program.Detect, func(d wire.Detect) bool { return d.Kind == wire.KindTold }))
	return alive, nil
}

// tries takes the number of tries that ended.
func (l *life) tries(words string) error {
	n, err := strconv.ParseUint(words, 10, 64)
	switch {
	case err != nil || n == 0 || n > triesMax:
		return l.broken("it says try %.40q, which is no number from 1 to %d", words, triesMax)
	case l.opts.Program.Window != wire.WindowTold:
		return l.broken("it prints \"try\" lines, but the scenario's window kind is %s", l.opts.Program.Window)
	case n > 1 && !toldAlone(l.opts.Program.Detect):
		return l.broken("it reports %d tries at once: one that ends without the program's word would lose the tries reported with it from the count, and hits would seem more frequent than they are", n)
	}
	for at := l.clock(); n > 0 && !l.over; n-- {
		l.count(0, int64(at))
	}
	return nil
}

// broken is the fault of a program that does not keep to the protocol, or fails.
func (l *life) broken(format string, args ...any) error {
	text := fmt.Sprintf(format, args...)
	if last := l.child.tail.String(); last != "" {
		text += fmt.Sprintf("; it printed last: %q", last)
	}
	return wire.Faultf(wire.WhoseGuest, "run the program", "%s", text)
}

// unheard is what mostly helps where nothing at all was heard of the program: C's library
// keeps what is printed into a pipe.
func (l *life) unheard() string {
	if l.talked || l.child.tail.String() != "" {
		return ""
	}
	return "; nothing that it printed has come: does it flush each line, as after setvbuf(stdout, NULL, _IOLBF, 0)?"
}

// count counts a window, with or without a hit.
func (l *life) count(hits uint64, at int64) {
	l.tally.Window(1, hits, at)
	l.windows++
	if most := l.opts.Program.Windows; most > 0 && l.tally.Windows >= most {
		l.over = true
	}
}

// hit counts the try at hand as one; with reboot the stress ends with it. In a window
// that is a run, hits make one window together, at its end. A hit that comes when the
// stress is over, before the program has ended, counts beyond its windows, but where
// it is the consequence of the one that ended it.
func (l *life) hit(kind wire.Kind, text string, fields map[string]string, reboot bool) {
	if l.spoilt {
		l.hits++
		return
	}
	at := int64(l.clock())
	if l.sent >= l.opts.Detections {
		l.opts.mark(kind, 0)
	} else {
		l.sent++
		l.marks++
		l.opts.mark(kind, l.marks)
		l.opts.Detection(wire.Detection{
			Mode: l.mode, Window: l.tally.Windows, Round: l.number, AtNS: at, Witness: l.marks,
			Kind: kind, Text: wire.Clean(text, wire.MaxText), Fields: fields,
		})
	}
	l.hits++
	l.window = 0
	if l.opts.Program.Window != wire.WindowRun {
		l.count(1, at)
	}
	if reboot {
		l.over, l.spoilt = true, true
	}
}

// tick looks at the kernel's messages and the clock. Time in which the guest itself
// did not run is no evidence of anything: of a long pause between two ticks, two count.
func (l *life) tick(every time.Duration) (ending, error) {
	now := time.Now()
	passed := min(now.Sub(l.ticked), 2*every)
	l.ticked = now
	l.progress(now)
	found, _, err := l.console.poll()
	if l.found = found; err != nil || len(found) > 0 {
		return reported, err
	}
	if !l.begun {
		if now.Sub(l.began) > l.opts.patience.setUp {
			return alive, l.broken("it was not ready after %v%s", l.opts.patience.setUp, l.unheard())
		}
		return alive, nil
	}
	if l.opts.Program.Window == wire.WindowTimed {
		for l.window += passed; l.window >= time.Duration(l.opts.Program.EveryNS) && !l.over; l.window -= time.Duration(l.opts.Program.EveryNS) {
			l.count(0, int64(l.clock()))
		}
		return alive, nil
	}
	return l.listen(passed)
}

// listen says whether a program that says nothing hangs.
func (l *life) listen(passed time.Duration) (ending, error) {
	limit, detected := hangLimit(l.opts.Program.Detect)
	if !detected && l.opts.Program.Window == wire.WindowTold {
		limit = l.opts.patience.quiet
	}
	if limit == 0 {
		return alive, nil
	}
	isHang := func(places []string) bool { return slices.ContainsFunc(l.opts.Program.Detect, isHangAt(places)) }
	still, err := l.quiet.reaches(watch{limit, l.opts.patience.tick, l.stuck, isHang, detected}, passed)
	switch {
	case err != nil || still == nil:
		return alive, err
	case !detected:
		return alive, l.broken("it said nothing for %v: %s%s", limit, still.words, l.unheard())
	case still.kind == hangs:
		l.still = *still
		return hung, nil
	case still.kind == sleepsElsewhere:
		return alive, wire.Faultf(wire.WhoseKernel, "run the program", "no line for %v, and what hangs is no detection: %s", limit, wire.Clean(still.words, wire.MaxText))
	}
	return alive, l.broken("it said nothing for %v and longer, and whether it hangs is not known: %s", limit, still.words)
}
