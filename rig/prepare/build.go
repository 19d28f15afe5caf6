// SPDX-License-Identifier: Apache-2.0

package prepare

import (
	"context"
	"errors"
	"path/filepath"
	"slices"

	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
	"kcovrig/rig/kernels"
	"kcovrig/rig/trial"
)

// PatchFile is the name, in a variant's folder, of the patch that made it.
const PatchFile = "made-by.patch"

// Open opens the source of the kernels and sees, before anything is built, that
// all of the variants can be.
func Open(ctx context.Context, cfg Config, ask Request) (kernels.Source, error) {
	if err := cfg.Scenario.Applies(cfg.Arch.Name); err != nil {
		return nil, err
	}
	end := cfg.Stage("", "source")
	source, err := cfg.Open(ctx, cfg.Config)
	if err != nil {
		return nil, err
	}
	for _, v := range ask.Variants {
		if err := source.Check(ctx, v); err != nil {
			return nil, errors.Join(err, source.Close())
		}
	}
	if ask.Admit != nil {
		if err := ask.Admit(ctx, source, ask.Variants[0]); err != nil {
			return nil, errors.Join(err, source.Close())
		}
	}
	end("")
	return source, nil
}

// Build builds the variants one after the other: the second starts from the
// first's build folder. What it returns is to be closed, also beside an error.
func Build(ctx context.Context, cfg Config, ask Request) (*Kernels, error) {
	k := &Kernels{}
	var err error
	if k.Source, err = Open(ctx, cfg, ask); err != nil {
		return k, err
	}
	for _, v := range ask.Variants {
		kernel, err := BuildOne(ctx, cfg, k.Source, v)
		if err != nil {
			return k, err
		}
		k.Put(v, kernel)
	}
	return k, nil
}

// BuildOne builds one variant.
func BuildOne(ctx context.Context, cfg Config, source kernels.Source, v trial.Variant) (Kernel, error) {
	name := string(v)
	end := cfg.Stage(name, "build "+name)
	image, err := source.Build(ctx, v)
	if err != nil {
		return Kernel{}, err
	}
	detail := image.Kernel.Version
	if image.Cached {
		detail += ", cached"
	}
	end(detail)
	for _, n := range image.Notes {
		cfg.Note(n)
	}
	return Kernel{Image: image}, keepPatch(filepath.Join(cfg.Work, name), image.PatchText)
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
// scope, and whether anything orders them. Of two variants it compares the code. What it
// returns holds all that was built, also beside an error.
func analyse(ctx context.Context, cfg Config, built *Kernels, variants []trial.Variant) (*Kernels, error) {
	out := built.clone()
	end, detail := cfg.Stage("", "disassembly"), ""
	defer func() { end(detail) }()
	for i, v := range variants {
		kernel, err := Analyse(ctx, cfg, out.Source, v, out.Of[v])
		if err != nil {
			return out, err
		}
		out.Put(v, kernel)
		switch of := kernel.Analysis; {
		case i == 0:
			detail = kernels.DescribeScope(of.Code)
		case !slices.Equal(of.Compared, out.Of[variants[0]].Analysis.Compared):
			cfg.Note("the " + string(v) + " kernel's " + kernels.DescribeScope(of.Code))
		}
	}
	if len(variants) < 2 {
		return out, nil
	}
	var err error
	out.Same, err = SameCode(out.Source, out.Of[variants[0]], out.Of[variants[1]])
	return out, err
}

// Analyse finds out what the binary of a built variant says.
func Analyse(ctx context.Context, cfg Config, source kernels.Source, v trial.Variant, of Kernel) (Kernel, error) {
	a, err := source.Analyse(ctx, of.Image, filepath.Join(cfg.Work, string(v)))
	a.SavedVariant = v.Saved()
	if err != nil {
		return of, err
	}
	of.Analysis, of.Scope, of.Lines = &a, a.Scope, a.Lines
	for _, n := range a.Notes {
		cfg.Note(n)
	}
	return of, nil
}

// SameCode says how far the code of two analysed kernels is the same.
func SameCode(source kernels.Source, a, b Kernel) (trial.Sameness, error) {
	same, err := source.SameCode(a.Image, b.Image, slices.Concat(a.Analysis.Compared, b.Analysis.Compared))
	if err != nil {
		return "", err
	}
	return same, nil
}
