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

// rounds takes the kernel through its rounds. Between two of them no workload runs, so
// that what the emulator noted belongs to the one before.
func (a *Boot) rounds(ctx context.Context, s *Session) error {
	before, err := a.noted()
	if err != nil {
		return err
	}
	var last *Shown
	for n := uint64(0); ; n++ {
		next := a.Rounds(last)
		if next == nil {
			return s.Send(wire.Record{Stop: &wire.Stop{}})
		}
		began := time.Now()
		if a.seen, err = a.round(ctx, s, *next, n); err != nil {
			return err
		}
		after, err := a.noted()
		if err != nil {
			return err
		}
		a.hits = append(a.hits, a.seen.hits...)
		last = &Shown{Tallies: a.seen.tallies, Hits: a.seen.hits, Cut: a.seen.cut, Took: time.Since(began)}
		if a.plugin != nil {
			noted := silenceOf(sitesSince(before.sites, after.sites), a.Writes, a.Entries, a.Lines)
			last.Silence = &noted
		}
		before = after
	}
}

// round is the n-th stress of the boot.
func (a *Boot) round(ctx context.Context, s *Session, r Round, n uint64) (stressed, error) {
	start := a.Start
	start.More, start.Alteration, start.Detections = true, r.Alteration, r.Hits
	start.Seed += roundSeeds * n
	start.Marked = uint64(len(start.Modes)*a.Start.Detections) * n // no round makes more
	var run *stress
	run, err := s.stress(start, a.Variant, r.Limit, func(news []wire.Tally) bool { return r.Enough(news, run.result.hits) })
	for done := false; err == nil && !done; {
		done, err = run.slice(ctx, sliceTime)
	}
	if err == nil {
		run.stop() // one that ended by itself awaits it too
	}
	return run.result, err
}

// noted is what the emulator has noted so far.
type noted struct{ sites []weakmem.Site }

func (a *Boot) noted() (n noted, err error) {
	if a.plugin == nil {
		return n, nil
	}
	n.sites, err = a.Tools.Sites(a.plugin.Sites)
	return n, err
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
