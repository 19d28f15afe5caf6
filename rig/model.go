// SPDX-License-Identifier: Apache-2.0

package rig

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/herdtools"
	"kcovrig/rig/litmus"
	"kcovrig/rig/trial"
	"kcovrig/rig/verdict"
	"kcovrig/rig/witness"
)

// modelLimit bounds herd7 where a verdict waits for it: most tests take well
// under a second.
const modelLimit = 15 * time.Second

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
	j.model = trial.Voice{Name: trial.VoiceModel, How: "herd7 with " + certifiedModel + " on the instructions between the two stores"}
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
		return verdict.NotHad(unanswered(trial.Certificate{}, err).Skipped), nil
	}
	if ways.Why != "" && allowed != trial.Sometimes { // one way that allows it is enough; that some do not is not
		return verdict.NotHad(ways.Why), nil
	}
	return verdict.ModelSaying(allowed, len(tests)), nil
}

// askHerd says whether the model allows the condition of any of the tests, and
// keeps the answer by their text.
func askHerd(ctx context.Context, cacheDir string, tests []trial.LitmusTest) (trial.Expectation, error) {
	key := sha256.New()
	sources := make([]herdtools.Source, 0, len(tests))
	for _, t := range tests {
		sources = append(sources, herdtools.Source{Name: t.Name, Text: t.Text})
		fmt.Fprintf(key, "%s\n", t.Text)
	}
	kept := filepath.Join(cacheDir, "model", fmt.Sprintf("%x.json", key.Sum(nil)[:16]))
	var known struct{ Allowed trial.Expectation }
	if data, err := os.ReadFile(kept); err == nil && json.Unmarshal(data, &known) == nil && known.Allowed != "" {
		return known.Allowed, nil
	}
	dir, err := os.MkdirTemp("", "kcovrig-model-")
	if err != nil {
		return "", fault.Wrap(fault.Rig, "ask herd7", err)
	}
	defer os.RemoveAll(dir)
	answer, err := herdtools.Allowed(ctx, cacheDir, filepath.Join(dir, "herd.log"), sources, modelLimit)
	if err != nil {
		return "", err
	}
	verdicts, err := litmus.ParseHerdLog(bytes.NewReader(answer.Log))
	if err != nil {
		return "", fault.Wrap(fault.Rig, "read herd7's answer", err)
	}
	known.Allowed = trial.Never
	for _, t := range tests {
		switch v, ok := verdicts[t.Name]; {
		case !ok:
			return "", fault.Newf(fault.Rig, "read herd7's answer", "none to %s", t.Name)
		case v.Observation != "Never":
			known.Allowed = trial.Sometimes
		}
	}
	return known.Allowed, fault.Wrap(fault.Rig, "keep herd7's answer", disk.WriteJSON(kept, known))
}
