// SPDX-License-Identifier: Apache-2.0

package kcov

import (
	"runtime"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"kcovrig/guest/wire"
)

// kicker writes an eventfd over and over from a thread of its own. Which one
// may be changed while it runs.
type kicker struct {
	fd    atomic.Int64
	kicks atomic.Uint64
	seen  atomic.Uint64 // kicks when the reader last saw the count increase
	stop  atomic.Bool
	ready chan error
	done  chan error
}

const (
	// ahead is how many kicks the kicker makes before it waits for the reader.
	ahead = 8
	// nap and maxNap bound its waits, which double while nothing is seen.
	nap    = 50 * time.Microsecond
	maxNap = time.Millisecond
)

// startKicker starts it on the given CPU. wait ends it.
func startKicker(fd, cpu int) (*kicker, error) {
	k := &kicker{ready: make(chan error, 1), done: make(chan error, 1)}
	k.fd.Store(int64(fd))
	go k.run(cpu)
	if err := <-k.ready; err != nil {
		return nil, err
	}
	return k, nil
}

// run kicks as SCHED_IDLE, which every wake-up of a worker preempts: the kick
// returns after the sections that it caused have run, and none is lost to a
// work that is still queued.
func (k *kicker) run(cpu int) {
	runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
	err := pin(0, cpu)
	if err == nil {
		err = unix.SchedSetAttr(0, &unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_IDLE}, 0)
		if err != nil {
			err = wire.Faultf(wire.WhoseKernel, "SCHED_IDLE", "%v", err)
		}
	}
	k.ready <- err
	one, wait := uint64(1), nap
	for err == nil && !k.stop.Load() {
		if k.kicks.Load()-k.seen.Load() > ahead {
			// The reader's vCPU has no host core, or rests: one of this vCPU's
			// is better spent on it. Not for good: a kick may record nothing.
			sleep(wait)
			wait = min(2*wait, maxNap)
		} else {
			wait = nap
		}
		err = k.kick(&one)
	}
	k.done <- err
}

// looked is the reader's: the count has increased, or a round begins.
func (k *kicker) looked() { k.seen.Store(k.kicks.Load()) }

// sleep blocks the thread itself; the runtime's timers wake another one.
func sleep(d time.Duration) {
	t := unix.NsecToTimespec(int64(d))
	_, _, _ = unix.RawSyscall(unix.SYS_NANOSLEEP, uintptr(unsafe.Pointer(&t)), 0, 0)
}

//go:noinline
func (k *kicker) kick(one *uint64) error {
	// RawSyscall: the write never blocks, and the runtime need not know of it.
	if _, _, errno := unix.RawSyscall(unix.SYS_WRITE, uintptr(k.fd.Load()), uintptr(unsafe.Pointer(one)), 8); errno != 0 {
		return wire.Faultf(wire.WhoseKernel, "write eventfd", "%v", errno)
	}
	k.kicks.Add(1)
	return nil
}

// wait stops the kicker and returns what made it fail before, if anything.
func (k *kicker) wait() error {
	k.stop.Store(true)
	return <-k.done
}
