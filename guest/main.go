// SPDX-License-Identifier: Apache-2.0

//go:build linux && (arm64 || amd64)

// Command guest is PID 1 of the virtual machine: it mounts what it needs,
// greets the host on the virtio-serial port, runs the workload that the host
// asks for, sends what it sees, and powers off. It owns the guest's life; it
// leaves the stress to the workloads and the talk to guest/session.
//
// Whatever goes wrong ends in a Fault record, a line on the console, and power-off.
package main

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"kcovrig/guest/builtin"
	"kcovrig/guest/litmus"
	"kcovrig/guest/mark"
	"kcovrig/guest/session"
	"kcovrig/guest/wire"
)

// farewell is how long a guest that has told a fault stays on: nobody replies to that, and what
// the host has not taken is lost at power-off.
const farewell = 500 * time.Millisecond

func main() {
	uptime := bootTime()
	if os.Getpid() != 1 {
		fmt.Fprintln(os.Stderr, "kcovrig: the guest runs as PID 1 of a virtual machine only")
		os.Exit(2)
	}
	// Collecting garbage stops the world, the reader included: do it where
	// memory demands it only. Reader and kicker hold a P each for good.
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(64 << 20)
	runtime.GOMAXPROCS(4)

	go session.Warm()

	if err := live(uptime); err != nil {
		say("%s", strings.ReplaceAll(err.Error(), "\n", "; "))
		time.Sleep(farewell)
	}
	powerOff()
}

// live is the guest's life between boot and power-off.
func live(uptime int64) error {
	if err := mountAll(); err != nil {
		return err
	}
	port, err := openPort()
	if err != nil {
		return err
	}
	defer port.Close()
	s := session.New(port, session.Work{Workloads: builtin.Workloads(), Litmus: litmus.Run, Select: mark.Select, Say: say})
	return s.Serve(context.Background(), hello(uptime))
}

func hello(uptime int64) wire.Hello {
	h := wire.Hello{Version: wire.Version, Arch: runtime.GOARCH, CPUs: runtime.NumCPU(), UptimeNS: uptime}
	var uts unix.Utsname
	if unix.Uname(&uts) == nil {
		h.Kernel = unix.ByteSliceToString(uts.Release[:])
	}
	return h
}

// bootTime returns the time since the kernel's boot in nanoseconds.
func bootTime() int64 {
	var ts unix.Timespec
	if unix.ClockGettime(unix.CLOCK_BOOTTIME, &ts) != nil {
		return 0
	}
	return ts.Nano()
}
