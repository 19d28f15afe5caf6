// SPDX-License-Identifier: Apache-2.0

package rig

import (
	"os"
	"path/filepath"
	"slices"
	"time"

	"kcovrig/guest/wire"
	"kcovrig/rig/boot"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/objcode"
	"kcovrig/rig/internal/qemu"
	"kcovrig/rig/internal/weakmem"
	"kcovrig/rig/trial"
	"kcovrig/rig/verdict"
)

// bootAsked is what tells one boot of a job from another.
type bootAsked struct {
	variant trial.Variant
	reader  trial.Reader
	limit   time.Duration
	hits    int    // Detection records per mode
	focus   uint64 // see weakmem.Config
	below   string // folder in which the boot's own is made
}

// boot plans a boot of what the job has prepared, and makes its folder.
func (j *job) boot(ask bootAsked, turns *boot.Turns) (*boot.Boot, error) {
	plan := j.bootPlan(ask)
	if err := os.MkdirAll(plan.Dir, 0o755); err != nil {
		return nil, fault.Wrap(fault.Rig, "make the boot's folder", err)
	}
	return &boot.Boot{Plan: plan, Doers: j.backends().Doers, Stage: j.stages.begin, Events: j.cfg.Events, Turns: turns}, nil
}

func (j *job) bootPlan(ask bootAsked) boot.Plan {
	spec := j.cfg.Spec
	name := string(ask.variant)
	if len(spec.Readers) > 1 {
		name += "-" + string(ask.reader)
	}
	p := boot.Plan{
		Name: name, Dir: filepath.Join(ask.below, name), Variant: ask.variant, Reader: ask.reader,
		Expected: j.expected(ask.variant, ask.reader), Limit: ask.limit,
		Lines:     slices.Concat(j.lines[ask.variant], j.inGuest),
		Writes:    j.writes[ask.variant],
		Entries:   boot.Entries{Code: j.readers[ask.reader], Count: j.counts[ask.reader]},
		Workloads: append([]string{j.scenario.Workload}, j.beside...),
		Start: wire.Start{
			Workload: j.scenario.Workload, Modes: spec.Modes, Reader: string(ask.reader), Seed: spec.Seed,
			BlockSize: verdict.BlockSize, Detections: ask.hits, ProgressNS: int64(boot.ProgressTime), Beside: j.beside,
		},
	}
	p.Machine = boot.Machine(qemu.Config{
		Name: name, Arch: j.arch, Binary: j.emulator.Argv, Accel: j.accel, CPU: spec.CPU,
		Kernel: j.images[ask.variant].Path, Initrd: j.archive.Path, Dir: p.Dir,
	})
	if j.emulated() {
		e := j.emulation()
		e.Dir, e.Seed, e.RAMBytes, e.Focus = p.Dir, spec.Seed, boot.RAMBytes, ask.focus
		e.Scope = slices.Concat(j.scopes[ask.variant], bodies(j.readers[ask.reader]))
		e.Mark, e.Marks = weakmem.Scope{Start: j.mark.Start, End: j.mark.End}, j.marks(ask.hits)
		p.Emulator = &e
	}
	return p
}

// emulation is what all boots of the job have in common of the emulator.
func (j *job) emulation() weakmem.Config {
	policy := j.cfg.Emulator.OrDefault()
	if len(j.beside) > 0 {
		policy = weakmem.ExtremePolicy()
	}
	return weakmem.Config{
		Arch: j.arch, API: j.emulator.PluginAPI, CacheDir: j.cfg.CacheDir, Policy: policy, Define: j.cfg.Define, Sent: j.cfg.Emulator,
	}
}

// marks is how many stale windows the emulator shall save events for.
func (j *job) marks(hits int) int {
	if j.mark == (objcode.Range{}) {
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
