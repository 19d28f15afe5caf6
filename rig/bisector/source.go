// SPDX-License-Identifier: Apache-2.0

package bisector

import (
	"context"
	"slices"

	"kcovrig/rig/fault"
	"kcovrig/rig/kernels"
	"kcovrig/rig/trial"
)

// workspaceSource is what stands in the workspace, as a source whose variants are alike.
type workspaceSource struct {
	kernels.Analyser
	w     *workspace
	log   string
	scope []string // symbols of the analysis
}

func (*workspaceSource) Check(context.Context, trial.Variant) error { return nil }
func (*workspaceSource) Close() error                               { return nil }

// Plan is for recordings of runs, which a step is not.
func (*workspaceSource) Plan(context.Context, trial.Variant) (kernels.Image, error) {
	return kernels.Image{}, fault.Newf(fault.Rig, "plan a build", "a workspace is not asked")
}

func (s *workspaceSource) Build(ctx context.Context, _ trial.Variant) (kernels.Image, error) {
	j, err := s.w.job(ctx, s.log)
	if err != nil {
		return kernels.Image{}, err
	}
	i, err := s.w.build.Image(ctx, j)
	if err != nil {
		return kernels.Image{}, err
	}
	s.w.built = s.w.at
	return kernels.Built(i, s.w.cfg.Spec.Tree)
}

func (s *workspaceSource) Analyse(ctx context.Context, image kernels.Image, dir string) (kernels.Analysis, error) {
	found, err := s.Analyser.Analyse(ctx, image, dir)
	for _, r := range found.Scope {
		s.scope = append(s.scope, r.Symbol)
	}
	slices.Sort(s.scope)
	s.scope = slices.Compact(s.scope)
	return found, err
}
