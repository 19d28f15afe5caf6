// SPDX-License-Identifier: Apache-2.0

package rig

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"kcovrig/rig/arch"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/initramfs"
	"kcovrig/rig/internal/weakmem"
	"kcovrig/rig/matrix"
	"kcovrig/rig/trial"
)

// Prebuilt is what a cell boots, ready as files. Whoever has it needs neither a
// kernel tree nor a compiler for one.
type Prebuilt struct {
	Arms     []PrebuiltArm
	SameCode *bool             // whether the arms' code is the same; nil: not compared
	Archive  initramfs.Archive // its two files
	Emulator *weakmem.Bundle   // nil: the cell uses none
}

// PrebuiltArm is one kernel, and what its binary says. Of its files the image
// and the analysis' listing are read, the latter where it is named, and the patch.
type PrebuiltArm struct {
	Image    Image
	Analysis Analysis
	Patch    string // path of the patch that made it; empty: none did
}

// backends replaces everything that builds by handing out what is ready.
func (p Prebuilt) backends(base *Backends) *Backends {
	b := *base
	b.Open = func(context.Context, TreeConfig) (Tree, error) { return readyTree{p}, nil }
	b.Archive = func(_ context.Context, cfg initramfs.Config) (initramfs.Archive, error) {
		if len(cfg.Extra) > 0 {
			return initramfs.Archive{}, fault.Newf(fault.Rig, "pack the guest's files", "a ready archive takes no more files")
		}
		return p.Archive, nil
	}
	b.Analyse = func(_ context.Context, cfg AnalyseConfig) (Analysis, error) {
		arm, err := p.arm(cfg.Image.Variant())
		if err != nil || arm.Analysis.Listing == "" {
			return arm.Analysis, err
		}
		listing := filepath.Join(cfg.OutDir, listingFile)
		text, err := os.ReadFile(arm.Analysis.Listing)
		if err == nil {
			err = errors.Join(os.MkdirAll(cfg.OutDir, 0o755), os.WriteFile(listing, text, 0o644))
		}
		arm.Analysis.Listing = listing
		return arm.Analysis, fault.Wrap(fault.Rig, "write the disassembly", err)
	}
	b.SameCode = func(Image, Image, []string) (bool, error) {
		if p.SameCode == nil {
			return false, fault.Newf(fault.Rig, "compare the kernels' code", "it was not compared when they were built")
		}
		return *p.SameCode, nil
	}
	return &b
}

func (p Prebuilt) arm(v trial.Variant) (PrebuiltArm, error) {
	for _, a := range p.Arms {
		if a.Image.Variant() == v {
			return a, nil
		}
	}
	return PrebuiltArm{}, fault.Newf(fault.Rig, "take the kernels that are ready", "the %s one is not among them", v)
}

// readyTree hands out kernels that are built.
type readyTree struct{ ready Prebuilt }

func (t readyTree) Check(_ context.Context, v trial.Variant) error {
	_, err := t.ready.arm(v)
	return err
}

func (t readyTree) Image(_ context.Context, v trial.Variant) (Image, error) {
	arm, err := t.ready.arm(v)
	arm.Image.Cached, arm.Image.CPUNS, arm.Image.WallNS = true, 0, 0
	if err == nil && arm.Patch != "" {
		var text []byte
		text, err = os.ReadFile(arm.Patch)
		arm.Image.PatchText, err = string(text), fault.Wrap(fault.Rig, "read the patch", err)
	}
	return arm.Image, err
}

// Plan names the image that there is.
func (t readyTree) Plan(ctx context.Context, v trial.Variant) (Image, error) {
	return t.Image(ctx, v)
}

func (readyTree) Close() error { return nil }

