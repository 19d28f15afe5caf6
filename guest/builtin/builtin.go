// SPDX-License-Identifier: Apache-2.0

//go:build linux && (arm64 || amd64)

// Package builtin lists the workloads that the guest has of its own, by the names that
// the host asks for them by, and the file systems that they need. It owns how each of
// them takes what the host asks; it leaves the stress to the workloads, and running
// them, one behind another too, to the guest's main. A bug's own workload is named here
// and in its own package, nowhere else in the guest.
package builtin

import (
	"context"
	"io"
	"os"
	"runtime"
	"sync"
	"time"

	"kcovrig/guest/kcov"
	"kcovrig/guest/program"
	"kcovrig/guest/session"
	"kcovrig/guest/soak"
	"kcovrig/guest/wire"
)

// Workloads are all of them, by name.
func Workloads() map[string]session.Workload {
	programs := &programs{open: program.OpenConsole}
	return map[string]session.Workload{kcov.Name: kcov.Run, program.Name: programs.run, soak.Name: soakRun}
}

// Mount is a file system that a workload needs. A kernel without it will do for the
// others; the workload that needs it says so.
type Mount struct{ Kind, Dir string }

// Mounts are all of them.
func Mounts() []Mount { return []Mount{{"debugfs", kcov.DebugFS}} }

// programs is the workload that is a user's program. The console stays open from one
// stress of a boot to the next: what an earlier one met is not the next one's.
type programs struct {
	open    func() (io.ReadCloser, error)
	console io.ReadCloser
}

func (p *programs) run(ctx context.Context, j session.Job) (done wire.Done, err error) {
	if p.console == nil {
		if p.console, err = p.open(); err != nil {
			return wire.Done{}, wire.Faultf(wire.WhoseKernel, "watch the kernel's messages", "%v", err)
		}
	}
	return program.Run(ctx, program.Options{Job: j, Path: wire.ProgramPath, Console: p.console, Once: warnings()})
}

// spareMiB is the memory that the soak leaves to the rest of the guest.
const spareMiB = 24

// warnings is the file of program.Options.Once, of kernels with debugfs.
func warnings() string {
	const path = kcov.DebugFS + "/clear_warn_once"
	if _, err := os.Stat(path); err != nil {
		return ""
	}
	return path
}

// soakRun runs the soak as a workload of its own, or behind another, which then
// is the one that reports progress.
func soakRun(ctx context.Context, j session.Job) (wire.Done, error) {
	began := time.Now()
	ended := make(chan struct{})
	var report sync.WaitGroup
	if j.Progress != nil {
		report.Go(func() {
			tick := time.NewTicker(j.Every())
			defer tick.Stop()
			for {
				select {
				case <-tick.C:
					j.Progress(wire.Progress{ElapsedNS: int64(time.Since(began))})
				case <-ended:
					return
				}
			}
		})
	}
	counts, err := soak.Run(ctx, soak.Config{Seed: j.Seed, CPUs: runtime.NumCPU(), Spare: spareMiB, Most: 1 << 20})
	close(ended)
	report.Wait()
	return wire.Done{ElapsedNS: int64(time.Since(began)), Counts: counts}, err
}
