// SPDX-License-Identifier: Apache-2.0

package prepare

import (
	"context"
	"path/filepath"
	"slices"

	"kcovrig/rig/command"
	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
	"kcovrig/rig/kernels"
	"kcovrig/rig/trial"
)

// PatchFile is the name, in a variant's folder, of the patch that made it.
const PatchFile = "made-by.patch"

// Open opens the source of the kernels and sees, before anything is built, that
// all of the variants can be. What it returns is to be closed, also beside an error.
func Open(ctx context.Context, run *command.Run, ask Request) (*Kernels, error) {
	k := &Kernels{Of: map[trial.Variant]Kernel{}}
	if err := run.Scenario.Applies(run.Arch.Name); err != nil {
		return k, err
	}
	end := run.Stages.Begin("", "source")
	cfg, err := run.Config.KernelConfig()
	if err != nil {
		return k, err
	}
	source, err := run.Config.Kernels(ctx, cfg)
	if err != nil {
		return k, err
	}
	k.Source = source
	for _, v := range ask.Variants {
		if err := source.Check(ctx, v); err != nil {
			return k, err
		}
	}
	if ask.Admit != nil {
		if err := ask.Admit(ctx, source, ask.Variants[0]); err != nil {
			return k, err
		}
	}
	end("")
	return k, nil
}

// Build builds the variants one after the other: the second starts from the
// first's build folder. What it returns is to be closed, also beside an error.
func Build(ctx context.Context, run *command.Run, ask Request) (*Kernels, error) {
	k, err := Open(ctx, run, ask)
	if err != nil {
		return k, err
	}
	for _, v := range ask.Variants {
		if err := k.Build(ctx, run, v); err != nil {
			return k, err
		}
	}
	return k, nil
}

// Build builds one variant.
func (k *Kernels) Build(ctx context.Context, run *command.Run, v trial.Variant) error {
	name := string(v)
	end := run.Stages.Begin(name, "build "+name)
	image, err := k.Source.Build(ctx, v)
	if err != nil {
		return err
	}
	detail := image.Kernel.Version
	if image.Cached {
		detail += ", cached"
	}
	end(detail)
	for _, n := range image.Notes {
		run.Note(n)
	}
	if err := keepPatch(filepath.Join(run.Folder.Work, name), image.PatchText); err != nil {
		return err
	}
	k.Of[v] = Kernel{Image: image}
	k.order = append(k.order, v)
	return nil
}

// keepPatch puts the patch into the variant's part of the run folder; none for a
// variant that is the tree itself.
func keepPatch(dir, text string) error {
	if text == "" {
		return nil
	}
	return fault.Wrap(fault.Rig, "keep the patch", disk.WriteFile(filepath.Join(dir, PatchFile), []byte(text)))
}

// analyse finds in each binary what the two writes became: the emulator's
// scope, and whether anything orders them. Of two variants it compares the code.
func (k *Kernels) analyse(ctx context.Context, run *command.Run, variants []trial.Variant) error {
	end, detail := run.Stages.Begin("", "disassembly"), ""
	defer func() { end(detail) }()
	for i, v := range variants {
		if err := k.Analyse(ctx, run, v); err != nil {
			return err
		}
		switch of := k.Of[v].Analysis; {
		case i == 0:
			detail = kernels.DescribeScope(of.Code)
		case !slices.Equal(of.Compared, k.Of[variants[0]].Analysis.Compared):
			run.Note("the " + string(v) + " kernel's " + kernels.DescribeScope(of.Code))
		}
	}
	if len(variants) < 2 {
		return nil
	}
	return k.Compare(variants[0], variants[1])
}

// Analyse finds out what the binary of a built variant says.
func (k *Kernels) Analyse(ctx context.Context, run *command.Run, v trial.Variant) error {
	of := k.Of[v]
	a, err := k.Source.Analyse(ctx, of.Image, filepath.Join(run.Folder.Work, string(v)))
	a.SavedVariant = v.Saved()
	if err == nil {
		of.Analysis, of.Scope, of.Lines = &a, a.Scope, a.Lines
		k.Of[v] = of
		for _, n := range a.Notes {
			run.Note(n)
		}
	}
	return err
}

// Compare finds out whether the code of two analysed variants is the same.
func (k *Kernels) Compare(a, b trial.Variant) error {
	x, y := k.Of[a], k.Of[b]
	same, err := k.Source.SameCode(x.Image, y.Image, slices.Concat(x.Analysis.Compared, y.Analysis.Compared))
	if err == nil {
		k.same = same
	}
	return err
}

// Same says how far the two variants' code is the same.
func (k *Kernels) Same() trial.Sameness { return k.same }
