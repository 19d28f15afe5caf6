// SPDX-License-Identifier: Apache-2.0

//go:build arm64 || amd64

package kcov

import (
	"context"
	"errors"
	"runtime"
	"time"

	"golang.org/x/sys/unix"

	"kcovrig/guest/wire"
)

const (
	writerCPU = 0
	readerCPU = 1

	// areaWords is the size of the shared area in words: whole pages, or mmap
	// refuses it.
	areaWords = 8 << 10
	// remoteWords is the size of a section's own area, which kcov_remote_start
	// takes from a list by size.
	remoteWords = 4 << 10
	// spare is the share of the area, one in so many, that a round leaves free:
	// a round ends before the area is full and kcov drops entries.
	spare = 8
)

// run is one stress from start to stop.
type run struct {
	cfg     Config
	modes   []mode
	tallies []tally
	dev     *device
	vhosts  []*vhost // one per mode
	workers []int
	kicker  *kicker
	watch   watch
	start   time.Time
	reports time.Duration // when Progress was last called
}

// Run stresses until ctx is done and returns the totals. It locks its thread
// and must be the only user of kcov. Errors are *wire.Fault.
func Run(ctx context.Context, cfg Config) (done wire.Done, err error) {
	if err := cfg.Validate(); err != nil {
		return done, wire.Faultf(wire.WhoseGuest, "start kcov", "%v", err)
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	r := &run{cfg: cfg}
	for _, name := range cfg.Modes {
		m, _ := lookupMode(name) // Validate saw it
		r.modes = append(r.modes, m)
		r.tallies = append(r.tallies, tally{Tally: wire.Tally{Mode: name}, blockSize: cfg.BlockSize})
	}
	defer func() { err = errors.Join(err, r.close()) }()
	if err := r.setUp(); err != nil {
		return done, err
	}
	if err := r.stress(ctx); err != nil {
		return done, err
	}
	return wire.Done{ElapsedNS: r.clock(), Tallies: r.totals()}, verifyCPUs(r.workers, writerCPU, readerCPU)
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
	if r.dev, err = openDevice(areaWords); err != nil {
		return err
	}
	if err := r.openVhosts(); err != nil {
		return err
	}
	r.watch = watch{
		area: r.dev.area, read: readers[r.cfg.Reader], stale: make([]uint32, areaWords),
		clock: r.clock, found: r.found,
	}
	r.kicker, err = startKicker(r.vhosts[0].kick, writerCPU)
	return err
}

// openVhosts makes one vhost device per mode and binds their workers to the
// writer's CPU.
func (r *run) openVhosts() (err error) {
	// Enabling gives this thread the handle that the workers take.
	if err := r.dev.enable(r.modes[0]); err != nil {
		return err
	}
	for range r.modes {
		v, err := openVhost()
		if err != nil {
			return err
		}
		r.vhosts = append(r.vhosts, v)
	}
	if err := r.dev.disable(); err != nil {
		return err
	}
	if r.workers, err = findWorkers(unix.Gettid(), len(r.vhosts)); err != nil {
		return err
	}
	for _, tid := range r.workers {
		if err := pin(tid, writerCPU); err != nil {
			return err
		}
	}
	for i, v := range r.vhosts {
		if r.modes[i].rings {
			if err := v.setUpRings(); err != nil {
				return err
			}
		}
		if err := v.attach(); err != nil {
			return err
		}
	}
	return nil
}

// stress runs rounds, the modes in turn, until ctx is done.
func (r *run) stress(ctx context.Context) error {
	r.start = time.Now()
	for n := uint64(0); ctx.Err() == nil; n++ {
		if err := r.round(ctx, n); err != nil {
			return err
		}
		if n+1 == uint64(len(r.modes)) { // every worker has run
			if err := verifyCPUs(r.workers, writerCPU, readerCPU); err != nil {
				return err
			}
		}
		if at := time.Since(r.start); at-r.reports >= r.cfg.Every {
			r.reports = at
			r.cfg.Progress(wire.Progress{ElapsedNS: int64(at), Tallies: r.totals()})
		}
	}
	return nil
}

// round runs round number n: kcov is off while the area is poisoned.
func (r *run) round(ctx context.Context, n uint64) error {
	i := n % uint64(len(r.modes))
	m, t := r.modes[i], &r.tallies[i]
	if n > maxRound {
		return wire.Faultf(wire.WhoseGuest, "watch "+m.name, "out of poisons after %d rounds", n)
	}
	r.kicker.fd.Store(int64(r.vhosts[i].kick))
	r.watch.reset(n)
	if err := r.dev.enable(m); err != nil {
		return err
	}
	began, kicks := r.clock(), r.kicker.kicks.Load()
	limit := r.watch.limit(m)
	count, err := r.watch.round(ctx, m, t, limit-limit/spare)
	t.StressNS += r.clock() - began
	t.Copies += (r.kicker.kicks.Load() - kicks) * vhostVrings
	if err := errors.Join(err, r.dev.disable()); err != nil {
		return err
	}
	if err := r.watch.audit(m, count); err != nil {
		return err
	}
	t.Rounds++
	return nil
}

func (r *run) clock() int64 { return int64(time.Since(r.start)) }

// found reports a detection unless its mode has had its share.
func (r *run) found(d wire.Detection) {
	for i := range r.tallies {
		if t := &r.tallies[i]; t.Mode == d.Mode && t.reported < r.cfg.Detections {
			t.reported++
			r.cfg.Detection(d)
		}
	}
}

func (r *run) totals() []wire.Tally {
	var ts []wire.Tally
	for i := range r.tallies {
		ts = append(ts, r.tallies[i].Tally)
	}
	return ts
}

// close ends what setUp started, in reverse.
func (r *run) close() error {
	var errs []error
	if r.kicker != nil {
		errs = append(errs, r.kicker.wait())
	}
	for _, v := range r.vhosts {
		errs = append(errs, v.close())
	}
	if r.dev != nil {
		errs = append(errs, r.dev.close())
	}
	return errors.Join(errs...)
}

var readers = map[string]readFunc{"acquire": readAcquire, "relaxed": readRelaxed}
