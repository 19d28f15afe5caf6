// SPDX-License-Identifier: Apache-2.0

// Package bisector finds the commit that broke an ordering, or repaired it: it
// tests the two ends, has commits built and booted here or by a fleet's workers,
// judges them and keeps a journal to go on from. Which commit is next it leaves to
// rig/bisect, git's part to rig/internal/gitbisect.
package bisector

import (
	"context"
	"errors"
	"fmt"
	"time"

	"kcovrig/rig/arch"
	"kcovrig/rig/bisect"
	"kcovrig/rig/command"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/gitbisect"
	"kcovrig/rig/internal/kernel/variant"
	"kcovrig/rig/kernels"
	"kcovrig/rig/trial"
)

// Find finds the commit that broke the ordering, or repaired it. The report,
// filled as far as the search got, is returned even when err is not nil; the same call
// goes on where an interrupted one stopped.
func Find(ctx context.Context, cfg Config) (bisect.Report, error) {
	b := &bisection{cfg: cfg, began: time.Now()}
	err := b.run(ctx)
	b.report.Seconds = time.Since(b.began).Seconds()
	b.report.Error = trial.FailureOf(err)
	if b.state != nil && !cfg.Reset {
		err = errors.Join(err, b.publish())
	}
	if b.state != nil {
		err = errors.Join(err, b.state.close())
	}
	return b.document(), err
}

func (b *bisection) run(ctx context.Context) (err error) {
	if err := b.validate(); err != nil {
		return err
	}
	if b.repo, err = gitbisect.Open(ctx, b.cfg.Spec.Tree); err != nil {
		return err
	}
	if err := b.open(ctx); err != nil || b.cfg.Reset {
		return err
	}
	defer func() { command.NoteHousekeeping(b.cfg.Events, b.close(err == nil)) }()
	if err := b.begin(ctx); err != nil {
		return err
	}
	if err := b.verifyEnds(ctx, b.keep); err != nil {
		return err
	}
	first, err := b.hunt(ctx)
	if err != nil {
		return err
	}
	return b.conclude(ctx, first)
}

func (b *bisection) validate() error {
	cfg := &b.cfg
	bad := func(format string, args ...any) error { return fault.Newf(fault.User, "", format, args...) }
	cfg.Spec.Variant, b.seed = trial.AsIs, cfg.Spec.Seed
	config, s, err := cfg.Normalise()
	if err != nil {
		return err
	}
	if err := s.Applies(config.Spec.Arch); err != nil {
		return err
	}
	cfg.Config, b.report.Words = config, s.Words
	if b.sources, err = variant.Sources(kernels.SeriesOf(s)); err != nil {
		return err
	}
	a, err := arch.Lookup(cfg.Spec.Arch)
	switch {
	case err != nil:
		return fault.Wrap(fault.User, "--arch", err)
	case s.Reboots():
		return bad("--scenario: a commit is judged by one boot, and a hit ends those of scenario %s; compare its commits: kcovrig compare --tree DIR --rev REV", s.Name)
	case cfg.Spec.Tree == "":
		return bad("--tree: name the git repository")
	case cfg.Spec.Duration != 0, len(cfg.Spec.Scopes) > 0:
		return bad("--duration and --scope have no place here: each commit is tested until it is clear, in the scenario's own code")
	case cfg.Spec.Rev != "":
		return bad("--rev: the commits come from --good and --bad")
	case a.TSO:
		return bad("--arch=%s: there is no memory emulator for it, so that a commit's silence says nothing; it keeps stores in order (TSO)", a.Name)
	case len(cfg.Spec.Readers) != 1 || !s.Readers[string(cfg.Spec.Readers[0])].Ordered:
		return bad("--reader: one reader that orders its own loads: others may show hits on any kernel")
	case cfg.Log == "" && (len(cfg.Good) == 0 || len(cfg.Bad) == 0):
		return bad("--good and --bad, or --log, say where to look")
	case cfg.Log != "" && len(cfg.Good)+len(cfg.Bad)+len(cfg.Paths) > 0:
		return bad("--log brings its own ends and paths")
	case !cfg.Fixed && len(cfg.Bad) > 1, cfg.Fixed && len(cfg.Good) > 1:
		return bad("only the old end may be several commits")
	case cfg.Server.Named() && cfg.Spec.Jobs != 0:
		return bad("--jobs has no place beside --nats: each worker divides its own cores among its --slots")
	case cfg.AtOnce < 0 || cfg.AtOnce > 64:
		return bad("--workers: %d is not between 1 and 64", cfg.AtOnce)
	}
	cfg.AtOnce = max(cfg.AtOnce, 1)
	return nil
}

// hunt runs the rounds and returns the first new commits.
func (b *bisection) hunt(ctx context.Context) ([]string, error) {
	commits, err := b.repo.Commits(ctx, b.rng)
	if err != nil {
		return nil, err
	}
	graph, err := bisect.NewGraph(commits)
	if err != nil {
		return nil, fault.Wrap(fault.Rig, "list the commits", err)
	}
	search, err := bisect.NewSearch(graph, b.rng.New)
	if err != nil {
		return nil, fault.Wrap(fault.Rig, "list the commits", err)
	}
	h := bisect.Hunt{Search: search, History: b.git, Fixed: b.cfg.Fixed, Known: b.state.ofRounds(b.rng), Round: b.state.rounds(),
		Keep: b.keep, Begin: func(round int, points []string, left int) {
			more := search.Rounds(b.cfg.AtOnce)
			b.notify("round %d: %d commits left, %d of them to test, about %d rounds to go", round, left, len(points), more)
			b.cfg.Events(trial.Event{Progress: &trial.ProgressEvent{Done: round - 1, Of: round - 1 + more, What: fmt.Sprintf("rounds or so, %d commits left", left)}})
		}}
	if b.cfg.Log != "" {
		b.report.Given = len(b.rng.Old) - 1 + len(b.git.Skips)
	}
	for _, hash := range b.git.Skips {
		h.Known = append(h.Known, bisect.Step{Commit: hash, VariantJudgement: trial.VariantJudgement{Finding: trial.FindingInconclusive}})
	}
	for i := range b.testers {
		h.Testers = append(h.Testers, b.judge(b.testers[i]))
	}
	b.report.Commits = search.Left()
	first, err := h.Run(ctx)
	b.report.Left, b.report.Rounds = search.Left(), h.Round
	return first, err
}

// keep stores a step and says it.
func (b *bisection) keep(a bisect.Step) error {
	b.notify("%.12s %s: %s: %s (%.0f s)", a.Commit, a.Subject, b.term(a.Finding), a.Reason, a.Seconds)
	return b.state.keep(a)
}
