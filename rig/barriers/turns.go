// SPDX-License-Identifier: Apache-2.0

package barriers

import (
	"context"
	"fmt"
	"slices"
	"time"

	"kcovrig/guest/wire"
	"kcovrig/rig/barrier"
	"kcovrig/rig/boot"
	"kcovrig/rig/fault"
	"kcovrig/rig/prepare"
	"kcovrig/rig/trial"
)

const (
	// turnLimit is the longest turn. A workload that has no window by then does not go on.
	turnLimit = 30 * time.Second
	// mostMarks bounds the witnesses of a boot, for their room on the disk.
	mostMarks = 128
	// marksAsItIs are the hits of the kernel as it is of which witnesses are kept, of each
	// mode: not each has all that a litmus test needs, and each suggestion asks for one.
	marksAsItIs = 4
	// mostBoots bounds the boots of a test, most of which a kernel ended that did not bear
	// an alteration, or a hit.
	mostBoots = 2000
	// tellEach is how often it is told how far a test is: a boot may last for all of it.
	tellEach = 5 * time.Second
	// failuresOwn are so many boots that end under a number as are taken for its own.
	failuresOwn = 2
)

// turns takes the turns of a test on one kernel, in as few boots as they need.
type turns struct {
	setup      *prepare.Setup
	variant    trial.Variant
	reader     trial.Reader
	test       *barrier.Test
	places     map[uint64]trial.Instruction // that are altered, by address
	neverShown map[uint64]bool              // see never_shown.go
	orders     []uint64                     // see prepare.BootRequest
	left       time.Duration                // of stress; 0: as long as it takes
	boots      int                          // before this one, of the command

	at       barrier.Turn
	under    bool                   // a turn is under way
	silences map[int]*trial.Silence // by number
	marked   map[int]bool           // numbers of which a witness is expected
	failed   map[int]int            // boots that ended under a number
	hits     map[mark]int           // the number under which a hit was seen
	seen     trial.Observation      // of the first boot, with what number 0 showed
	shown    []Witnessed
	spent    time.Duration
	reported time.Time // when it was said last how far it is
	err      error     // of a turn's counts
}

// mark names a hit that was marked.
type mark struct{ boot, number uint64 }

// Witnessed is a witness with the alteration under which it was seen.
type Witnessed struct {
	Number int
	trial.Witness
}

// take takes turns until the test wants none, or ctx ends.
func (t *turns) take(ctx context.Context) error {
	t.silences, t.marked, t.hits, t.failed = map[int]*trial.Silence{}, map[int]bool{}, map[mark]int{}, map[int]int{}
	for n := 0; ; n++ {
		if _, more := t.next(); !more || ctx.Err() != nil {
			return nil
		}
		if n == mostBoots {
			return fault.Newf(fault.Rig, "take the turns of alterations", "not done after %d boots", n)
		}
		if err := t.boot(ctx); err != nil {
			return err
		}
	}
}

// next is the next turn, if the time is not over.
func (t *turns) next() (barrier.Turn, bool) {
	if t.left > 0 && t.spent >= t.left {
		return barrier.Turn{}, false
	}
	return t.test.Next()
}

// boot takes turns in one boot, until it ends.
func (t *turns) boot(ctx context.Context) error {
	alterations := make([]trial.Alteration, 0, len(t.test.Trials))
	for _, one := range t.test.Trials {
		alterations = append(alterations, one.Alteration)
	}
	request := prepare.BootRequest{
		Variant: t.variant, Reader: t.reader, Limit: turnLimit, Hits: 1, Below: t.setup.Config.Work, Number: t.boots,
		Alterations: alterations, Marks: mostMarks, Orders: t.orders,
	}
	over := false
	request.Rounds = func(last *boot.Shown) *boot.Round {
		if last != nil {
			over = t.count(*last) || last.Cut
		}
		if over || ctx.Err() != nil {
			return nil
		}
		return t.round()
	}
	b, err := t.setup.Quiet().Boot(request, boot.NewTurns(1, "", nil))
	if err != nil {
		return err
	}
	b.Events = func(trial.Event) {} // a turn's counts are no kernel's
	done := t.setup.Config.Stage("", fmt.Sprintf("boot %d", t.boots+1))
	t.boots++
	obs, err := b.Run(ctx)
	for _, w := range b.Witnesses() {
		if n, ok := t.hits[mark{uint64(t.boots), w.Detection.Witness}]; ok {
			w.Detection.Boot = uint64(t.boots)
			if n > 0 {
				w.Under = under(t.test.Trials[n-1].Alteration, t.places)
				w.Altered = altered(t.test.Trials[n-1].Alteration, t.places)
			}
			t.shown = append(t.shown, Witnessed{n, w})
		}
	}
	if len(t.seen.Argv) == 0 {
		t.seen = obs
	}
	if err = t.broke(ctx, err); err == nil {
		done(t.detail())
	}
	return err
}

