// SPDX-License-Identifier: Apache-2.0

package rig

import (
	"os"
	"path/filepath"
	"slices"
	"time"

	"kcovrig/guest/wire"
	"kcovrig/rig/fault"
	"kcovrig/rig/trial"
	"kcovrig/rig/verdict"
)

// bootAsked is what tells one boot of a job from another.
type bootAsked struct {
	variant trial.Variant
	reader  trial.Reader
	limit   time.Duration
	hits    int    // Detection records per mode
	focus   uint64 // see PluginConfig
	below   string // folder in which the boot's own is made
}

// boot plans a boot of what the job has prepared, and makes its folder.
func (j *job) boot(ask bootAsked, turns *relay) (arm, error) {
	plan := j.bootPlan(ask)
	if err := os.MkdirAll(plan.dir, 0o755); err != nil {
		return arm{}, fault.Wrap(fault.Rig, "make the boot's folder", err)
	}
	b := j.backends()
	return arm{
		bootPlan: plan, relay: turns, stages: j.stages, events: j.cfg.Events,
		doers: bootDoers{plugin: b.Plugin, start: b.Boot, counters: b.Counters, sites: b.Sites, witnesses: b.Witnesses},
	}, nil
}

func (j *job) bootPlan(ask bootAsked) bootPlan {
	spec := j.cfg.Spec
	name := string(ask.variant)
	if len(spec.Readers) > 1 {
		name += "-" + string(ask.reader)
	}
	p := bootPlan{
		name: name, dir: filepath.Join(ask.below, name), variant: ask.variant, reader: ask.reader,
		expected: j.expected(ask.variant, ask.reader), limit: ask.limit,
		lines:     slices.Concat(j.lines[ask.variant], j.inGuest),
		writes:    j.writes[ask.variant],
		entries:   entryLoads{j.readers[ask.reader], j.counts[ask.reader]},
		workloads: append([]string{j.scenario.Workload}, j.beside...),
		start: wire.Start{
			Workload: j.scenario.Workload, Modes: spec.Modes, Reader: string(ask.reader), Seed: spec.Seed,
			BlockSize: verdict.BlockSize, Detections: ask.hits, ProgressNS: int64(progressTime), Beside: j.beside,
		},
	}
	p.machine = BootConfig{
		Name: name, Arch: j.arch, Emulator: j.emulator, Accel: j.accel, CPU: spec.CPU,
		Kernel: j.images[ask.variant].Path, Initrd: j.archive.Path, Dir: p.dir,
	}
	if j.emulated() {
		p.emulator = &PluginConfig{
			Arch: j.arch, Emulator: j.emulator, CacheDir: j.cfg.CacheDir, Dir: p.dir,
			Scope: slices.Concat(j.scopes[ask.variant], j.readers[ask.reader]), RAMBytes: ramBytes, Seed: spec.Seed,
			Mark: j.mark, Marks: j.marks(ask.hits), Focus: ask.focus,
			Extreme: len(j.beside) > 0, Define: j.cfg.Define, Sent: j.cfg.Emulator,
		}
	}
	return p
}

// marks is how many stale windows the emulator shall save events for.
func (j *job) marks(hits int) int {
	if j.mark == (Range{}) {
		return 0
	}
	return hits * len(j.cfg.Spec.Modes)
}

// expected is what the memory model says of stale reads in a variant.
func (j *job) expected(v trial.Variant, reader trial.Reader) trial.Expectation {
	switch {
	case j.arch.TSO:
		return trial.Never
	case v == trial.AsIs:
		return "" // the model is not asked about a kernel that nobody described
	case v == trial.Patched && j.ordered(reader):
		return trial.Never
	}
	return trial.Sometimes
}
