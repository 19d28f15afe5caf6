// SPDX-License-Identifier: Apache-2.0

package rigtest

import (
	"cmp"
	"context"
	"path/filepath"
	"strings"
	"time"

	"kcovrig/rig/coderange"
	"kcovrig/rig/disk"
	"kcovrig/rig/kernels"
	"kcovrig/rig/trial"
)

// Source gives the lab's kernels, which are there at once.
type Source struct {
	Lab    *Lab
	Config kernels.Config
}

// Open is the lab's kernels.Opener.
func (l *Lab) Open(_ context.Context, cfg kernels.Config) (kernels.Source, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.dir = cmp.Or(l.dir, cfg.CacheDir)
	return Source{l, cfg}, nil
}

// vmlinux writes the kernels' binary.
func (l *Lab) vmlinux() (string, error) {
	functions := l.Kernel
	if len(functions) == 0 {
		functions = []Function{Nops("f", 0x1000, 64), Nops("g", 0x2000, 4)}
	}
	path := filepath.Join(l.dir, "vmlinux")
	return path, WriteELF(path, functions...)
}

// Patches are those by which the lab's kernels differ.
func Patches() []trial.Patch {
	return []trial.Patch{{Name: "ring.patch", Subject: "[PATCH] ring: order", Author: "Kim <kim@example.org>", MessageID: "1@example.org", Hash: "aa"}}
}

func (Source) Check(context.Context, trial.Variant) error { return nil }

// Plan names a kernel by its architecture, compiler and variant, as far as they are known.
func (s Source) Plan(_ context.Context, v trial.Variant) (kernels.Image, error) {
	key := strings.Join(strings.Fields(s.Config.Arch.Name+" "+s.Config.Spec.Compiler+" "+string(v)), "-")
	return kernels.Image{Built: trial.Image{Variant: v, Key: key}, Kernel: trial.Kernel{Version: "6.12.1", Compiler: s.Config.Spec.Compiler}}, nil
}

// Build makes an image that holds the kernel's key.
func (s Source) Build(ctx context.Context, v trial.Variant) (kernels.Image, error) {
	began := time.Now()
	image, err := s.Plan(ctx, v)
	if err == nil {
		err = s.Lab.countBuild(image.Built.Key, s.Config, v)
	}
	if err != nil {
		return kernels.Image{}, err
	}
	image.Built.Path, image.Patches = filepath.Join(s.Lab.dir, image.Built.Key), Patches()
	if v == trial.Patched {
		image.PatchText = s.Lab.Patch
	}
	err = disk.WriteFile(image.Built.Path, []byte(image.Built.Key))
	if err == nil {
		image.Vmlinux, err = s.Lab.vmlinux()
	}
	image.Built.WallNS = time.Since(began).Nanoseconds()
	return image, err
}

// countBuild counts the builds of a kernel, and says why it cannot be built.
func (l *Lab) countBuild(key string, cfg kernels.Config, v trial.Variant) error {
	l.mu.Lock()
	if l.Built == nil {
		l.Built = map[string]int{}
	}
	l.Built[key]++
	l.mu.Unlock()
	if l.Broken == nil {
		return nil
	}
	return l.Broken(cfg, v)
}

func (s Source) Analyse(_ context.Context, image kernels.Image, _ string) (kernels.Analysis, error) {
	return kernels.Analysis{
		Code: trial.Code{Container: "f", Ordered: s.Lab.ordered(image.Built.Variant)}, Scope: s.Lab.scope(),
		Copies: []coderange.Range{{Symbol: "copy", Start: 0x100, End: 0x200}}, Publishers: []uint64{0x300}, FixOrders: append([]uint64{0x280}, s.Lab.Between...), Ways: s.Lab.Ways,
		Lines: s.Lab.Lines,
	}, nil
}

func (l *Lab) scope() []coderange.Range {
	if len(l.InScope) > 0 {
		return l.InScope
	}
	return []coderange.Range{{Symbol: "f", Start: 1, End: 2}}
}

func (s Source) SameCode(_, _ kernels.Image, _ []string) (trial.Sameness, error) {
	return cmp.Or(s.Lab.Same, trial.CodeDiffers), nil
}
func (Source) Close() error { return nil }
