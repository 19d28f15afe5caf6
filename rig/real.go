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
		Analyse: analyse, SameCode: sameCode, GuestScope: guestScope, Functions: functions, MemoryModel: memoryModel,
		Disassemble: disassemble, Between: between,
		Plugin: preparePlugin, PackEmulator: packEmulator, Emulation: emulation, Counters: readCounters, Sites: readSites, Model: askHerd, Witnesses: readWitnesses, Boot: boot,
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
	return Archive{Path: built.Path, Hash: built.Hash, Guest: built.Init}, err
}

func sameCode(a, b Image, symbols []string) (bool, error) {
	diff, err := objcode.SameCode(a.Vmlinux, b.Vmlinux, symbols...)
	return diff.Same, err
}

// guestScope gives functions of the guest as bodies: whatever they load may be
// reordered.
func guestScope(binary string, symbols []string) ([]Range, error) {
	found, err := objcode.GuestScope(binary, symbols)
	return bodies(found), err
}

func functions(binary string, symbols []string) ([]Range, error) {
	found, err := objcode.Functions(binary, symbols)
	return bodies(found), err
}

func disassemble(binary string, ranges []Range) ([]objcode.Line, error) {
	code := make([]objcode.Range, 0, len(ranges))
	for _, r := range ranges {
		code = append(code, objcode.Range{Symbol: r.Symbol, Start: r.Start, End: r.End})
	}
	return objcode.Disassemble(binary, code)
}

func between(binary string, f Range, from, to uint64) (objcode.Chain, error) {
	return objcode.Between(binary, objcode.Range{Symbol: f.Symbol, Start: f.Start, End: f.End}, from, to)
}

func bodies(found []objcode.Range) []Range {
	var out []Range
	for _, r := range found {
		out = append(out, Range{Symbol: r.Symbol, Role: string(weakmem.Body), Start: r.Start, End: r.End})
	}
	return out
}

func preparePlugin(ctx context.Context, cfg PluginConfig) (Plugin, error) {
	scope := make([]weakmem.Scope, 0, len(cfg.Scope))
	for _, r := range cfg.Scope {
		scope = append(scope, weakmem.Scope{Role: weakmem.Role(r.Role), Symbol: r.Symbol, Start: r.Start, End: r.End})
	}
	sources, err := cfg.Sent.sources()
	if err != nil {
		return Plugin{}, err
	}
	p, err := weakmem.Prepare(ctx, weakmem.Config{
		Arch: cfg.Arch, API: cfg.Emulator.PluginAPI, CacheDir: cfg.CacheDir, Dir: cfg.Dir,
		RAMBytes: cfg.RAMBytes, Scope: scope, Seed: cfg.Seed, Policy: policyOf(cfg), Focus: cfg.Focus, Define: cfg.Define,
		Marks: cfg.Marks, Mark: weakmem.Scope{Start: cfg.Mark.Start, End: cfg.Mark.End}, Sources: sources,
	})
	return Plugin{Path: p.Path, Args: p.Args, Log: p.Counters, Sites: p.Sites, Trace: p.Trace}, err
}

func policyOf(cfg PluginConfig) weakmem.Policy {
	switch {
	case cfg.Policy != nil:
		return *cfg.Policy
	case cfg.Extreme:
		return weakmem.ExtremePolicy()
	case cfg.Sent != nil:
		return cfg.Sent.Policy
	}
	return weakmem.DefaultPolicy()
}

func emulation(cfg PluginConfig) (string, map[string]uint64, error) {
	sources, err := cfg.Sent.sources()
	if err != nil {
		return "", nil, err
	}
	name, err := sources.Name(cfg.Emulator.PluginAPI, cfg.Define)
	return name, policyOf(cfg).Parameters(), err
}

func readCounters(p Plugin) (map[string]uint64, error) { return weakmem.ReadCounters(p.Log) }

func readSites(p Plugin) ([]weakmem.Site, error) { return weakmem.ReadSites(p.Sites) }
