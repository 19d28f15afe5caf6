// SPDX-License-Identifier: Apache-2.0

package prepare

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"kcovrig/guest/wire"
	"kcovrig/rig/boot"
	"kcovrig/rig/coderange"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/qemu"
	"kcovrig/rig/trial"
	"kcovrig/rig/verdict"
)

// seedStep lies between the seeds of two boots of a kernel. Within a boot each start of
// the program has the next seed.
const seedStep = 1 << 16

// BootRequest is what tells one boot of a setup from another.
type BootRequest struct {
	Variant trial.Variant
	Reader  trial.Reader
	Limit   time.Duration // of the stress
	Hits    int           // Detection records per mode
	Focus   uint64        // see weakmem.Config
	Below   string        // folder in which the boot's own is made
	Number  int           // of the boots of this kind before it
	// Alterations are what the boot's rounds may put in force, and Marks how many hits in
	// all of them the emulator saves events for.
	Alterations []trial.Alteration
	Marks       int
	Orders      []uint64                           // what orders stores beside the fix's own instructions, of writes that are not known
	Rounds      func(last *boot.Shown) *boot.Round // see boot.Boot
}

// Boot prepares a boot, and makes its folder.
func (s *Setup) Boot(request BootRequest, turns *boot.Turns) (*boot.Boot, error) {
	config := s.BootConfig(request)
	if err := os.MkdirAll(config.Dir, 0o755); err != nil {
		return nil, fault.Wrap(fault.Rig, "make the boot's folder", err)
	}
	return &boot.Boot{Config: config, Tools: s.Config.Boots, Stage: s.Config.Stage, Events: s.Config.Events, Turns: turns, Rounds: request.Rounds}, nil
}

// BootConfig is all that one boot is made of.
func (s *Setup) BootConfig(request BootRequest) boot.Config {
	spec := s.Config.Spec
	name := string(request.Variant)
	if len(spec.Readers) > 1 {
		name += "-" + string(request.Reader)
	}
	dir := name
	if request.Number > 0 {
		dir += fmt.Sprintf("-%d", request.Number+1)
	}
	seed := spec.Seed + seedStep*uint64(request.Number)
	kernel, reader := s.Kernels.Of[request.Variant], s.Guest.Readers[request.Reader]
	p := boot.Config{
		Name: name, Dir: filepath.Join(request.Below, dir), Variant: request.Variant, Reader: request.Reader,
		Expected: s.expected(request.Variant, request.Reader), Limit: request.Limit,
		Lines:     slices.Concat(kernel.Lines, s.Guest.Lines),
		Entries:   boot.Entries{Code: reader.Code, Count: reader.Count},
		Workloads: append([]string{s.Config.Scenario.Workload}, s.Background...),
		Start: wire.Start{
			Workload: s.Config.Scenario.Workload, Modes: spec.Modes, Reader: string(request.Reader), Seed: seed,
			BlockSize: verdict.BlockSize, Detections: request.Hits, ProgressNS: int64(boot.ProgressTime), Background: s.Background,
		},
	}
	if a := kernel.Analysis; a != nil {
		p.Lines = slices.Concat(a.Detected, p.Lines) // of code in both, the latter have the source
		p.Writes = boot.Writes{Copies: a.Copies, Publishers: a.Publishers, Unknown: s.Config.Scenario.Function == "", Orders: slices.Concat(a.FixOrders, request.Orders)}
	}
	p.Machine = boot.Machine(qemu.Config{
		Name: name, Arch: s.Config.Arch, Binary: s.QEMU.Argv, Accel: s.Accel, CPU: spec.CPU,
		Kernel: kernel.Image.Built.Path, Initrd: s.Archive.Path, Dir: p.Dir, CPUs: s.Config.Scenario.CPUs, MemoryMiB: s.Config.Scenario.MemoryMiB,
	})
	if own := s.Config.Scenario.Program; own != nil {
		p.Start.Program = &own.Start
		if s.Config.Scenario.Reboots() {
			p.Start.BlockSize = own.Start.Windows // a boot is a block
		}
		p.Machine.SurviveOops, p.Machine.Cmdline = own.SurvivesOops(), own.Cmdline()
	}
	if e := emulation(s.Config, s.Background, s.QEMU); e != nil {
		e.Dir, e.Seed, e.RAMBytes, e.Focus = p.Dir, seed, uint64(p.Machine.MemoryMiB)<<20, request.Focus
		e.Scope = slices.Concat(kernel.Scope, Bodies(reader.Code))
		e.Policy = e.Policy.For(e.Scope)
		e.Mark, e.Marks = s.Guest.Mark, s.marks(request.Hits)
		if len(request.Alterations) > 0 {
			e.Alterations, e.Select = request.Alterations, s.Guest.Select
			e.Marks = min(e.Marks, 1) * request.Marks
		}
		if e.Marks > 0 {
			e.Reports = kernel.reports()
		}
		p.Emulator = e
	}
	return p
}

// marks is how many hits the emulator shall save events for.
func (s *Setup) marks(hits int) int {
	if s.Guest.Mark == (coderange.Range{}) {
		return 0
	}
	return hits * len(s.Config.Spec.Modes)
}

// expected is what the memory model says of hits in a variant.
func (s *Setup) expected(v trial.Variant, reader trial.Reader) trial.Expectation {
	switch {
	case s.Config.Arch.TSO:
		return trial.Never
	case v == trial.AsIs:
		return "" // the model is not asked about a kernel that nobody described
	case v == trial.Patched && s.Ordered(reader):
		return trial.Never
	}
	return trial.Sometimes
}
