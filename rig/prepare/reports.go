// SPDX-License-Identifier: Apache-2.0

package prepare

import (
	"fmt"
	"slices"

	"kcovrig/guest/wire"
	"kcovrig/rig/coderange"
	"kcovrig/rig/kernels"
)

// noteUnwitnessed says of what a program's scenario detects no witnesses can be saved.
func noteUnwitnessed(cfg Config, analysed *Kernels) {
	if !cfg.Spec.Emulated() || cfg.Scenario.Program == nil {
		return
	}
	for _, d := range cfg.Scenario.Program.Start.Detect {
		switch d.Kind {
		case wire.KindKASAN:
			cfg.Note("of KASAN reports no witnesses are saved: the kernel takes no exception for them")
		case wire.KindHang:
			cfg.Note("of hangs no witnesses are saved: what led to one is long past when it is noticed")
		case wire.KindPanic:
			cfg.Note("of panics no witnesses are saved: the guest that would ask for one has died")
		}
	}
	for _, v := range analysed.Built {
		a := analysed.Of[v].Analysis
		for _, name := range kernels.Reporters(cfg.Arch, cfg.Scenario) {
			if a == nil || !slices.ContainsFunc(a.Reports, func(r coderange.Range) bool { return r.Symbol == name }) {
				cfg.Note(fmt.Sprintf("no witnesses are saved of what the %s kernel reports by %s(): it has no such function", v, name))
			}
		}
	}
}

// reports are the addresses at which a kernel begins to report an exception of its own.
func (k Kernel) reports() (at []uint64) {
	if k.Analysis == nil {
		return nil
	}
	for _, r := range k.Analysis.Reports {
		at = append(at, r.Start)
	}
	return at
}
