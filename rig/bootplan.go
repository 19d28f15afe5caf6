// SPDX-License-Identifier: Apache-2.0

package rig

import (
	"context"
	"time"

	"kcovrig/guest/wire"
	"kcovrig/rig/internal/objcode"
	"kcovrig/rig/internal/qemu"
	"kcovrig/rig/internal/weakmem"
	"kcovrig/rig/trial"
)

// bootPlan is all that one boot is made of, settled before it begins. It knows
// nothing of the command that asks for the boot, which makes it the same value
// for a comparison, a replay and a soak.
type bootPlan struct {
	name      string // tells the boots of one command apart
	dir       string // of this boot: console, plugin log
	variant   trial.Variant
	reader    trial.Reader
	expected  trial.Expectation
	machine   qemu.Config     // complete but for the plugin
	emulator  *weakmem.Config // nil: the boot does without
	lines     []objcode.Line  // of the code that the emulator may reorder
	writes    writes          // the two, in the kernel's code
	entries   entryLoads      // of the reader
	workloads []string        // that the guest must know
	start     wire.Start
	limit     time.Duration // of the stress
}

// bootDoers is who does what a boot needs done.
type bootDoers struct {
	plugin    func(context.Context, weakmem.Config) (weakmem.Plugin, error)
	start     func(context.Context, qemu.Config) (VM, error)
	counters  func(path string) (map[string]uint64, error)
	sites     func(path string) ([]weakmem.Site, error)
	witnesses func(WitnessConfig) ([]trial.Witness, error)
}
