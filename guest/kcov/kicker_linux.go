// SPDX-License-Identifier: Apache-2.0

package kcov

import (
	"runtime"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"

	"kcovrig/guest/wire"
)

// kicker writes an eventfd over and over from a thread of its own. Which one
// may be changed while it runs.
type kicker struct {
	fd    atomic.Int64
	kicks atomic.Uint64
	stop  atomic.Bool
	ready chan error
	done  chan error
}

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
	one := uint64(1)
	for err == nil && !k.stop.Load() {
		err = k.kick(&one)
	}
	k.done <- err
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
