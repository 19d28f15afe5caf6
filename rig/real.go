// SPDX-License-Identifier: Apache-2.0

package rig

import (
	"context"
	"os"

	"kcovrig/rig/arch"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/initramfs"
	"kcovrig/rig/internal/objcode"
	"kcovrig/rig/internal/weakmem"
)

// realBackends joins the internal packages.
func realBackends() *Backends {
	return &Backends{
		Open: openTree, Archive: buildArchive, Emulator: findEmulator, KVMBoots: kvmBoots,
		Analyse: analyse, SameCode: sameCode,
		Plugin: preparePlugin, Counters: readCounters, Boot: boot,
	}
}

func buildArchive(ctx context.Context, a arch.Arch, cacheDir string, extra ...ExtraFile) (Archive, error) {
	cfg := initramfs.Config{Arch: a, CacheDir: cacheDir}
	for _, f := range extra {
		data, err := os.ReadFile(f.Path)
		if err != nil {
			return Archive{}, fault.Wrap(fault.Rig, "pack the guest's files", err)
		}
		cfg.Extra = append(cfg.Extra, initramfs.File{Name: f.Name, Mode: 0o755, Data: data})
	}
	built, err := initramfs.Build(ctx, cfg)
	return Archive{Path: built.Path, Hash: built.Hash}, err
}

func sameCode(a, b Image, symbols []string) (bool, error) {
	diff, err := objcode.SameCode(a.Vmlinux, b.Vmlinux, symbols...)
	return diff.Same, err
}

func preparePlugin(ctx context.Context, cfg PluginConfig) (Plugin, error) {
	scope := make([]weakmem.Scope, 0, len(cfg.Scope))
	for _, r := range cfg.Scope {
		scope = append(scope, weakmem.Scope{Role: weakmem.Role(r.Role), Symbol: r.Symbol, Start: r.Start, End: r.End})
	}
	policy := weakmem.DefaultPolicy()
	if cfg.Policy != nil {
		policy = *cfg.Policy
	}
	p, err := weakmem.Prepare(ctx, weakmem.Config{
		Arch: cfg.Arch, API: cfg.Emulator.PluginAPI, CacheDir: cfg.CacheDir, Dir: cfg.Dir,
		RAMFile: cfg.RAMFile, RAMBytes: cfg.RAMBytes, Scope: scope, Seed: cfg.Seed, Policy: policy,
	})
	return Plugin{Path: p.Path, Args: p.Args, Log: p.Counters}, err
}

func readCounters(p Plugin) (map[string]uint64, error) { return weakmem.ReadCounters(p.Log) }
