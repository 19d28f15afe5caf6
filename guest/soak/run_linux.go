// SPDX-License-Identifier: Apache-2.0

package soak

import (
	"context"
	"math/rand/v2"
	"runtime"
	"time"

	"golang.org/x/sys/unix"

	"kcovrig/guest/wire"
)

// threads is how many Run starts: the runtime has to give each of them a P,
// since some never call it.
const threads = 17

// Run soaks until ctx is done and returns the counts. The first ledger that
// does not verify ends it: a *wire.Fault with Op wire.OpLostStore.
func Run(ctx context.Context, cfg Config) (map[string]uint64, error) {
	s, err := begin(ctx, cfg)
	if err != nil {
		return nil, err
	}
	defer s.cancel(nil)
	s.group.Wait()
	return s.result(ctx)
}

// begin starts the threads, which end with ctx or the first fault.
func begin(ctx context.Context, cfg Config) (*soak, error) {
	if err := cfg.Validate(); err != nil {
		return nil, wire.Faultf(wire.WhoseRig, "start soak", "%v", err)
	}
	pages, err := mapPages(sharedPages)
	if err != nil {
		return nil, err
	}
	runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + threads)
	s := &soak{cfg: cfg}
	s.ctx, s.cancel = context.WithCancelCause(ctx)
	s.startRings(pages.take(4 * 2))
	s.startAccounts(pages.take(1))
	s.startDiscards(pages.take(2 * discardPages))
	s.startForks(pages.take(2 * forkPages))
	s.startPressure()
	s.startMaps()
	if err := s.startPipe(); err != nil {
		s.fail("make a pipe", err)
	}
	return s, nil
}

const sharedPages = 4*2 + 1 + 2*discardPages + 2*forkPages

// thread is one of the soak's: it stays on its CPU.
type thread struct {
	s    *soak
	cpu  int
	rand *rand.Rand
	n    uint64
	// phase is the one that the thread's scheduling class is for.
	phase phase
}

// start starts a thread on a CPU. body runs until its own next says no.
func (s *soak) start(cpu int, salt uint64, body func(t *thread)) {
	t := &thread{s: s, cpu: cpu % s.cfg.CPUs, rand: rand.New(rand.NewPCG(s.cfg.Seed, salt<<8|uint64(cpu)))}
	s.group.Go(func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
		body(t)
	})
}

// The soak goes through phases, so that what it runs beside has its share also
// where host cores are few: it competes, takes what others leave, rests.
const phaseTime = 100 * time.Millisecond

type phase uint8

const (
	unset phase = iota
	competing
	yielding
	resting
	phases = 3
)

// phaseAt returns the phase at a time, and how much of it is left.
func phaseAt(now time.Time) (phase, time.Duration) {
	n := now.UnixNano()
	return competing + phase(n/int64(phaseTime)%phases), phaseTime - time.Duration(n%int64(phaseTime))
}

// next says whether the thread goes on, after a rest where it is its time.
func (t *thread) next() bool {
	p, left := phaseAt(time.Now())
	if p == resting {
		sleep(left)
		p = competing
	}
	if t.n++; p != t.phase || t.n%64 == 1 {
		if err := t.place(p); err != nil {
			t.s.fail("place a thread", err)
		}
	}
	if t.rand.Uint64()%8 == 0 {
		yield()
	}
	return t.s.ctx.Err() == nil
}

// place puts the thread on its CPU, from which whoever shares the process may
// have moved it, and gives it the scheduling class of the phase.
func (t *thread) place(p phase) error {
	t.phase = p
	var set unix.CPUSet
	set.Set(t.cpu)
	if err := unix.SchedSetaffinity(0, &set); err != nil {
		return err
	}
	attr := unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_NORMAL}
	if p == yielding {
		attr.Policy = unix.SCHED_IDLE
	}
	return unix.SchedSetAttr(0, &attr, 0)
}

// yield lets another thread of this CPU run.
func yield() { _, _, _ = unix.RawSyscall(unix.SYS_SCHED_YIELD, 0, 0, 0) }

func sleep(d time.Duration) {
	ts := unix.NsecToTimespec(d.Nanoseconds())
	_ = unix.Nanosleep(&ts, nil) // cut short: the caller looks at the time again
}

// between draws a number of [low, high).
func (t *thread) between(low, high uint64) uint64 { return low + t.rand.Uint64N(high-low) }
