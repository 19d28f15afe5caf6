// SPDX-License-Identifier: Apache-2.0

package kernels

import (
	"context"
	"path/filepath"
	"runtime"

	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/kernel"
	"kcovrig/rig/internal/kernel/kbuild"
	"kcovrig/rig/trial"
)

// tree is a Source whose kernels are built from a source tree.
type tree struct {
	*kernel.Tree
	Analyser
}

var _ Planner = tree{}

func openTree(ctx context.Context, cfg Config) (tree, error) {
	jobs := cfg.Spec.Jobs
	if jobs == 0 {
		jobs = runtime.NumCPU()
	}
	cache, err := filepath.Abs(cfg.CacheDir)
	if err != nil {
		return tree{}, err
	}
	cfg.CacheDir = cache
	opened, err := kernel.Open(ctx, BuildConfig(cfg, jobs))
	return tree{opened, Analyser{cfg}}, err
}

// BuildConfig says how the scenario's kernel is built, with so many of the compiler's jobs.
func BuildConfig(cfg Config, jobs int) kernel.Config {
	s := cfg.Scenario
	return kernel.Config{
		Arch: cfg.Arch, Tree: cfg.Spec.Tree, Rev: cfg.Spec.Rev, Series: SeriesOf(s), Objects: s.Objects, Versions: s.Kernels, Patches: cfg.Spec.Patch,
		Compiler: cfg.Spec.Compiler,
		Fragments: []kbuild.Fragment{
			{Name: "all", Text: s.Fragments["all"]},
			{Name: cfg.Arch.Name, Text: s.Fragments[cfg.Arch.Name]},
		},
		MakeArgs: s.MakeArgs, CacheDir: cfg.CacheDir, Jobs: jobs, Sandbox: cfg.Spec.Sandbox, Progress: cfg.Line, Waiting: cfg.Waiting, Step: func(s kernel.Step) {
			if cfg.Step != nil {
				cfg.Step(trial.BuildEvent{Steps: s.Count, Doing: s.Doing, Before: s.Before, Version: s.Version})
			}
		},
	}
}

// Build builds a variant.
func (t tree) Build(ctx context.Context, v trial.Variant) (Image, error) {
	i, err := t.Tree.Image(ctx, v)
	if err != nil {
		return Image{}, err
	}
	return Hashed(i)
}

// Hashed is a kernel that was built, with its image's hash.
func Hashed(i Image) (Image, error) {
	var err error
	i.Built.Hash, err = disk.FileSum(i.Built.Path)
	return i, fault.Wrap(fault.Rig, "hash the kernel image", err)
}

// MemoryModel opens the tree for its memory model's folder; done gives it up.
func MemoryModel(ctx context.Context, cfg Config) (dir string, done func() error, err error) {
	opened, err := openTree(ctx, cfg)
	if err != nil {
		return "", nil, err
	}
	return opened.Tree.MemoryModel(), opened.Close, nil
}
