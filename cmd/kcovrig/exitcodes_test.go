// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"kcovrig/guest/wire"
	"kcovrig/rig/fault"
	"kcovrig/rig/trial"
)

// A fault of the rig never says good or bad, and never goes on unseen.
func TestGitCodes(t *testing.T) {
	boot := func(outcome trial.Outcome, stale, blocks uint64) *trial.Result {
		return &trial.Result{Spec: trial.Spec{CleanShare: gitShare}, Prepared: trial.Prepared{QEMU: trial.QEMU{MemoryModel: trial.ModelArm}}, Observations: []trial.Observation{{
			Outcome: outcome, Counters: map[string]uint64{"delayed": 1}, Silence: &trial.Silence{Stores: trial.Earned{Order: 9}},
			Tallies: []wire.Tally{{Mode: "pc", Windows: 16 * blocks, Blocks: blocks, HitWindows: stale, HitBlocks: stale}},
		}}}
	}
	cautious := boot(trial.OutcomeOK, 0, 1000)
	cautious.Observations[0].Silence = &trial.Silence{Stores: trial.Earned{Caution: 9}}
	of := func(kind fault.Kind) error { return fmt.Errorf("run: %w", fault.Wrap(kind, "op", errors.New("no"))) }
	for name, c := range map[string]struct {
		result *trial.Result
		err    error
		want   int
	}{
		"clean":              {boot(trial.OutcomeOK, 0, 1000), nil, gitGood},
		"hit":                {boot(trial.OutcomeOK, 9, 1000), nil, gitBad},
		"too few windows":    {boot(trial.OutcomeOK, 0, 10), nil, gitSkip},
		"silence not earned": {cautious, nil, gitSkip},
		"cut short":          {boot(trial.OutcomeCut, 0, 1000), nil, gitAbort},
		"interrupted":        {boot(trial.OutcomeCut, 0, 0), fmt.Errorf("x: %w", context.Canceled), gitAbort},
		"does not build":     {&trial.Result{}, of(fault.Kernel), gitSkip},
		"guest":              {&trial.Result{}, of(fault.Guest), gitSkip},
		"rig":                {&trial.Result{}, of(fault.Rig), gitAbort},
		"rig, beside hits":   {boot(trial.OutcomeOK, 9, 1000), of(fault.Rig), gitAbort},
		"wrong usage":        {nil, of(fault.User), gitAbort},
		"nothing at all":     {nil, nil, gitAbort},
		"not applicable":     {&trial.Result{Judgement: trial.Judgement{Verdict: trial.DoesNotApply}}, nil, gitSkip},
		"no kernel":          {&trial.Result{}, nil, gitAbort},
	} {
		assert.Equal(t, c.want, gitCode(c.result, c.err), name)
	}
}
