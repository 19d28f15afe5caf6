// SPDX-License-Identifier: Apache-2.0

// Package reporttest is a result for tests of reports. Only tests import it.
package reporttest

import (
	"kcovrig/guest/wire"
	"kcovrig/rig/trial"
	"kcovrig/rig/verdict"
)

// Sample is a comparison's result with something in each member.
func Sample() trial.Result {
	tally := func(hits uint64) wire.Tally {
		return wire.Tally{Mode: "pc", Windows: 6400, Units: 25600, Blocks: 400, HitBlocks: hits, HitWindows: hits, HitUnits: hits, FirstHitNS: 2_500_000}
	}
	u := trial.Observation{Variant: trial.Unpatched, Reader: trial.Acquire, Outcome: trial.OutcomeOK, BlockSize: 16, Seed: 7, Tallies: []wire.Tally{tally(240)},
		Detections: []wire.Detection{{Mode: "pc", Index: 3, Count: 9, Seen: 0xdead, Later: 0xffff800080001234, LastedNS: 1500}},
		Counters:   map[string]uint64{"delayed": 1}, Argv: []string{"qemu"}, Console: "/out/unpatched/console.log"}
	p := u
	p.Variant, p.Tallies, p.Detections = trial.Patched, []wire.Tally{tally(0)}, nil
	differs := true
	return trial.Result{
		Command: trial.CommandCompare, Version: "test", Spec: trial.Spec{Arch: "arm64", Readers: []trial.Reader{trial.Acquire}, Modes: []string{"pc"}, Seed: 7},
		Judgement: verdict.Judge(u, p, verdict.Setting{}), Observations: []trial.Observation{u, p},
		Prepared: trial.Prepared{
			CodeDiffers: &differs,
			Kernel:      trial.Kernel{Version: "6.12.1", Compiler: "gcc 12"},
			QEMU:        trial.QEMU{Argv: []string{"qemu"}, Version: "11.1.3", PluginAPI: 7, Accel: trial.AccelTCG, MemoryModel: trial.ModelArm},
			Code:        []trial.Code{{Variant: trial.Unpatched, Container: "f", Ordered: "no"}, {Variant: trial.Patched, Container: "f", Ordered: "yes", Barriers: []string{"0x10 DMB ISHST"}}},
		},
		Notes: []string{"a note"}, Timings: map[string]float64{"boot": 0.5},
	}
}
