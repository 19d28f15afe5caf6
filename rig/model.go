// SPDX-License-Identifier: Apache-2.0

package rig

import (
	"context"

	"kcovrig/rig/modelcheck"
	"kcovrig/rig/trial"
	"kcovrig/rig/verdict"
	"kcovrig/rig/witness"
)

// voices are what is known of the two kernels without running them.
func (j *job) voices() []trial.Voice {
	if j.arch.TSO {
		return nil // the architecture rules the bug out; there is nothing to agree on
	}
	return []trial.Voice{j.model, verdict.BinaryVoice(j.result.Code)}
}

// askModel asks the memory model about the instructions between the two writes of
// each kernel. What it cannot say blocks nothing.
func (j *job) askModel(ctx context.Context, arms []trial.Variant) error {
	if j.arch.TSO {
		return nil
	}
	defer j.stages.begin("", "memory model")("")
	j.model = trial.Voice{Name: trial.VoiceModel, How: "herd7 with " + modelcheck.ArmModel + " on the instructions between the two stores"}
	for _, v := range arms {
		said, err := j.modelOf(ctx, v)
		if err != nil {
			return err
		}
		if v == trial.Patched {
			j.model.Patched = said
		} else {
			j.model.Unpatched = said
		}
	}
	return nil
}

func (j *job) modelOf(ctx context.Context, v trial.Variant) (trial.Saying, error) {
	ways := j.ways[v]
	if len(ways.Of) == 0 {
		return verdict.NotHad(ways.Why), nil
	}
	tests := witness.WayTests(string(v), ways.Of)
	allowed, err := j.backends().Model(ctx, j.cfg.CacheDir, tests)
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
