// SPDX-License-Identifier: Apache-2.0

package prepare

import (
	"context"

	"kcovrig/rig/boot"
	"kcovrig/rig/internal/initramfs"
	"kcovrig/rig/internal/program"
	"kcovrig/rig/internal/qemu"
	"kcovrig/rig/internal/weakmem"
	"kcovrig/rig/kernels"
	"kcovrig/rig/trial"
)

// Config is what a command's setups are made from, and who hears of it. What asks for
// one setup and not for another is a Request's.
type Config struct {
	kernels.Config                    // the specification, its architecture and scenario
	Open           kernels.Opener     // of the source of the kernels
	Work           string             // the run's folder while it lasts
	QEMU           string             // program to use instead of the one that would be found
	Archive        *initramfs.Archive // the guest, where it is ready; nil: it is packed
	SentEmulator   *weakmem.Bundle    // the one to run with; nil: this program's own
	Define         []string           // macros to compile the emulator with, for tests that break it
	Tools          Tools
	Boots          boot.Tools
	Watch
}

// Watch is told of what happens.
type Watch struct {
	Stage  func(boot, name string) (end func(detail string)) // called when a stage begins
	Note   func(text string)                                 // what the reader of the result should know
	Events trial.Sink
}

// Tools is who makes what a setup is made of, beside the kernels; tests put fakes here.
type Tools struct {
	Archive func(ctx context.Context, cfg initramfs.Config) (initramfs.Archive, error)
	// Program makes a scenario's own workload, a static program.
	Program func(ctx context.Context, cfg program.Config) ([]byte, error)
	QEMU    func(ctx context.Context, cfg qemu.Search) (qemu.Program, error)
	// KVMBoots returns nil where KVM really boots a guest.
	KVMBoots func(ctx context.Context, cfg boot.KVMConfig) error
}

// Real are the tools that make real things.
func Real() Tools {
	return Tools{Archive: initramfs.Build, Program: program.Build, QEMU: qemu.Find, KVMBoots: boot.OnKVM}
}
