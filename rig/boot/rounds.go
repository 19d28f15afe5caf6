// SPDX-License-Identifier: Apache-2.0

package boot

import (
	"context"
	"slices"
	"time"

	"kcovrig/guest/wire"
	"kcovrig/rig/trial"
)

// Round is one of the stresses of a boot that has several.
type Round struct {
	Alteration uint64 // number of the emulator's that is in force; 0: the code as it is
	Hits       int    // Detection records per mode
	Limit      time.Duration
	// Enough says of the latest tallies and hits whether the round may end.
	Enough func(tallies []wire.Tally, hits []wire.Detection) bool
}

// Shown is what a round brought. One in which the kernel failed is not shown, and Run's
// error tells of it, unless that is how the bug shows.
type Shown struct {
	Tallies  []wire.Tally
	Hits     []wire.Detection
	Silence  *trial.Silence // of this round alone; nil without the emulator
	Executed uint64         // how often the alteration was, of several changes the least
	Unfit    uint64         // how often an instruction was in its place of which a change cannot be made
	Cut      bool           // the command was interrupted; what was counted stands
	Took     time.Duration  // from the round's start to its end, for whoever waits
}

// roundSeeds lies between the seeds of two rounds of a boot.
const roundSeeds = 1 << 8

// rounds takes a kernel through its rounds. Between two of them no workload runs, so
// that what the emulator noted belongs to the one before.
type rounds struct {
	*Session
	config Config
	next   func(last *Shown) *Round
	noted  func() (noted, error) // so far; nil without the emulator

	at     Round            // the one under way
	began  time.Time        // ... since when
	before noted            // ... and what was noted before it
	seen   stressed         // ... and what it has brought
	hits   []wire.Detection // of all rounds before
}

func (r *rounds) run(ctx context.Context) (err error) {
	if r.before, err = r.look(); err != nil {
		return err
	}
	var last *Shown
	for n := uint64(0); ; n++ {
		next := r.next(last)
		if next == nil {
			return r.Send(wire.Record{Stop: &wire.Stop{}})
		}
		r.at, r.began, r.seen = *next, time.Now(), stressed{}
		if err := r.round(ctx, n); err != nil {
			return err
		}
		if last, err = r.shown(); err != nil {
			return err
		}
	}
}

// round is the n-th stress of the boot.
func (r *rounds) round(ctx context.Context, n uint64) error {
	start := r.config.Start
	start.More, start.Alteration, start.Detections = true, r.at.Alteration, r.at.Hits
	start.Seed += roundSeeds * n
	start.Marked = uint64(len(start.Modes)*r.config.Start.Detections) * n // no round makes more
	var one *stress
	one, err := r.stress(start, r.config.Variant, r.at.Limit, func(tallies []wire.Tally) bool { return r.at.Enough(tallies, one.result.hits) })
	for done := false; err == nil && !done; {
		done, err = one.slice(ctx, sliceTime)
	}
	if r.seen = one.result; err == nil {
		one.stop() // one that ended by itself awaits it too
	}
	return err
}

// shown is what the round that has ended brought, and what was noted in it.
func (r *rounds) shown() (*Shown, error) {
	after, err := r.look()
	if err != nil {
		return nil, err
	}
	out := &Shown{Tallies: r.seen.tallies, Hits: r.seen.hits, Cut: r.seen.cut, Took: time.Since(r.began)}
	if r.noted != nil {
		notes := silenceOf(sitesSince(r.before.sites, after.sites), r.writes(), r.config.Entries, r.config.Lines)
		out.Silence = &notes
		out.Executed, out.Unfit = after.executed(r.before, r.at.Alteration)
	}
	r.before, r.hits = after, append(r.hits, r.seen.hits...)
	return out, nil
}

// writes are the boot's two, ordered also by what the alteration puts between them.
func (r *rounds) writes() Writes {
	w := r.config.Writes
	w.Orders = slices.Clone(w.Orders)
	if n := r.at.Alteration; r.config.Emulator != nil && n > 0 && n <= uint64(len(r.config.Emulator.Alterations)) {
		for _, c := range r.config.Emulator.Alterations[n-1] {
			w.Orders = append(w.Orders, c.Address)
		}
	}
	return w
}

func (r *rounds) look() (noted, error) {
	if r.noted == nil {
		return noted{}, nil
	}
	return r.noted()
}
