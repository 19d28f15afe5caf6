// SPDX-License-Identifier: Apache-2.0

package prepare

import (
	"context"
	"path/filepath"
	"slices"

	"kcovrig/rig/kernels"
	"kcovrig/rig/trial"
)

// analyse finds in each binary what the two writes became: the emulator's
// scope, and whether anything orders them. Of two variants it compares the code. It
// returns all that was built even when err is not nil.
func analyse(ctx context.Context, cfg Config, built *Kernels, variants []trial.Variant) (*Kernels, error) {
	out := built.clone()
	end, detail := cfg.Stage("", "disassembly"), ""
	defer func() { end(detail) }()
	for i, v := range variants {
		kernel, err := analyseOne(ctx, cfg, out.Source, v, out.Of[v])
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
	return out, out.compare(cfg, variants)
}

// compare says of analysed kernels what is seen by one beside the other: how far their
// code is the same, and what of a changed macro is the patch's.
func (k *Kernels) compare(cfg Config, variants []trial.Variant) error {
	for _, n := range k.fromMacros() {
		cfg.Note(n)
	}
	if len(variants) < 2 {
		return nil
	}
	var err error
	k.Same, err = k.sameCode(variants)
	return err
}

// fromMacros finds the instructions of the patched kernel that came of a changed macro.
func (k *Kernels) fromMacros() (notes []string) {
	patched := k.Of[trial.Patched]
	if patched.Analysis == nil {
		return nil
	}
	found := *patched.Analysis
	notes = found.FromMacros(k.Of[trial.Unpatched].Analysis)
	patched.Analysis = &found
	k.Put(trial.Patched, patched)
	return notes
}

// analyseOne finds out what the binary of a built variant says.
func analyseOne(ctx context.Context, cfg Config, source kernels.Source, v trial.Variant, of Kernel) (Kernel, error) {
	a, err := source.Analyse(ctx, of.Image, filepath.Join(cfg.Work, string(v)))
	a.Code.Variant = v
	if err != nil {
		return of, err
	}
	of.Analysis, of.Scope, of.Lines = &a, a.Scope, a.Lines
	for _, n := range a.Notes {
		cfg.Note(n)
	}
	return of, nil
}

// sameCode says how far the code of two analysed variants is the same.
func (k *Kernels) sameCode(variants []trial.Variant) (trial.Sameness, error) {
	a, b := k.Of[variants[0]], k.Of[variants[1]]
	same, err := k.Source.SameCode(a.Image, b.Image, slices.Concat(a.Analysis.Compared, b.Analysis.Compared))
	if err != nil {
		return "", err
	}
	return same, nil
}
