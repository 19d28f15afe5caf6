// SPDX-License-Identifier: Apache-2.0

// Package kernels gives the kernels of a command, built, and what their binaries
// say: from a tree, or from files that are ready. It owns what a kernel is to the
// rig, where one comes from, and the kept analyses; it leaves trees and builds to
// rig/internal/kernel, machine code to rig/internal/objcode, and which kernels a
// command needs to its callers.
package kernels

import (
	"context"

	"kcovrig/rig/arch"
	"kcovrig/rig/coderange"
	"kcovrig/rig/internal/kernel"
	"kcovrig/rig/internal/kernel/variant"
	"kcovrig/rig/internal/objcode"
	"kcovrig/rig/internal/objcode/elfcode"
	"kcovrig/rig/scenario"
	"kcovrig/rig/trial"
)

// Config says which kernels to open for which scenario.
type Config struct {
	Spec     trial.Spec
	Arch     arch.Arch
	Scenario scenario.Scenario
	CacheDir string
	Line     func(string) // what begins
	Waiting  func(string) // that a wait for another kcovrig begins
	Step     func(trial.BuildEvent)
}

// SeriesOf are the scenario's ways to fix the bug.
func SeriesOf(s scenario.Scenario) []variant.Series {
	var all []variant.Series
	for _, p := range s.Patches {
		all = append(all, variant.Series{Files: p.FS, Reverse: p.Reverse, Kernels: p.Kernels})
	}
	return all
}

// Opener opens a source of kernels.
type Opener func(ctx context.Context, cfg Config) (Source, error)

// Source is where a command's kernels come from. What it has given stays until Close.
type Source interface {
	// Check says, before anything is built, whether the variant can be made.
	Check(ctx context.Context, v trial.Variant) error
	Build(ctx context.Context, v trial.Variant) (Image, error)
	// Analyse says what the binary of an image says, and writes its listing into dir.
	Analyse(ctx context.Context, image Image, dir string) (Analysis, error)
	// SameCode says how far the code is the same in both images: where the bug is, which
	// is the symbols and the objects of the files that the fix changes, and elsewhere.
	SameCode(a, b Image, symbols []string) (trial.Sameness, error)
	Close() error
}

// Planner is a Source that can tell, before it builds, what it would build.
type Planner interface {
	// Plan says what Build would return, as far as it is known before anything is
	// built: Version, Tree, TreeHash, Compiler, Key, Patch and PatchText.
	Plan(ctx context.Context, v trial.Variant) (Image, error)
}

// Image is a kernel that was built.
type Image = kernel.Image

// Analysis is what the binary says about the fix.
type Analysis struct {
	Code  trial.Code // what documents say of it
	Scope []coderange.Range
	Lines []elfcode.Line // of the scope
	// Copies is the code that does the first of the two writes, Publishers are the
	// addresses of the stores that do the second.
	Copies     []coderange.Range
	Publishers []uint64
	Ways       objcode.Ways // from the first to the second
	// FixOrders are, where the two writes are not known, the instructions on lines that
	// the patch added which order accesses.
	FixOrders []uint64
	// MacroOrders may be such, too: see FromMacros.
	MacroOrders []Order `json:",omitempty"`
	// Compared are the functions whose code tells the variants apart.
	Compared []string
	// Reports are the functions that the kernel enters to report an exception of its own
	// such as the scenario detects; Detected is the code of those in which it does.
	Reports  []coderange.Range `json:",omitempty"`
	Detected []elfcode.Line    `json:",omitempty"`
	Notes    []string          `json:",omitempty"` // what people should know of how the scope was chosen
}

// Order is an instruction that orders accesses, on a line that uses a macro which the
// patch changes. Line tables place there all that the macro becomes, so that the patch's
// instructions and others look alike in one kernel.
type Order struct {
	Addr   uint64
	Symbol string
	Line   string // of the source, as text
	Does   string // what it does to the order
}
