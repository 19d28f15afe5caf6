// SPDX-License-Identifier: Apache-2.0

package rig

import (
	"context"

	"kcovrig/rig/arch"
	"kcovrig/rig/boot"
	"kcovrig/rig/internal/initramfs"
	"kcovrig/rig/internal/objcode"
	"kcovrig/rig/internal/qemu"
	"kcovrig/rig/internal/weakmem"
	"kcovrig/rig/scenario"
	"kcovrig/rig/trial"
)

// Backends are the doers that rig joins; tests put fakes here.
type Backends struct {
	Open     func(ctx context.Context, cfg TreeConfig) (Tree, error)
	Archive  func(ctx context.Context, cfg initramfs.Config) (initramfs.Archive, error)
	Emulator func(ctx context.Context, cfg qemu.Search) (qemu.Program, error)
	// KVMBoots returns nil where KVM really boots a guest.
	KVMBoots func(ctx context.Context, cfg boot.KVMConfig) error
	Analyse  func(ctx context.Context, cfg AnalyseConfig) (Analysis, error)
	// SameCode says whether the symbols' code is the same in both kernels.
	SameCode func(a, b Image, symbols []string) (bool, error)
	// GuestScope finds functions of the guest program, by symbol.
	GuestScope func(binary string, symbols []string) ([]objcode.Range, error)
	// MemoryModel opens a tree for its memory model's folder, to be closed after use.
	MemoryModel func(ctx context.Context, cfg TreeConfig) (dir string, done func() error, err error)
	// Functions finds functions of any ELF file for a user, by symbol.
	Functions func(binary string, symbols []string) ([]objcode.Range, error)
	// Disassemble lists code of an ELF file, Between what may order two of its loads.
	Disassemble func(binary string, ranges []objcode.Range) ([]objcode.Line, error)
	Between     func(binary string, function objcode.Range, from, to uint64) (objcode.Chain, error)
	boot.Doers
	// PackEmulator writes this program's own emulator to a file, for other machines.
	PackEmulator func(path string) (weakmem.Bundle, error)
	// Emulation says which plugin Plugin would make, and with which policy.
	Emulation func(cfg weakmem.Config) (plugin string, policy map[string]uint64, err error)
	// Model says whether Arm's memory model allows the condition of any of the tests.
	Model func(ctx context.Context, cacheDir string, tests []trial.LitmusTest) (trial.Expectation, error)
}

// TreeConfig says which kernel to open for which scenario.
type TreeConfig struct {
	Spec     trial.Spec
	Arch     arch.Arch
	Scenario scenario.Scenario
	CacheDir string
	Line     func(string) // what begins
	Step     func(trial.BuildEvent)
}

// Tree is an opened kernel tree, from which both arms are built.
type Tree interface {
	// Check says, before anything is built, whether the arm can be made.
	Check(ctx context.Context, v trial.Variant) error
	// Plan says what Image would return, as far as it is known before anything is
	// built: Version, Tree, TreeHash, Compiler, Key and Patch.
	Plan(ctx context.Context, v trial.Variant) (Image, error)
	Image(ctx context.Context, v trial.Variant) (Image, error)
	Close() error
}

// Image is one arm's built kernel.
type Image struct {
	trial.Image
	Kernel      trial.Kernel
	Vmlinux     string
	BuildDir    string
	DebugObject string
	Source      string
	PatchText   string   // that was put on the tree to make the arm, or taken off it; empty: the arm is the tree
	Notes       []string `json:",omitempty"` // what people should know of how the arm was made
}

// AnalyseConfig says which code to find and disassemble.
type AnalyseConfig struct {
	Arch     arch.Arch
	Scenario scenario.Scenario
	Image    Image
	CacheDir string
	OutDir   string
}

// Analysis is what the binary says about the fix.
type Analysis struct {
	trial.Code
	Scope []weakmem.Scope
	Lines []objcode.Line // of the scope
	// Copies is the code that does the first of the two writes, Publishers are the
	// addresses of the stores that do the second.
	Copies     []objcode.Range
	Publishers []uint64
	Ways       objcode.Ways // from the first to the second
}
