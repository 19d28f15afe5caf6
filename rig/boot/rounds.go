// SPDX-License-Identifier: Apache-2.0

package boot

import (
	"context"
	"slices"
	"time"

	"kcovrig/guest/wire"
	"kcovrig/rig/internal/weakmem"
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

// Shown is what a round brought. A round that came to no end, since the kernel did not,
// is not shown: Run's error tells of it.
type Shown struct {
	Tallies  []wire.Tally
	Hits     []wire.Detection
	Silence  *trial.Silence // of this round alone; nil without the emulator
	Executed uint64         // how often the alteration was, of several changes the least
	Cut      bool           // the command was interrupted; what was counted stands
	Took     time.Duration  // from the round's start to its end, for whoever waits
}

// roundSeeds lies between the seeds of two rounds of a boot.
const roundSeeds = 1 << 8

// rounds takes a kernel through its rounds. Between two of them no workload runs, so
// that what the emulator noted belongs to the one before.
type rounds struct {
	*Session
	plan  Plan
	next  func(last *Shown) *Round
	sites func() ([]weakmem.Site, error) // noted so far; nil without the emulator
	seen  stressed                       // of the round at hand
	hits  []wire.Detection               // of all before
}

func (r *rounds) run(ctx context.Context) error {
	before, err := r.noted()
	if err != nil {
		return err
	}
	var last *Shown
	for n := uint64(0); ; n++ {
		next := r.next(last)
		if next == nil {
			return r.Send(wire.Record{Stop: &wire.Stop{}})
		}
		began := time.Now()
		if err := r.round(ctx, *next, n); err != nil {
			return err
		}
		after, err := r.noted()
		if err != nil {
			return err
		}
		r.hits = append(r.hits, r.seen.hits...)
		last = &Shown{Tallies: r.seen.tallies, Hits: r.seen.hits, Cut: r.seen.cut, Took: time.Since(began)}
		if r.sites != nil {
			noted := silenceOf(sitesSince(before, after), r.plan.Writes, r.plan.Entries, r.plan.Lines)
			last.Silence = &noted
		}
		before = after
	}
}

// round is the n-th stress of the boot.
func (r *rounds) round(ctx context.Context, ask Round, n uint64) error {
	start := r.plan.Start
	start.More, start.Alteration, start.Detections = true, ask.Alteration, ask.Hits
	start.Seed += roundSeeds * n
	start.Marked = uint64(len(start.Modes)*r.plan.Start.Detections) * n // no round makes more
	var one *stress
	one, err := r.stress(start, r.plan.Variant, ask.Limit, func(news []wire.Tally) bool { return ask.Enough(news, one.result.hits) })
	for done := false; err == nil && !done; {
		done, err = one.slice(ctx, sliceTime)
	}
	if r.seen = one.result; err == nil {
		one.stop() // one that ended by itself awaits it too
	}
	return err
}

func (r *rounds) noted() ([]weakmem.Site, error) {
	if r.sites == nil {
		return nil, nil
	}
	return r.sites()
}

// sitesSince is what was noted between two looks at the table.
func sitesSince(before, after []weakmem.Site) (since []weakmem.Site) {
	of := func(s weakmem.Site) weakmem.Site { s.Count = 0; return s }
	was := map[weakmem.Site]uint64{}
	for _, s := range before {
		was[of(s)] += s.Count
	}
	for _, s := range slices.Clone(after) {
		if known := was[of(s)]; known > 0 { // two records of one place are told from their sum
			known = min(known, s.Count)
			was[of(s)] -= known
			s.Count -= known
		}
		if s.Count > 0 {
			since = append(since, s)
		}
	}
	return since
}
