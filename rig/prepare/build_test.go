// SPDX-License-Identifier: Apache-2.0

package prepare_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"kcovrig/rig/command"
	"kcovrig/rig/kernels"
	"kcovrig/rig/prepare"
	"kcovrig/rig/rigtest"
	"kcovrig/rig/trial"
)

// scopedSource is a lab whose kernels have a scope from a patch.
type scopedSource struct {
	rigtest.Source
	compared *[]string
}

func (s scopedSource) Analyse(ctx context.Context, image kernels.Image, dir string) (kernels.Analysis, error) {
	a, err := s.Source.Analyse(ctx, image, dir)
	if a.MacroOrders = []kernels.Order{{Addr: 1, Does: "dmb ish"}}; image.Built.Variant == trial.Patched {
		a.MacroOrders = append(a.MacroOrders, kernels.Order{Addr: 2, Does: "dmb ishst"})
		a.FixOrders = nil
	}
	a.Compared, a.Notes = []string{"post." + string(image.Built.Variant)}, []string{"a hunk is not used"}
	a.Code.Scope = []trial.ScopeFunction{{Symbol: a.Compared[0], Role: "body", Bytes: 4, Why: "x.c:1 in hunk 1"}}
	return a, err
}

func (s scopedSource) SameCode(_, _ kernels.Image, symbols []string) (trial.Sameness, error) {
	*s.compared = symbols
	return trial.CodeDiffers, nil
}

func TestTheScopeIsSaidBeforeTheBoot(t *testing.T) {
	lab := rigtest.NewLab(rigtest.Guest{}, rigtest.Guest{})
	cfg, compared := lab.Config(t), []string{}
	cfg.Kernels = func(context.Context, kernels.Config) (kernels.Source, error) {
		return scopedSource{rigtest.Source{Lab: lab}, &compared}, nil
	}
	var details, notes []string
	cfg.Events = rigtest.OneAtATime(func(e trial.Event) {
		if e.Stage != nil && e.Stage.Done && e.Stage.Name == "disassembly" {
			details = append(details, e.Stage.Detail)
		}
		if e.Note != "" {
			notes = append(notes, e.Note)
		}
	})
	run, err := command.Begin(cfg, "compare")
	require.NoError(t, err)
	setup, err := prepare.NewSetup(t.Context(), run.Preparing(), prepare.Request{Variants: []trial.Variant{trial.Unpatched, trial.Patched}})
	require.NoError(t, err)
	require.Equal(t, []string{"scope: post.unpatched"}, details)
	require.Equal(t, []string{"a hunk is not used", "the patched kernel's scope: post.patched"}, notes)
	require.Equal(t, []string{"post.unpatched", "post.patched"}, compared, "the code of all functions in scope tells the kernels apart")
	require.Equal(t, []uint64{2}, setup.Kernels.Of[trial.Patched].Analysis.FixOrders, "of a macro's instructions those that the unpatched kernel has not")
	require.Equal(t, "x.c:1 in hunk 1", setup.Prepared().Code[0].Scope[0].Why)
	_, err = run.Finish(run.Result(), setup.Close())
	require.NoError(t, err)
}
