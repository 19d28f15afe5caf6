// SPDX-License-Identifier: Apache-2.0

// Package boot observes one boot of a kernel, or several in turns: it starts the
// machine with the emulator, talks with the guest from its hello to its done,
// reads what the emulator noted, and says how a boot that failed ended and whose
// fault that was. It also finds out whether a kernel boots on KVM. What is booted
// it is told by a Config; where kernels come from and what boots mean for a verdict
// it leaves to rig/prepare and rig/verdict.
package boot

import (
	"context"
	"time"

	"kcovrig/guest/wire"
	"kcovrig/rig/internal/objcode/elfcode"
	"kcovrig/rig/internal/qemu"
	"kcovrig/rig/internal/weakmem"
	"kcovrig/rig/trial"
)

// Config is all that one boot is made of, settled before it begins. It knows
// nothing of the command that asks for the boot, which makes it the same value
// for a comparison, a replay and a soak.
type Config struct {
	Name      string // tells the boots of one command apart
	Dir       string // of this boot: console, plugin log
	Variant   trial.Variant
	Reader    trial.Reader
	Expected  trial.Expectation
	Machine   qemu.Config     // complete but for the plugin
	Emulator  *weakmem.Config // nil: the boot does without
	Lines     []elfcode.Line  // of the code that the emulator may reorder
	Writes    Writes          // the two, in the kernel's code
	Entries   Entries         // of the reader
	Workloads []string        // that the guest must know
	Start     wire.Start
	Limit     time.Duration // of the stress
}

// Tools is who does what a boot needs done; tests put fakes here.
type Tools struct {
	Plugin   func(context.Context, weakmem.Config) (weakmem.Plugin, error)
	Start    func(context.Context, qemu.Config) (VM, error)
	Counters func(path string) (map[string]uint64, error)
	// Sites is the emulator's table of what stopped it, also of a machine that runs.
	Sites func(path string) ([]weakmem.Site, error)
	// Altered is what became of each alteration, the code as it is before the first, also
	// of a machine that runs.
	Altered func(path string, of []trial.Alteration) ([]weakmem.Altered, error)
	// Witnesses tells the detections that the emulator saved events for.
	Witnesses func(WitnessConfig) ([]trial.Witness, error)
}

// Real are the tools that start QEMU with the emulator.
func Real() Tools {
	return Tools{
		Plugin: weakmem.Prepare, Start: StartVM, Counters: weakmem.ReadCounters, Sites: weakmem.ReadSites, Altered: weakmem.ReadAlterations, Witnesses: ReadWitnesses,
	}
}
