// SPDX-License-Identifier: Apache-2.0

//go:build arm64 || amd64

package kcov

import (
	"context"
	"sync/atomic"
	"time"

	"kcovrig/guest/tally"
	"kcovrig/guest/wire"
)

const (
	// spins is the number of polls between two looks at the clock and the context.
	spins = 1 << 13
	// quiet is how long the count may stand still before the round is a fault.
	quiet = 5 * time.Second
	// fill is how long a stale entry may stay so before it is a fault of the rig: on a host
	// that is short of time the vCPU whose store is waited for may not run for seconds.
	fill = time.Minute
)

type readFunc func(area *uint64, seen, words, poison, limit, spins uint64, stale *uint32) (count, n uint64)

// readers are the readers by wire.Start's names.
var readers = map[string]readFunc{"acquire": readAcquire, "relaxed": readRelaxed}

// watch is the reader's view of the shared area: area[0] is the count, entries follow.
type watch struct {
	area  []uint64
	read  readFunc
	stale []uint32     // indices of stale words, one place per word of the area
	clock func() int64 // nanoseconds since the stress began
	found func(wire.Detection)
	// marked is called on the first look at a window's first stale entry and
	// returns the mark's number, 0 where none was made.
	marked func(word *uint64, entry, count uint64) uint64
	rest   func() // called after spins polls in vain
	moved  func() // called when the count has increased

	number uint64 // of the round, over all modes
}

// limit is the number of entries that fit.
func (w *watch) limit(m mode) uint64 { return uint64(len(w.area)-1) / m.words }

// reset begins round number: it fills the area with its poison and sets the
// count to 0. The kernel must not be writing.
func (w *watch) reset(number uint64) {
	w.number = number
	words, poison := w.area[1:], poisonOf(number)
	for i := range words {
		words[i] = poison
	}
	atomic.StoreUint64(&w.area[0], 0)
}

// round watches the count until it reaches end or ctx is done, and counts what
// it sees into t. It returns the count reached.
func (w *watch) round(ctx context.Context, m mode, t *tally.Tally, end uint64) (uint64, error) {
	poison, limit := poisonOf(w.number), w.limit(m)
	var seen uint64
	idle := int64(-1) // since when the count stands still
	for seen < end {
		count, n := w.read(&w.area[0], seen, m.words, poison, limit, spins, &w.stale[0])
		if count == seen {
			if ctx.Err() != nil {
				break
			}
			now := w.clock()
			if idle < 0 {
				idle = now
			}
			if now-idle > int64(quiet) {
				return seen, wire.Faultf(wire.WhoseGuest, "watch "+m.name, "no coverage for %v, count stands at %d", quiet, seen)
			}
			w.rest()
			continue
		}
		idle = -1
		w.moved()
		if count < seen || count > limit {
			return seen, wire.Faultf(wire.WhoseRig, "watch "+m.name, "count went from %d to %d, capacity %d", seen, count, limit)
		}
		if n == 0 {
			t.Window(count-seen, 0, 0)
		} else if err := w.settle(m, t, seen, count, w.stale[:n]); err != nil {
			return seen, err
		}
		seen = count
	}
	return seen, nil
}

// settle counts a window with stale words, after each has arrived, and reports
// one detection per entry.
func (w *watch) settle(m mode, t *tally.Tally, seen, count uint64, words []uint32) error {
	at, stale, previous := w.clock(), uint64(0), ^uint64(0)
	for _, i := range words {
		entry, mark := uint64(i)/m.words, uint64(0)
		if stale == 0 && entry != previous { // once a window, before time is lost
			mark = w.marked(&w.area[1+i], entry, count)
		}
		later, err := w.arrival(m, uint64(i), at)
		if err != nil {
			return err
		}
		if entry == previous {
			continue
		}
		previous = entry
		stale++
		w.found(wire.Detection{
			Mode: m.name, Window: t.Windows, Round: w.number, Index: entry, Count: count,
			Seen: poisonOf(w.number), Later: later, AtNS: at, LastedNS: w.clock() - at,
			Witness: mark,
		})
	}
	t.Window(count-seen, stale, at)
	return nil
}

// arrival polls a stale word until it is filled. Whether a kernel wrote what
// came is seen when the round is audited.
func (w *watch) arrival(m mode, word uint64, since int64) (uint64, error) {
	poison := poisonOf(w.number)
	for {
		if v := atomic.LoadUint64(&w.area[1+word]); v != poison {
			return v, nil
		}
		if w.clock()-since > int64(fill) {
			return 0, wire.Faultf(wire.WhoseRig, "settle "+m.name,
				"word %d of round %d was never filled: poison after %v", word, w.number, fill)
		}
	}
}

// audit checks every entry below count once the kernel no longer writes.
func (w *watch) audit(m mode, count uint64) error {
	if err := m.check(w.area[1:1+count*m.words], poisonOf(w.number)); err != nil {
		return wire.Faultf(wire.WhoseRig, "audit "+m.name, "round %d: %v", w.number, err)
	}
	return nil
}
