// SPDX-License-Identifier: Apache-2.0

package compare

import (
	"context"

	"kcovrig/rig/modelcheck"
	"kcovrig/rig/trial"
	"kcovrig/rig/verdict"
	"kcovrig/rig/witness"
)

// model says whether Arm's memory model allows the condition of any of the tests.
type model func(ctx context.Context, cacheDir string, tests []trial.LitmusTest) (trial.Expectation, error)

// voices are what is known of the two kernels without running them.
func (c *comparison) voices() []trial.Voice {
	if c.run.Scenario.RuledOut(c.run.Arch) {
		return nil // the architecture rules the bug out; there is nothing to agree on
	}
	binary := verdict.BinaryVoice(c.prepared.Code)
	if c.run.Scenario.Function == "" { // nobody said which two writes to look for
		no := verdict.NotHad("the scenario names no two writes")
		binary.Unpatched, binary.Patched = no, no
	}
	return []trial.Voice{c.model, binary}
}

// askModel asks the memory model about the instructions between the two writes of
// each kernel. What it cannot say blocks nothing.
func (c *comparison) askModel(ctx context.Context, asked model) (trial.Voice, error) {
	if c.run.Scenario.RuledOut(c.run.Arch) {
		return trial.Voice{}, nil
	}
	defer c.run.Stages.Begin("", "memory model")("")
	voice := trial.Voice{Name: trial.VoiceModel, How: "herd7 with " + modelcheck.ArmModel + " on the instructions between the two stores"}
	for _, v := range trial.Pair() {
		said, err := c.modelOf(ctx, asked, v)
		if err != nil {
			return voice, err
		}
		if v == trial.Patched {
			voice.Patched = said
		} else {
			voice.Unpatched = said
		}
	}
	return voice, nil
}

func (c *comparison) modelOf(ctx context.Context, asked model, v trial.Variant) (trial.Saying, error) {
	ways := c.setup.Kernels.Of[v].Analysis.Ways
	if len(ways.Of) == 0 {
		return verdict.NotHad(ways.Why), nil
	}
	tests := witness.WayTests(string(v), ways.Of)
	allowed, err := asked(ctx, c.run.Config.CacheDir, tests)
	if ctx.Err() != nil {
		return trial.Saying{}, ctx.Err()
	}
	if err != nil {
		return verdict.NotHad(err.Error()), nil
	}
	if ways.Why != "" && allowed != trial.Sometimes { // one way that allows it is enough; that some do not is not
		return verdict.NotHad(ways.Why), nil
	}
	return verdict.ModelSaying(allowed, len(tests)), nil
}
