// SPDX-License-Identifier: Apache-2.0

package program

import (
	"context"
	"slices"
	"time"

	"kcovrig/guest/tally"
	"kcovrig/guest/wire"
)

const (
	// barrenMax is how often in a row the program may end without a window.
	barrenMax = 16
	// stuckMax is how many processes may be left that cannot be killed, since the
	// kernel was broken under them.
	stuckMax = 4
	// stuckTime is how long the end of a program is waited for where the kernel may be
	// broken under it and is booted again anyway.
	stuckTime = 200 * time.Millisecond
)

// track is what is known of one mode.
type track struct {
	mode  string
	tally tally.Tally
	sent  int // detections sent
}

// run is one stress from start to stop.
type run struct {
	opts     Options
	tracks   []*track // one per mode, in the order of Options
	console  *console
	starts   uint64
	marks    uint64       // hits that the emulator was told of
	barren   int          // starts in a row that brought no window
	stuck    map[int]bool // processes that cannot be killed
	spent    time.Duration
	counting time.Time // since when the clock runs; zero: it stands
	reported time.Time // when Progress was last called
	over     bool      // a hit, or the last window, has ended the stress
	spoilt   bool      // ... a hit, after which the kernel is not what it was
}

// Run has the program started and watched until ctx is done, or a detection or the
// number of windows ends the stress, and returns the totals.
// Errors are *wire.Fault.
func Run(ctx context.Context, opts Options) (wire.Done, error) {
	if err := opts.Validate(); err != nil {
		return wire.Done{}, wire.Faultf(wire.WhoseRig, "start the program", "%v", err)
	}
	if opts.patience == (patience{}) {
		opts.patience = patient
	}
	if opts.mark == nil {
		opts.mark = markHit
	}
	if opts.world == nil {
		opts.world = machine{}
	}
	r := &run{opts: opts, marks: opts.Marked, console: &console{from: opts.Console}, stuck: map[int]bool{}, reported: time.Now()}
	for _, m := range opts.Modes {
		r.tracks = append(r.tracks, &track{mode: m, tally: tally.New(m, opts.BlockSize)})
	}
	if err := r.lookBack(); err != nil {
		return wire.Done{}, err
	}
	for ctx.Err() == nil && !r.over {
		if err := r.live(ctx, r.tracks[r.starts%uint64(len(r.tracks))]); err != nil {
			return wire.Done{}, err
		}
		r.progress(time.Now()) // a program may live for less than a tick
	}
	return wire.Done{ElapsedNS: int64(r.clock()), Tallies: r.totals()}, nil
}

// lookBack reads what the kernel said before: after anything but a warning, such as
// kernels give of their configuration, there is nothing to be measured on it.
func (r *run) lookBack() error {
	found, err := r.console.settle(r.opts.patience.rest)
	if err != nil {
		return err
	}
	for _, f := range found {
		if f.kind != wire.KindWarn {
			return r.noDetection(f)
		}
	}
	r.opts.mark("", 0)
	return nil
}

// noDetection is the fault of a kernel that reports what is not the bug at hand.
func (r *run) noDetection(f report) error {
	text := "the kernel reports what is no detection: " + wire.Clean(f.words(), wire.MaxText)
	if r.hitBefore() {
		text += ": it comes after hits of this boot, which may have left the kernel other than it was: a bug that does this needs after: reboot in the scenario"
	} else {
		text += ": where that is the bug, the scenario's detect has to name it"
	}
	return wire.Faultf(wire.WhoseKernel, "run the program", "%s", text)
}

// hitBefore says whether there was a hit that the kernel went on after.
func (r *run) hitBefore() bool {
	return slices.ContainsFunc(r.tracks, func(t *track) bool { return t.tally.HitWindows > 0 })
}

// clock is the time of stress, which stands still while the program is set up or ended.
func (r *run) clock() time.Duration {
	if r.counting.IsZero() {
		return r.spent
	}
	return r.spent + time.Since(r.counting)
}

// startClock lets the clock run; stopClock makes it stand, and returns how long it ran.
func (r *run) startClock() { r.counting = time.Now() }

func (r *run) stopClock() (ran time.Duration) {
	if !r.counting.IsZero() {
		ran = time.Since(r.counting)
	}
	r.spent, r.counting = r.spent+ran, time.Time{}
	return ran
}

func (r *run) totals() []wire.Tally {
	var ts []wire.Tally
	for _, t := range r.tracks {
		ts = append(ts, t.tally.Tally)
	}
	return ts
}

// progress reports the totals where it is time to.
func (r *run) progress(now time.Time) {
	if now.Sub(r.reported) >= r.opts.Every() {
		r.tell(now)
	}
}

// tell reports the totals.
func (r *run) tell(now time.Time) {
	elapsed := int64(r.clock())
	if !r.counting.IsZero() {
		elapsed = max(elapsed, 1) // no time has passed before it begins alone
	}
	r.reported = now
	r.opts.Progress(wire.Progress{ElapsedNS: elapsed, Tallies: r.totals()})
}