// round begins the next turn; nil: there is none.
func (t *turns) round() *boot.Round {
	turn, more := t.next()
	if !more {
		return nil
	}
	t.at, t.under = turn, true
	r := &boot.Round{Alteration: uint64(turn.Number), Limit: turnLimit, Enough: enough(turn)}
	if t.left > 0 {
		r.Limit = min(r.Limit, max(t.left-t.spent, time.Millisecond))
	}
	if !t.marked[turn.Number] {
		r.Hits = 1
		if turn.Number == 0 {
			r.Hits = marksAsItIs
		}
	}
	return r
}

// enough says when a turn has what it is for.
func enough(turn barrier.Turn) func([]wire.Tally, []wire.Detection) bool {
	return func(tallies []wire.Tally, _ []wire.Detection) bool {
		whole, hit := len(tallies) > 0, false
		for _, c := range tallies {
			whole, hit = whole && c.Windows >= turn.Windows, hit || c.HitWindows > 0
		}
		return whole || hit && turn.UntilHit
	}
}

// count counts a turn that has ended, and says whether the boot is over.
func (t *turns) count(last boot.Shown) (over bool) {
	n := t.at.Number
	t.under, t.spent = false, t.spent+last.Took
	seen := barrier.Seen{Tallies: last.Tallies, Executed: last.Executed, Unfit: last.Unfit, Seconds: last.Took.Seconds()}
	if t.setup.Config.Scenario.Reboots() {
		seen.Tallies = asBlocks(last.Tallies)
	}
	// Where a hit ends a boot a turn is a block: to count those that showed the bug and
	// leave out the others that did not get on would be to choose.
	unfinished := t.setup.Config.Scenario.Reboots() && !slices.ContainsFunc(seen.Tallies, func(c wire.Tally) bool { return c.Blocks > 0 })
	if (seen.Windows() == 0 || unfinished) && !last.Cut && !t.timeIsOver() {
		t.failedUnder(n, &seen, fmt.Sprintf("the workload did not have its windows in %v", turnLimit))
	}
	if last.Silence != nil {
		t.silences[n] = joined(t.silences[n], *last.Silence)
	}
	if n == 0 && len(t.seen.Detections) < boot.MaxHits {
		t.seen.Detections = append(t.seen.Detections, last.Hits...)
	}
	for _, h := range last.Hits {
		t.marked[n] = true
		t.hits[mark{uint64(t.boots), h.Witness}] = n
	}
	if err := t.test.Add(n, seen); err != nil {
		t.err = fault.Wrap(fault.Rig, "count a turn", err)
		return true
	}
	weigh(t.test, t.silences, t.neverShown)
	if now := time.Now(); t.setup.Config.Events != nil && now.Sub(t.reported) > tellEach {
		t.reported = now
		t.setup.Config.Events(trial.Event{Line: t.detail()})
	}
	return t.setup.Config.Scenario.Reboots() && seen.Hits() > 0 || seen.Broke+seen.Failed != ""
}

func (t *turns) timeIsOver() bool { return t.left > 0 && t.spent >= t.left }

// broke takes a kernel, or what runs on it, that did not bear an alteration twice for that
// alteration's end, and returns what else ended the boot.
func (t *turns) broke(ctx context.Context, err error) error {
	kind := fault.KindOf(err)
	switch {
	case t.err != nil:
		return t.err
	case err == nil || ctx.Err() != nil || !t.under || kind != fault.Kernel && kind != fault.Guest:
		return err
	}
	t.under = false
	var seen barrier.Seen
	if t.failedUnder(t.at.Number, &seen, brief(err)); seen.Broke != "" && t.at.Number == 0 {
		return err
	}
	return t.test.Add(t.at.Number, seen)
}

// failedUnder puts into a turn how it failed: the first time it may be the harm that was
// left by what was in force before.
func (t *turns) failedUnder(n int, seen *barrier.Seen, why string) {
	if t.failed[n]++; t.failed[n] < failuresOwn {
		seen.Failed = why
	} else {
		seen.Broke = why
	}
}

// detail is a boot in words.
func (t *turns) detail() string {
	turns := 0
	for _, s := range t.test.Seen {
		turns += s.Turns
	}
	open := 0
	for _, r := range t.test.Results()[1:] {
		if r.Effect == barrier.Unknown {
			open++
		}
	}
	return fmt.Sprintf("%d turns so far, of %d alterations, of which %d are open", turns, len(t.test.Trials), open)
}
