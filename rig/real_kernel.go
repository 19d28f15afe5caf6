// SPDX-License-Identifier: Apache-2.0

package rig

import (
	"context"
	"path/filepath"
	"runtime"

	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/kernel"
	"kcovrig/rig/trial"
)

type realTree struct{ *kernel.Tree }

func openTree(ctx context.Context, cfg TreeConfig) (Tree, error) {
	jobs := cfg.Spec.Jobs
	if jobs == 0 {
		jobs = runtime.NumCPU()
	}
	cache, err := filepath.Abs(cfg.CacheDir)
	if err != nil {
		return nil, err
	}
	cfg.CacheDir = cache
	tree, err := kernel.Open(ctx, kernelConfig(cfg, jobs))
	if err != nil {
		return nil, err
	}
	return realTree{tree}, nil
}

// kernelConfig says how the scenario's kernel is built.
func kernelConfig(cfg TreeConfig, jobs int) kernel.Config {
	s := cfg.Scenario
	return kernel.Config{
		Arch: cfg.Arch, Tree: cfg.Spec.Tree, Rev: cfg.Spec.Rev, AsIs: cfg.Spec.AsIs, Series: s.Patches, Patches: cfg.Spec.Patch,
		Fix: kernel.Fix{
			Source: s.Source, Function: s.Function, Copy: s.Copy,
			Stores: s.Stores, Barriers: s.Barriers, Releases: s.Releases,
		},
		Object: s.Object, Compiler: cfg.Spec.Compiler,
		Fragments: []kernel.Fragment{
			{Name: "all", Text: s.Fragments["all"]},
			{Name: cfg.Arch.Name, Text: s.Fragments[cfg.Arch.Name]},
		},
		MakeArgs: s.MakeArgs, CacheDir: cfg.CacheDir, Jobs: jobs, Progress: cfg.Line, Step: func(s kernel.Step) {
			if cfg.Step != nil {
				cfg.Step(trial.BuildEvent{Steps: s.Count, Doing: s.Doing, Before: s.Before, Version: s.Version})
			}
		},
	}
}

// Check says whether an arm can be made.
func (t realTree) Check(ctx context.Context, v trial.Variant) error {
	return t.Tree.Check(ctx, v == trial.Patched)
}

// Image builds an arm.
func (t realTree) Image(ctx context.Context, v trial.Variant) (Image, error) {
	i, err := t.Tree.Image(ctx, v == trial.Patched)
	if err != nil {
		return Image{}, err
	}
	image := imageOf(i, t.Path)
	image.Hash, err = disk.FileSum(i.Path)
	return image, fault.Wrap(fault.Rig, "hash the kernel image", err)
}

// Plan puts what is known of an arm before it is built into the rig's own form.
func (t realTree) Plan(ctx context.Context, v trial.Variant) (Image, error) {
	i, err := t.Tree.Plan(ctx, v == trial.Patched)
	return imageOf(i, t.Path), err
}

// imageOf puts a kernel's facts into the rig's own form.
func imageOf(i kernel.Image, tree string) Image {
	return Image{
		Image: trial.Image{
			AsIs: i.AsIs, Patched: i.Patched, Path: i.Path, Key: i.Key, Patch: i.Patch, Cached: i.Cached, Log: i.Log,
			CPUNS: i.CPU.Nanoseconds(), WallNS: i.Wall.Nanoseconds(),
		},
		Kernel: trial.Kernel{
			Version: i.Version, Tree: tree, TreeHash: i.TreeHash, ConfigHash: i.ConfigHash, Compiler: i.Compiler,
		},
		Vmlinux: i.Vmlinux, BuildDir: i.BuildDir, DebugObject: i.DebugObject, Source: i.Source, PatchText: i.PatchText, Notes: i.Notes,
	}
}

func memoryModel(ctx context.Context, cfg TreeConfig) (string, func() error, error) {
	tree, err := openTree(ctx, cfg)
	if err != nil {
		return "", nil, err
	}
	return tree.(realTree).MemoryModel(), tree.Close, nil
}
