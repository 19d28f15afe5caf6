// SPDX-License-Identifier: Apache-2.0

//go:build arm64 || amd64

package kcov

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"kcovrig/guest/mark"
	"kcovrig/guest/session"
	"kcovrig/guest/tally"
	"kcovrig/guest/wire"
)

const (
	writerCPU = 0
	readerCPU = 1

	// remoteWords is the size of a section's own area, which kcov_remote_start
	// takes from a list by size.
	remoteWords = 4 << 10
	// spare is the share of the area, one in so many, that a round leaves free:
	// a round ends before the area is full and kcov drops entries.
	spare = 8

	// lingering is the longest wait for threads that have been told to end.
	lingering = time.Second
)

// track is what one mode runs on.
type track struct {
	mode  mode
	dev   *device
	vhost *vhost
	watch watch
	tally tally.Tally
	sent  int // detections sent
}

// run is one stress from start to stop.
type run struct {
	job     session.Job
	tracks  []*track // one per mode, in the order of the job
	workers []int
	kicker  *kicker
	marks   uint64 // made so far
	start   time.Time
	reports time.Duration // when Progress was last called
}

// Run stresses until ctx is done and returns the totals. It locks its thread
// and must be the only user of kcov; the job's callbacks are called on that thread,
// between rounds. Errors are *wire.Fault.
func Run(ctx context.Context, j session.Job) (done wire.Done, err error) {
	if err := check(j); err != nil {
		return done, wire.Faultf(wire.WhoseGuest, "start kcov", "%v", err)
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	r := &run{job: j, marks: j.Marked}
	defer func() { err = errors.Join(err, r.close()) }()
	if err := r.setUp(); err != nil {
		return done, err
	}
	if err := r.stress(ctx); err != nil {
		return done, err
	}
	done = wire.Done{ElapsedNS: r.clock(), Tallies: r.totals()}
	if !r.allRan() {
		return done, nil // a worker that has not run since it was bound still shows its old CPU
	}
	return done, verifyCPUs(r.workers, writerCPU, readerCPU)
}

// allRan says whether every mode's worker has run since it was bound: its copies
// were seen. A round alone may end before it does.
func (r *run) allRan() bool {
	return !slices.ContainsFunc(r.tracks, func(t *track) bool { return t.tally.Windows == 0 })
}

// setUp opens the devices, puts the writers and the reader on their CPUs and
// starts the kicks.
func (r *run) setUp() (err error) {
	if n := runtime.NumCPU(); n < 2 {
		return wire.Faultf(wire.WhoseRig, "start kcov", "%d CPU, want 2: reader and writer need one each", n)
	}
	if err := pinAll(writerCPU); err != nil {
		return err
	}
	if err := pin(0, readerCPU); err != nil {
		return err
	}
	for _, name := range r.job.Modes {
		if err := r.addTrack(name); err != nil {
			return err
		}
	}
	if err := r.bindWorkers(); err != nil {
		return err
	}
	for _, t := range r.tracks {
		if err := t.vhost.attach(); err != nil {
			return err
		}
	}
	r.kicker, err = startKicker(r.tracks[0].vhost.kick, writerCPU)
	return err
}

// addTrack opens the devices of one mode.
func (r *run) addTrack(name string) error {
	m, err := lookupMode(name)
	if err != nil {
		return wire.Faultf(wire.WhoseGuest, "start kcov", "%v", err)
	}
	t := &track{mode: m, tally: tally.New(name, r.job.BlockSize)}
	r.tracks = append(r.tracks, t)
	if t.dev, err = openDevice(m.area); err != nil {
		return err
	}
	t.watch = watch{
		area: t.dev.area, read: readers[r.job.Reader], stale: make([]uint32, m.area), clock: r.clock, rest: rester(),
		moved: func() { r.kicker.looked() },
		found: func(d wire.Detection) {
			if t.sent < r.job.Detections {
				t.sent++
				r.job.Detection(d)
			}
		},
		marked: func(word *uint64, entry, count uint64) uint64 {
			if t.sent >= r.job.Detections {
				return 0
			}
			r.marks++
			mark.Word(word, entry, count, r.marks)
			return r.marks
		},
	}
	// Enabling gives this thread the handle that the worker takes.
	if err := t.dev.enable(m); err != nil {
		return err
	}
	if t.vhost, err = openVhost(); err != nil {
		return err
	}
	if err := t.dev.disable(); err != nil {
		return err
	}
	if m.rings {
		return t.vhost.setUpRings()
	}
	return nil
}

// bindWorkers binds the vhost workers to the writer's CPU.
func (r *run) bindWorkers() (err error) {
	// Those of the stress before may be on their way out still.
	for wait := time.Millisecond; ; wait *= 2 {
		r.workers, err = findWorkers(unix.Gettid(), len(r.tracks))
		if len(r.workers) <= len(r.tracks) || wait > lingering {
			break
		}
		time.Sleep(wait)
	}
	if err != nil {
		return err
	}
	for _, tid := range r.workers {
		if err := pin(tid, writerCPU); err != nil {
			return err
		}
	}
	return nil
}

// stress runs rounds, the modes in turn, until ctx is done.
func (r *run) stress(ctx context.Context) error {
	r.start = time.Now()
	verified := false
	for n := uint64(0); ctx.Err() == nil; n++ {
		if err := r.round(ctx, n, r.tracks[n%uint64(len(r.tracks))]); err != nil {
			return err
		}
		if !verified && r.allRan() {
			if err := verifyCPUs(r.workers, writerCPU, readerCPU); err != nil {
				return err
			}
			verified = true
		}
		if at := time.Since(r.start); at-r.reports >= r.job.Every() {
			r.reports = at
			r.job.Progress(wire.Progress{ElapsedNS: int64(at), Tallies: r.totals()})
		}
	}
	return nil
}

// round runs round number n: kcov is off while the area is poisoned.
func (r *run) round(ctx context.Context, n uint64, t *track) error {
	if n > maxRound {
		return wire.Faultf(wire.WhoseGuest, "watch "+t.mode.name, "out of poisons after %d rounds", n)
	}
	r.kicker.fd.Store(int64(t.vhost.kick))
	t.watch.reset(n)
	if err := t.dev.enable(t.mode); err != nil {
		return err
	}
	r.kicker.looked()
	began, kicks := r.clock(), r.kicker.kicks.Load()
	limit := t.watch.limit(t.mode)
	count, err := t.watch.round(ctx, t.mode, &t.tally, limit-limit/spare)
	t.tally.StressNS += r.clock() - began
	t.tally.Writes += (r.kicker.kicks.Load() - kicks) * vhostVrings
	if err := errors.Join(err, t.dev.disable()); err != nil {
		return err
	}
	if err := t.watch.audit(t.mode, count); err != nil {
		return err
	}
	t.tally.Rounds++
	return nil
}

func (r *run) clock() int64 { return int64(time.Since(r.start)) }

func (r *run) totals() []wire.Tally {
	var ts []wire.Tally
	for _, t := range r.tracks {
		ts = append(ts, t.tally.Tally)
	}
	return ts
}

// close ends what setUp started, in reverse.
func (r *run) close() error {
	var errs []error
	if r.kicker != nil {
		errs = append(errs, r.kicker.wait())
	}
	for _, t := range r.tracks {
		if t.vhost != nil {
			errs = append(errs, t.vhost.close())
		}
		if t.dev != nil {
			errs = append(errs, t.dev.close())
		}
	}
	return errors.Join(errs...)
}
