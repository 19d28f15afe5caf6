// SPDX-License-Identifier: Apache-2.0

package compare

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/command"
	"kcovrig/rig/fault"
	"kcovrig/rig/kernels"
	"kcovrig/rig/rigtest"
	"kcovrig/rig/scenario"
	"kcovrig/rig/trial"
)

// misfit is a source whose tree is no kernel for the variants that are asked for.
type misfit struct {
	kernels.Source
	err error
}

func (m misfit) Check(context.Context, trial.Variant) error { return m.err }

func ofMisfit(t *testing.T, l *rigtest.Lab, err error) command.Config {
	cfg := l.Config(t)
	cfg.Kernels = func(ctx context.Context, of kernels.Config) (kernels.Source, error) {
		source, failed := l.Open(ctx, of)
		return misfit{source, err}, failed
	}
	return cfg
}

// That a scenario is not for a tree is an answer: neither a fault nor a verdict on the fix.
func TestAScenarioThatDoesNotApplyIsAVerdictOfItsOwn(t *testing.T) {
	none := trial.DoesNotApplyf(fault.User, "see whether the tree has the fix", "it is 5.4")
	for name, call := range map[string]func(command.Config) (trial.Result, error){
		"compare": func(cfg command.Config) (trial.Result, error) { return Compare(t.Context(), cfg) },
		"run":     func(cfg command.Config) (trial.Result, error) { return Run(t.Context(), cfg, trial.Patched) },
		"build": func(cfg command.Config) (trial.Result, error) {
			cfg.OutDir = ""
			return Build(t.Context(), cfg, trial.Pair())
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := rigtest.NewLab(rigtest.Guest{HitEvery: 2}, rigtest.Guest{})
			cfg := ofMisfit(t, l, none)
			if name == "run" {
				cfg.Kernels = func(context.Context, kernels.Config) (kernels.Source, error) { return nil, none }
			}
			result, err := call(cfg)
			require.NoError(t, err)
			assert.Equal(t, trial.DoesNotApply, result.Judgement.Verdict)
			assert.Equal(t, []string{"it is 5.4"}, result.Judgement.Reasons)
			assert.Nil(t, result.Failure)
			assert.Empty(t, l.Boots)
			if name != "build" {
				assertKept(t, cfg, result)
			}
		})
	}
}

func TestAnArchitectureThatTheScenarioIsNotForIsSaidBeforeAnythingIsBuilt(t *testing.T) {
	l := rigtest.NewLab(rigtest.Guest{}, rigtest.Guest{})
	cfg := l.Config(t)
	s, err := scenario.Load(scenario.Default)
	require.NoError(t, err)
	s.Archs = []string{"x86_64"}
	cfg.Scenario = &s
	result, err := Compare(t.Context(), cfg)
	require.NoError(t, err)
	assert.Equal(t, trial.DoesNotApply, result.Judgement.Verdict)
	assert.Contains(t, result.Judgement.Reasons[0], "is not for arm64")
	assert.Empty(t, result.Images)
}

// The user asked for that patch: they have to be told that it does not go on.
func TestAPatchThatDoesNotApplyIsTheUsersFault(t *testing.T) {
	cfg := ofMisfit(t, rigtest.NewLab(rigtest.Guest{}, rigtest.Guest{}), fault.Newf(fault.User, "apply mine.patch", "hunk 1 does not fit"))
	result, err := Compare(t.Context(), cfg)
	assert.Equal(t, fault.User, fault.KindOf(err))
	assert.Equal(t, trial.VerdictUnknown, result.Judgement.Verdict)
	assert.NotNil(t, result.Failure)
}
