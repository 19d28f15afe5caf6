// SPDX-License-Identifier: Apache-2.0

package prepare

import (
	"context"
	"errors"
	"path/filepath"

	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
	"kcovrig/rig/kernels"
	"kcovrig/rig/result"
	"kcovrig/rig/trial"
)

// open opens the source of the kernels and sees, before anything is built, that
// all of the variants can be.
func open(ctx context.Context, cfg Config, request Request) (kernels.Source, error) {
	if err := cfg.Scenario.Applies(cfg.Arch.Name); err != nil {
		return nil, err
	}
	end := cfg.Stage("", "source")
	source, err := cfg.Open(ctx, cfg.Config)
	if err != nil {
		return nil, err
	}
	for _, v := range request.Variants {
		if err := source.Check(ctx, v); err != nil {
			return nil, errors.Join(err, source.Close())
		}
	}
	if request.Admit != nil {
		if err := request.Admit(ctx, source, request.Variants[0]); err != nil {
			return nil, errors.Join(err, source.Close())
		}
	}
	end("")
	return source, nil
}

// Build builds the variants one after the other: the second starts from the
// first's build folder. What it returns is to be closed even when err is not nil.
func Build(ctx context.Context, cfg Config, request Request) (*Kernels, error) {
	k := &Kernels{}
	var err error
	if k.Source, err = open(ctx, cfg, request); err != nil {
		return k, err
	}
	for _, v := range request.Variants {
		kernel, err := buildOne(ctx, cfg, k.Source, v)
		if err != nil {
			return k, err
		}
		k.Put(v, kernel)
	}
	return k, nil
}

// buildOne builds one variant.
func buildOne(ctx context.Context, cfg Config, source kernels.Source, v trial.Variant) (Kernel, error) {
	name := string(v)
	end := cfg.Stage(name, "build "+name)
	image, err := source.Build(ctx, v)
	if err != nil {
		return Kernel{}, err
	}
	detail := image.Kernel.Version
	if image.Built.Cached {
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
	return fault.Wrap(fault.Rig, "keep the patch", disk.WriteFile(filepath.Join(dir, result.PatchFile), []byte(text)))
}
