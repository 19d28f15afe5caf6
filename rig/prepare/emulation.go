// SPDX-License-Identifier: Apache-2.0

package prepare

import (
	"slices"

	"kcovrig/rig/internal/qemu"
	"kcovrig/rig/internal/weakmem"
	"kcovrig/rig/trial"
)

// emulation is what all boots have in common of the emulator; nil where they do without.
func emulation(cfg Config, background []string, with qemu.Program) *weakmem.Config {
	if !cfg.Spec.Emulated() {
		return nil
	}
	policy := cfg.SentEmulator.OrDefault()
	switch {
	case len(background) > 0:
		policy = weakmem.ExtremePolicy()
	case slices.Contains(restOf(cfg), trial.ScopeAll):
		policy = weakmem.WholePolicy()
	}
	return &weakmem.Config{
		Arch: cfg.Arch, API: with.PluginAPI, CacheDir: cfg.CacheDir, Policy: policy, Define: cfg.Define, Sent: cfg.SentEmulator,
	}
}