// RunCell runs one cell of a matrix on what is ready: the files of p, a QEMU, and
// cfg's cache for the emulator's plugin. Of cfg it takes all but the
// specification; cfg.QEMU is used where the cell names none. The result is that
// of Compare or Run.
func RunCell(ctx context.Context, cfg Config, cell matrix.Cell, p Prebuilt) (trial.Result, error) {
	if here := hostArch(); cell.Host != "" && cell.Host != here {
		err := fault.Newf(fault.User, "run cell "+cell.Name, "it wants an %s host, and this one is %s", cell.Host, here)
		return trial.Result{Command: cell.Command, Spec: cell.Spec, Failure: FailureOf(err)}, err
	}
	cfg.Spec, cfg.Emulator = cell.Spec, p.Emulator
	if cell.QEMU != "" {
		cfg.QEMU = cell.QEMU
	}
	base := cfg.Backends
	if base == nil {
		base = realBackends()
	}
	cfg.Backends = p.backends(base)
	if cell.Command == matrix.Compare {
		return Compare(ctx, cfg)
	}
	return Run(ctx, cfg, trial.VariantOf(cell.Patched, false))
}

// hostArch is this machine's architecture as kcovrig names it; Go's name where
// it is none of kcovrig's.
func hostArch() string {
	for _, name := range arch.Names() {
		if a, err := arch.Lookup(name); err == nil && a.GOARCH == runtime.GOARCH {
			return name
		}
	}
	return runtime.GOARCH
}

// kernels builds what cells with the same kernels need, and keeps it until close.
type kernels struct {
	job     *job
	archive initramfs.Archive
	arms    map[trial.Variant]PrebuiltArm
	failed  map[trial.Variant]error
	same    *bool
	sent    weakmem.Bundle
}

// buildKernelsOf builds the arms that the cells need, each once. An arm that
// fails stops no other: ready tells the cells that need it.
func buildKernelsOf(ctx context.Context, cfg Config, cell matrix.Cell, arms []trial.Variant) (*kernels, error) {
	cfg.Spec = cell.Spec
	j, err := newJob(cfg, "build")
	if err != nil {
		return nil, err
	}
	k := &kernels{job: j, arms: map[trial.Variant]PrebuiltArm{}, failed: map[trial.Variant]error{}}
	err = j.buildArchive(ctx)
	k.archive = j.archive
	if err == nil {
		k.sent, err = j.backends().PackEmulator(filepath.Join(j.folder.work, emulatorFile))
	}
	if err == nil {
		err = j.openTree(ctx, nil)
	}
	if err != nil {
		return nil, errors.Join(err, k.close())
	}
	for _, v := range arms {
		if err := k.build(ctx, v); err != nil {
			k.failed[v] = err
		}
	}
	if len(k.arms) == 2 {
		same, err := j.backends().SameCode(j.images[trial.Unpatched], j.images[trial.Patched], []string{k.arms[trial.Unpatched].Analysis.Container, k.arms[trial.Patched].Analysis.Container})
		if err != nil {
			return nil, errors.Join(err, k.close())
		}
		k.same = &same
	}
	return k, nil
}

func (k *kernels) build(ctx context.Context, v trial.Variant) error {
	if err := k.job.tree.Check(ctx, v); err != nil {
		return err
	}
	if err := k.job.buildArm(ctx, v); err != nil {
		return err
	}
	analysis, err := k.job.analyseArm(ctx, v)
	if err == nil {
		arm := PrebuiltArm{Image: k.job.images[v], Analysis: analysis}
		if arm.Image.PatchText != "" {
			arm.Patch = filepath.Join(k.job.folder.work, string(v), patchFile)
		}
		k.arms[v] = arm
	}
	return err
}

// ready is what a cell boots, or why it cannot.
func (k *kernels) ready(cell matrix.Cell) (Prebuilt, error) {
	p := Prebuilt{SameCode: k.same, Archive: k.archive}
	if usesEmulator(cell.Spec) {
		p.Emulator = &k.sent
	}
	for _, v := range cell.Arms() {
		if err := k.failed[v]; err != nil {
			return p, err
		}
		arm, ok := k.arms[v]
		if !ok {
			return p, fmt.Errorf("the %s kernel was not built", v)
		}
		p.Arms = append(p.Arms, arm)
	}
	return p, nil
}

// close lets go of the images, which the cache may then prune.
func (k *kernels) close() error {
	k.job.stages.close()
	untidy(k.job.cfg.Events, k.job.folder.discard())
	if k.job.tree != nil {
		return k.job.tree.Close()
	}
	return nil
}
