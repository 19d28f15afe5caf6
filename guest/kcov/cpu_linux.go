// SPDX-License-Identifier: Apache-2.0

package kcov

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"unsafe"

	"golang.org/x/sys/unix"

	"kcovrig/guest/wire"
)

// pin binds a thread (0: the caller) to one CPU.
func pin(tid, cpu int) error {
	var set unix.CPUSet
	set.Set(cpu)
	if err := unix.SchedSetaffinity(tid, &set); err != nil {
		return wire.Faultf(wire.WhoseKernel, fmt.Sprintf("pin thread %d to CPU %d", tid, cpu), "%v", err)
	}
	return nil
}

// pinAll binds every thread of this process to one CPU; threads that they
// start later inherit it.
func pinAll(cpu int) error {
	tids, err := numbers("/proc/self/task")
	if err != nil {
		return err
	}
	for _, tid := range tids {
		if err := pin(tid, cpu); err != nil {
			return err
		}
	}
	return nil
}

// findWorkers returns the thread ids of the vhost workers that the thread
// owner made. Up to Linux 6.3 they are kernel threads, later threads of this
// process; both are called vhost-OWNER.
func findWorkers(owner, want int) ([]int, error) {
	name := []byte("vhost-" + strconv.Itoa(owner) + "\n")
	var found []int
	for _, dir := range []string{"/proc/self/task", "/proc"} {
		tids, err := numbers(dir)
		if err != nil {
			return nil, err
		}
		for _, tid := range tids {
			comm, err := os.ReadFile(fmt.Sprintf("%s/%d/comm", dir, tid))
			if err == nil && bytes.Equal(comm, name) {
				found = append(found, tid)
			}
		}
		if len(found) > 0 {
			break
		}
	}
	if len(found) != want {
		return found, wire.Faultf(wire.WhoseGuest, "find vhost workers", "%d threads called %q, want %d", len(found), name, want)
	}
	return found, nil
}

// lastCPU returns the CPU that a thread ran on last: field 39 of its stat (proc_pid_stat(5)).
func lastCPU(tid int) (int, error) {
	const processor = 39
	path := fmt.Sprintf("/proc/%d/stat", tid)
	stat, err := os.ReadFile(path)
	if err != nil {
		return 0, wire.Faultf(wire.WhoseKernel, "find a thread's CPU", "%v", err)
	}
	// The second field, the name, may hold blanks; the third follows its parenthesis.
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(fields) <= processor-3 {
		return 0, wire.Faultf(wire.WhoseKernel, "find a thread's CPU", "%s has %d fields", path, len(fields)+2)
	}
	cpu, err := strconv.Atoi(string(fields[processor-3]))
	if err != nil {
		return 0, wire.Faultf(wire.WhoseKernel, "find a thread's CPU", "%v", err)
	}
	return cpu, nil
}

// verifyCPUs makes sure that the workers ran on writer and the caller runs on reader.
func verifyCPUs(workers []int, writer, reader int) error {
	for _, tid := range workers {
		cpu, err := lastCPU(tid)
		if err != nil {
			return err
		}
		if cpu != writer {
			return wire.Faultf(wire.WhoseGuest, "verify CPUs", "vhost worker %d ran on CPU %d, want %d", tid, cpu, writer)
		}
	}
	var cpu uint32
	if _, _, errno := unix.RawSyscall(unix.SYS_GETCPU, uintptr(unsafe.Pointer(&cpu)), 0, 0); errno != 0 {
		return wire.Faultf(wire.WhoseKernel, "getcpu", "%v", errno)
	}
	if int(cpu) != reader {
		return wire.Faultf(wire.WhoseGuest, "verify CPUs", "reader runs on CPU %d, want %d", cpu, reader)
	}
	return nil
}

// rester returns a function that lets the caller's CPU go idle for a moment.
// Where the host has fewer cores to give than the guest has CPUs, the writer
// runs in that time; a reader that polls on would burn its share of the core in
// vain. Where timers have the resolution of a tick, as on x86 without a
// trusted clock, a moment would last for hundreds of sections: it does nothing.
func rester() func() {
	var res unix.Timespec
	if err := unix.ClockGetres(unix.CLOCK_MONOTONIC, &res); err != nil || res.Nano() > 1000 {
		return func() {}
	}
	return func() {
		ts := unix.Timespec{Nsec: 20_000}
		_, _, _ = unix.RawSyscall(unix.SYS_NANOSLEEP, uintptr(unsafe.Pointer(&ts)), 0, 0)
	}
}

// numbers lists the entries of a folder of /proc that are numbers.
func numbers(dir string) ([]int, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, wire.Faultf(wire.WhoseKernel, "list threads", "%v", err)
	}
	var ns []int
	for _, e := range entries {
		if n, err := strconv.Atoi(e.Name()); err == nil {
			ns = append(ns, n)
		}
	}
	return ns, nil
}
