// SPDX-License-Identifier: Apache-2.0

//go:build linux && (arm64 || amd64)

package main

import (
	"context"
	"errors"
	"maps"
	"runtime"
	"sync"
	"time"

	"kcovrig/guest/soak"
	"kcovrig/guest/wire"
)

// spareMiB is the memory that the soak leaves to the rest of the guest.
const spareMiB = 24

// soakRun runs the soak as a workload of its own, or behind another, which then
// is the one that reports progress.
func soakRun(ctx context.Context, j job) (wire.Done, error) {
	began := time.Now()
	ended := make(chan struct{})
	var report sync.WaitGroup
	if j.progress != nil {
		report.Go(func() {
			tick := time.NewTicker(time.Duration(j.ProgressNS))
			defer tick.Stop()
			for {
				select {
				case <-tick.C:
					j.progress(wire.Progress{ElapsedNS: int64(time.Since(began))})
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

// together runs a workload and those in its background. One that fails ends all; its
// error comes first, then the main workload's.
func (s *session) together(ctx context.Context, cancel context.CancelCauseFunc, j job) (wire.Done, error) {
	background := make([]wire.Done, len(j.Background))
	errs := make([]error, len(j.Background))
	quiet := j
	quiet.progress, quiet.detection = nil, nil
	var group sync.WaitGroup
	for i, name := range j.Background {
		work, ok := s.workloads[name]
		if !ok {
			errs[i] = wire.Faultf(wire.WhoseGuest, "start", "unknown workload %q", name)
			cancel(errs[i])
			continue
		}
		group.Go(func() {
			errs[i] = guard(func() (err error) { background[i], err = work(ctx, quiet); return err })
			if errs[i] != nil {
				cancel(errs[i])
			}
		})
	}
	done, err := s.workloads[j.Workload](ctx, j)
	if err != nil {
		cancel(err)
	}
	group.Wait()
	for _, b := range background {
		if b.Counts != nil && done.Counts == nil {
			done.Counts = map[string]uint64{}
		}
		maps.Copy(done.Counts, b.Counts)
	}
	return done, errors.Join(errors.Join(errs...), err)
}
