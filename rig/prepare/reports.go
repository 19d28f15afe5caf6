// SPDX-License-Identifier: Apache-2.0

package prepare

import (
	"fmt"
	"slices"

	"kcovrig/guest/wire"
	"kcovrig/rig/command"
	"kcovrig/rig/internal/objcode"
	"kcovrig/rig/kernels"
	"kcovrig/rig/trial"
)

// noteUnwitnessed says of what a program's scenario detects no witnesses can be saved.
func (s *Setup) noteUnwitnessed(run *command.Run, variants []trial.Variant) {
	if !s.Emulated() || s.Scenario.Program == nil {
		return
	}
	for _, d := range s.Scenario.Program.Start.Detect {
		switch d.Kind {
		case wire.KindKASAN:
			run.Note("of KASAN reports no witnesses are saved: the kernel takes no exception for them")
		case wire.KindHang:
			run.Note("of hangs no witnesses are saved: what led to one is long past when it is noticed")
		case wire.KindPanic:
			run.Note("of panics no witnesses are saved: the guest that would ask for one has died")
		}
	}
	for _, v := range variants {
		a := s.Kernels.Of[v].Analysis
		for _, name := range kernels.Reporters(s.Arch, s.Scenario) {
			if a == nil || !slices.ContainsFunc(a.Reports, func(r objcode.Range) bool { return r.Symbol == name }) {
				run.Note(fmt.Sprintf("no witnesses are saved of what the %s kernel reports by %s(): it has no such function", v, name))
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
