// SPDX-License-Identifier: Apache-2.0

package program

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"kcovrig/guest/wire"
)

// userTick is the unit of CPU time in /proc: USER_HZ is 100 on all that Linux runs on
// here.
const userTick = 10 * time.Millisecond

// mostLooks is how often a silence is looked at that may be the busy host's.
const mostLooks = 9

// silence tells a program that hangs from one that a busy host keeps from running, on a
// machine whose clock runs on while a CPU of it has no host core. It is looked at twice.
// What lies between is measured by the beats of the slowest CPU, so that each of them has
// run so often, its timers included. A thread that sleeps at both looks, and has not run
// in between, waits for something that none of the others has brought about, although
// every runnable thread was scheduled: if it were only late, somebody would be about to.
type silence struct {
	world world
	lasts time.Duration
	first look          // nil: it has not been looked at
	beats func() uint64 // since then
	end   func()        // of beating
	from  uint64        // beats before the first of the two looks at hand
	looks int
	other *stillness // where threads were seen to sleep that are not looked for
}

// broken ends the silence: a line came, or nothing more can.
func (s *silence) broken() {
	if s.end != nil {
		s.end()
	}
	*s = silence{world: s.world}
}

// watch says what a silence is measured by.
type watch struct {
	limit, tick time.Duration
	stuck       map[int]bool
	want        func(places []string) bool // whether a thread that sleeps there hangs
	proof       bool                       // a hang is to be shown; else it does that nobody wants to run
}

// reaches adds to the silence, and says what it comes to once it has lasted for so long:
// nil before, or where a further look may say more.
func (s *silence) reaches(w watch, passed time.Duration) (*stillness, error) {
	s.lasts += passed
	half := w.limit / 2
	if s.first == nil {
		if s.lasts < half {
			return nil, nil
		}
		beats, end, err := s.world.pulse(w.tick)
		if err != nil {
			return nil, wire.Faultf(wire.WhoseKernel, "watch the CPUs", "%v", err)
		}
		s.beats, s.end, s.first, s.looks = beats, end, s.world.look(w.stuck), 1
		s.from = beats()
		return nil, nil
	}
	if s.lasts < w.limit || time.Duration(s.beats()-s.from)*w.tick < half {
		return nil, nil
	}
	second := s.world.look(w.stuck)
	still := judge(s.first, second, half, w.want)
	if still.kind == sleepsElsewhere {
		s.other = &still
	}
	s.looks++
	if s.looks >= mostLooks && still.kind != hangs && s.other != nil {
		return s.other, nil
	}
	if still.kind == hangs || s.looks >= mostLooks || !w.proof && still.kind != starved {
		return &still, nil
	}
	s.first, s.lasts, s.from = second, half, s.beats()
	return nil, nil
}

// stillness is what two looks say of a silence.
type stillness struct {
	kind   hanging
	words  string
	places []string // where the thread that hangs is
	fields map[string]string
}

// hanging says whether a program hangs. The zero value is that it is not known.
type hanging int

const (
	unproven        hanging = iota
	starved                 // somebody waits for a CPU
	hangs                   // a thread sleeps where it was looked for
	sleepsElsewhere         // threads sleep, none of them there
)

// judge says of two looks, so far from each other, what keeps the program silent.
func judge(first, second look, apart time.Duration, want func(places []string) bool) stillness {
	var sleep, there []thread
	known, busy := false, 0
	fair := uint64(apart / 8 / userTick) // several share a CPU
	for _, tid := range slices.Sorted(maps.Keys(second)) {
		now := second[tid]
		before, old := first[tid]
		ran := !old || now.switches != before.switches || now.cpu != before.cpu
		switch {
		case now.state == 'R' && (!ran || old && !now.kernel && now.cpu-before.cpu < fair):
			return stillness{kind: starved, words: fmt.Sprintf("thread %d (%s) wants to run, and has had no fair part of a CPU", tid, now.name)}
		case now.kernel:
		case ran || !now.asleep() || !before.asleep():
			busy++
		default:
			sleep = append(sleep, now)
			known = known || len(now.places) > 0
			if want(now.places) && want(before.places) {
				there = append(there, now)
			}
		}
	}
	switch {
	case len(sleep) == 0:
		return stillness{words: fmt.Sprintf("none of its %d threads sleeps all the time", busy)}
	case len(there) == 0 && !known:
		return stillness{words: "where its threads sleep is not known: the kernel needs CONFIG_STACKTRACE=y"}
	case len(there) == 0:
		return stillness{kind: sleepsElsewhere, words: sleeping(sleep)}
	}
	hung := there[0]
	fields := map[string]string{
		"thread": wire.Clean(hung.name, wire.MaxFieldValue), "state": string(hung.state),
		"others": fmt.Sprintf("%d asleep, %d not", len(sleep)-1, busy),
	}
	if len(hung.places) > 0 {
		fields["stack"] = wire.Clean(strings.Join(hung.places, " "), wire.MaxFieldValue)
	}
	return stillness{kind: hangs, words: sleeping(there[:1]), places: hung.places, fields: fields}
}

// sleeping says where threads sleep.
func sleeping(threads []thread) string {
	var words []string
	for _, t := range threads {
		at := "a place that is not known"
		if len(t.places) > 0 {
			at = t.places[0]
		}
		words = append(words, fmt.Sprintf("thread %d (%s) sleeps in %s", t.pid, cmp.Or(t.name, "?"), at))
	}
	return strings.Join(words, ", ")
}
