// SPDX-License-Identifier: Apache-2.0

//go:build linux && (arm64 || amd64)

// Command guest is PID 1 of the virtual machine: it mounts what it needs,
// greets the host on the virtio-serial port, runs the workload that the host
// asks for, sends what it sees, and powers off. It owns the guest's life; it
// leaves the stress to the workloads and the records to guest/wire.
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

	"kcovrig/guest/kcov"
	"kcovrig/guest/program"
	"kcovrig/guest/soak"
	"kcovrig/guest/wire"
)

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

	go warm()

	if err := live(uptime); err != nil {
		say("%s", strings.ReplaceAll(err.Error(), "\n", "; "))
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
	s := newSession(port, map[string]workload{kcov.Name: coverageRun, program.Name: programRun, soak.Name: soakRun})
	return s.serve(context.Background(), hello(uptime))
}

func coverageRun(ctx context.Context, j job) (wire.Done, error) {
	return kcov.Run(ctx, kcov.Config{
		Modes: j.Modes, Reader: j.Reader, Seed: j.Seed, BlockSize: j.BlockSize,
		Detections: j.Detections, Every: time.Duration(j.ProgressNS), Progress: j.progress, Detection: j.detection,
	})
}

func programRun(ctx context.Context, j job) (wire.Done, error) {
	if j.Program == nil {
		return wire.Done{}, wire.Faultf(wire.WhoseRig, "start the program", "nothing is said of it")
	}
	console, err := program.OpenConsole()
	if err != nil {
		return wire.Done{}, wire.Faultf(wire.WhoseKernel, "watch the kernel's messages", "%v", err)
	}
	defer console.Close()
	return program.Run(ctx, program.Options{
		Path: wire.ProgramPath, Program: *j.Program, Modes: j.Modes, Reader: j.Reader, Seed: j.Seed, BlockSize: j.BlockSize,
		Detections: j.Detections, Every: time.Duration(j.ProgressNS), Progress: j.progress, Detection: j.detection,
		Console: console, Once: warnings(),
	})
}

// warnings is the file of program.Options.Once, of kernels with debugfs.
func warnings() string {
	const path = kcov.DebugFS + "/clear_warn_once"
	if _, err := os.Stat(path); err != nil {
		return ""
	}
	return path
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
