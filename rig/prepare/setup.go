// SPDX-License-Identifier: Apache-2.0

// Package prepare makes, from a specification, all that boots are made of: the
// kernels and what their binaries say, the guest, QEMU and the emulator's scope.
// Its product is a Setup, a value that knows no command; what a boot is made of is
// taken from it. Where kernels come from it leaves to rig/kernels, booting to rig/boot.
package prepare

import (
	"context"
	"maps"
	"slices"

	"kcovrig/rig/coderange"
	"kcovrig/rig/internal/initramfs"
	"kcovrig/rig/internal/objcode/elfcode"
	"kcovrig/rig/internal/qemu"
	"kcovrig/rig/kernels"
	"kcovrig/rig/trial"
)

// Request says what to prepare for a run.
type Request struct {
	Variants []trial.Variant
	// Background are workloads that run beside the scenario's.
	Background []string
	// GuestSymbols and KernelSymbols are functions to put into the emulator's scope
	// beside the scenario's: all of the former, of the latter those that are there.
	GuestSymbols, KernelSymbols []string
	// Altered says that boots will have alterations, which the guest puts in force.
	Altered bool
	// QEMUBefore is how QEMU was started in a run that is repeated; nil: none is.
	QEMUBefore []string
	// Admit refuses, before anything is built, a kernel that is not the wanted one; nil: any is.
	Admit func(ctx context.Context, source kernels.Source, v trial.Variant) error
}

// Setup is what the boots of a run are made of. It is not changed once it is made.
type Setup struct {
	Config     Config
	Kernels    *Kernels
	Guest      GuestCode
	Archive    initramfs.Archive
	QEMU       qemu.Program
	Accel      trial.Accel
	Background []string
	Provenance *trial.Provenance // nil: the emulator is not used
}

// Kernels are the kernels of a run. The source stays open, which keeps the
// images, until Close.
type Kernels struct {
	Source kernels.Source // nil: it did not open
	Of     map[trial.Variant]Kernel
	Built  []trial.Variant // in their order
	Same   trial.Sameness  // of two kernels' code; empty: not compared
}

// firstOf says which kernel has the first turn: each as often as the others, whichever
// happened to boot first.
func firstOf(variants []trial.Variant, n uint64) trial.Variant {
	return variants[n%uint64(len(variants))]
}

// Put puts a kernel among them, or in the place of what was known of it before.
func (k *Kernels) Put(v trial.Variant, kernel Kernel) {
	if k.Of == nil {
		k.Of = map[trial.Variant]Kernel{}
	}
	if _, again := k.Of[v]; !again {
		k.Built = append(k.Built, v)
	}
	k.Of[v] = kernel
}

// clone are the same kernels, in a value of its own.
func (k *Kernels) clone() *Kernels {
	out := *k
	out.Of, out.Built = maps.Clone(k.Of), slices.Clone(k.Built)
	return &out
}

// Kernel is one kernel of the run, with what its binary says.
type Kernel struct {
	Image    kernels.Image
	Analysis *kernels.Analysis // nil: it was not looked at
	Scope    []coderange.Range // the analysis', and what the user added
	Lines    []elfcode.Line    // of the code in scope
}

// GuestCode is what the guest's binary says.
type GuestCode struct {
	Readers map[trial.Reader]Reader
	Mark    coderange.Range // the function by which it marks a hit
	Select  coderange.Range // the function by which it puts an alteration in force; zero: nobody asked
	Lines   []elfcode.Line  // of the code in scope
}

// Reader is a reader's code in the guest.
type Reader struct {
	Code  []coderange.Range
	Count uint64            // the address of its load of the count
	Says  *trial.ReaderCode // what may order its loads; nil: not understood
}

// Emulated says whether the weak-memory plugin is used.
func (s *Setup) Emulated() bool { return s.Config.Spec.Emulated() }

// Prepared is what a result tells of the setup, as far as it was made.
func (s *Setup) Prepared() trial.Prepared {
	p := s.Kernels.Prepared()
	for _, reader := range s.Config.Spec.Readers {
		if says := s.Guest.Readers[reader].Says; says != nil {
			p.Readers = append(p.Readers, *says)
		}
	}
	p.Provenance = s.Provenance
	if s.Accel == "" {
		return p
	}
	model := trial.ModelNative
	if s.Emulated() {
		model = trial.ModelArm
	}
	p.QEMU = trial.QEMU{Argv: s.QEMU.Argv, Version: s.QEMU.Version, PluginAPI: s.QEMU.PluginAPI, Accel: s.Accel, MemoryModel: model}
	return p
}

// Prepared is what a result tells of the kernels.
func (k *Kernels) Prepared() (p trial.Prepared) {
	for _, v := range k.Built {
		of := k.Of[v]
		p.Kernel, p.Patches = of.Image.Kernel, of.Image.Patches
		p.Images = append(p.Images, of.Image.Built)
		if of.Analysis != nil {
			p.Code = append(p.Code, of.Analysis.Code)
		}
	}
	if k.Same != "" {
		differs := k.Same == trial.CodeDiffers
		p.CodeDiffers, p.CodeElsewhere = &differs, k.Same == trial.CodeSameWhereBug
	}
	return p
}

// Quiet is the setup for boots that are parts of one stage, and report none of their own.
func (s *Setup) Quiet() *Setup {
	out := *s
	out.Config.Stage = func(string, string) func(string) { return func(string) {} }
	return &out
}

// Close gives up the images, which the cache may then prune.
func (s *Setup) Close() error { return s.Kernels.Close() }

// Close gives up the images, which the cache may then prune.
func (k *Kernels) Close() error {
	if k.Source == nil {
		return nil
	}
	return k.Source.Close()
}

// Ordered says whether the reader orders its own loads.
func (s *Setup) Ordered(reader trial.Reader) bool {
	return s.Config.Scenario.Readers[string(reader)].Ordered
}
