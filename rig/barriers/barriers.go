// SPDX-License-Identifier: Apache-2.0

// Package barriers finds out which ordering instruction of a kernel is needed, and where
// one barrier would be enough, on one built kernel, by alterations in the emulator. It
// owns the boots and the turns in them; what to try, in which order, and what the counts
// mean it leaves to rig/barrier.
package barriers

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"path/filepath"
	"slices"
	"time"

	"kcovrig/rig/barrier"
	"kcovrig/rig/barrier/candidate"
	"kcovrig/rig/command"
	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/objcode/elfcode"
	"kcovrig/rig/internal/weakmem"
	"kcovrig/rig/kernels"
	"kcovrig/rig/prepare"
	"kcovrig/rig/result"
	"kcovrig/rig/trial"
	"kcovrig/rig/verdict"
)

// name is the command's.
const name = trial.CommandBarriers

// Config says what is asked.
type Config struct {
	command.Config
	// Variant is the kernel; empty: the one with the fix, or with Suggest the one without.
	Variant trial.Variant
	Suggest bool           // look for the place of a barrier that would be enough
	Limits  barrier.Limits // zero: barrier.DefaultLimits
	// Files are made of what was found, by name, for the run's folder, beside ReportFile; nil: none.
	Files func(Found) (map[string][]byte, error)
	// Model answers in the place of herd7; nil: it does.
	Model func(ctx context.Context, cacheDir string, tests []trial.LitmusTest) (trial.Expectation, error)
}

// Found is what the command found.
type Found struct {
	Result    trial.Result
	Variant   trial.Variant // of the kernel
	Orderings []candidate.Ordering
	Fix       []uint64
	Test      barrier.Test // of the orderings
	Rows      []barrier.Row
	Search    *barrier.Search  // for a barrier that is not there
	Altered   *barrier.Altered // where the specification names an alteration: what is said of it
	Witnesses []Witnessed
	cut       bool                // the user interrupted it
	sources   map[string][]string // see kernels.Sources; of a search
	models    []barrier.Model     // of its suggestions
}

// Find finds it. What it found, as far as it got, is returned even when err is not nil.
func Find(ctx context.Context, cfg Config) (Found, error) {
	v := cfg.Variant
	named, given, wrong := barrier.ParseNamed(cfg.Spec)
	switch {
	case v != "":
	case cfg.Suggest, named.Adds != "":
		v = trial.Unpatched
	default:
		v = trial.Patched
	}
	cfg.Spec.Variant = v
	if wrong != nil {
		r, err := command.Failed(cfg.Config, name, fault.Wrap(fault.User, "", wrong))
		return Found{Result: r}, err
	}
	run, err := command.Begin(cfg.Config, name)
	if err != nil {
		r, err := command.Failed(cfg.Config, name, err)
		return Found{Result: r}, err
	}
	if !run.Config.Spec.Emulated() {
		r, err := run.Abandon(run.Result(), fault.Newf(fault.User, "", "%s alters what the memory emulator does, which does not run here (--arch=%s, --memory-model=%s)", name, run.Config.Spec.Arch, run.Config.Spec.MemoryModel))
		return Found{Result: r}, err
	}
	f := finder{run: run, cfg: cfg, variant: v, found: Found{Variant: v}}
	if given {
		f.named = &named
	}
	err = f.find(run.WithCommandEvents(ctx))
	f.found.cut = ctx.Err() != nil
	if err == nil {
		err = f.keep()
	}
	f.found.Result, err = run.Finish(f.found.Result, err)
	return f.found, err
}

// finder is a search under way.
type finder struct {
	run        *command.Run
	cfg        Config
	variant    trial.Variant
	setup      *prepare.Setup
	named      *barrier.Named // nil: all that there is
	found      Found
	places     map[uint64]trial.Instruction // that are altered, by address
	neverShown map[uint64]bool              // see never_shown.go; nil where barriers are added
	boots      int
	spent      time.Duration // of stress, by the stages before
}

func (f *finder) find(ctx context.Context) (err error) {
	f.found.Result = f.run.Result()
	f.setup, err = prepare.NewSetup(ctx, f.run.Preparing(), prepare.Request{Variants: []trial.Variant{f.variant}, Altered: true})
	defer func() { err = errors.Join(err, f.setup.Close()) }()
	f.found.Result.Prepared = f.setup.Prepared()
	if err != nil {
		return err
	}
	kernel := f.setup.Kernels.Of[f.variant]
	code, err := kernels.Orderings(kernel.Image, whole(kernel))
	if err != nil {
		return err
	}
	f.places = places(code)
	f.found.Orderings, f.found.Fix = code.Orderings, kernels.FixOf(*kernel.Analysis, code)
	switch {
	case f.named != nil:
		return f.try(ctx, code)
	case f.cfg.Suggest:
		return f.suggest(ctx, code)
	}
	return f.weaken(ctx, code)
}

// whole is what the kernel's binary says, with the scopes that the user added.
func whole(k prepare.Kernel) kernels.Analysis {
	a := *k.Analysis
	a.Lines = slices.Concat(a.Lines, k.Lines)
	for _, s := range k.Scope {
		in := func(l elfcode.Line) bool { return s.Start <= l.Addr && l.Addr < s.End }
		if !slices.Contains(a.Scope, s) && slices.ContainsFunc(k.Lines, in) { // else it is the guest's
			a.Scope = append(slices.Clone(a.Scope), s)
		}
	}
	return a
}

// weaken weakens each of the instructions that order accesses.
func (f *finder) weaken(ctx context.Context, code candidate.Code) error {
	f.found.Test = barrier.Weaken(code.Orderings, f.found.Fix, f.modes(), f.limits())
	if len(f.found.Test.Trials) == 0 {
		f.run.Note("no instruction in scope orders accesses")
		return nil
	}
	f.neverShown = neverShown(code.Orderings, f.setup.Kernels.Of[f.variant].Scope)
	err := f.take(ctx, &f.found.Test)
	f.found.Rows = barrier.Rows(code.Orderings, f.found.Fix, f.found.Test)
	if err != nil || ctx.Err() != nil {
		return err
	}
	defer f.run.Stages.Begin("", "memory model")("")
	asker := f.asker()
	if err := asker.model.of(ctx, asker.cacheDir, f.variant, f.setup.Kernels.Of[f.variant].Analysis.Ways, f.found.Rows); err != nil {
		return err
	}
	asker.ofNeeded(ctx, f.found.Rows)
	return nil
}

// asker asks the memory model about what was found so far.
func (f *finder) asker() asker {
	kernel := f.setup.Kernels.Of[f.variant]
	tests := func(v trial.Variant) map[string]string { return f.run.Scenario.ArchTests(f.run.Arch, string(v)) }
	return asker{
		tests: ownTests{patched: tests(trial.Patched), unpatched: tests(trial.Unpatched)},
		model: model(f.cfg.Model).orHerd(), cacheDir: f.run.Config.CacheDir, result: f.found.Result, witnesses: f.found.Witnesses,
		isBetween: betweenIn(kernel.Image, whole(kernel)),
	}
}

// adds says whether order is added, not taken away.
func (f *finder) adds() bool { return f.cfg.Suggest || f.named != nil && f.named.Adds != "" }

// try tries the alteration that the specification names.
func (f *finder) try(ctx context.Context, code candidate.Code) error {
	a, err := f.named.In(code)
	if err != nil {
		return fault.Wrap(fault.User, "find what is to be altered", err)
	}
	f.found.Test = f.named.Try(a, code.Orderings, f.found.Fix, f.modes(), f.limits())
	if !f.adds() {
		f.neverShown = neverShown(code.Orderings, f.setup.Kernels.Of[f.variant].Scope)
	}
	err = f.take(ctx, &f.found.Test)
	said := barrier.AlteredOf(f.found.Test, *f.named, under(a, f.places))
	f.found.Altered = &said
	if err != nil || ctx.Err() != nil {
		return err
	}
	defer f.run.Stages.Begin("", "memory model")("")
	said.Model = f.asker().ofNamed(ctx, said, altered(a, f.places))
	return nil
}

// suggest looks for a barrier that is not there.
func (f *finder) suggest(ctx context.Context, code candidate.Code) error {
	var err error
	if f.found.sources, err = kernels.Sources(f.setup.Kernels.Of[f.variant].Image); err != nil {
		return err
	}
	search := barrier.NewSearch(code, f.modes(), f.limits())
	f.found.Search = &search
	if err := f.search(ctx, &search); err != nil || ctx.Err() != nil {
		return err
	}
	defer f.run.Stages.Begin("", "memory model")("")
	f.found.models = f.asker().ofSuggestions(ctx, search.Suggestions(), f.places)
	return nil
}

// search takes the stages of a search, as long as one follows from the one before.
func (f *finder) search(ctx context.Context, search *barrier.Search) error {
	for {
		if err := f.take(ctx, &search.Stages[len(search.Stages)-1].Test); err != nil || ctx.Err() != nil {
			return err
		}
		if _, more := leftOf(f.run.Config.Spec.Duration, f.spent); !more {
			return nil
		}
		if search.Ended = !search.Then(); search.Ended {
			return nil
		}
	}
}

func (f *finder) modes() []string { return f.run.Config.Spec.Modes }

func (f *finder) limits() barrier.Limits {
	l := f.cfg.Limits
	if l == (barrier.Limits{}) {
		l = barrier.DefaultLimits()
	}
	if l.BlockSize == 0 {
		l.BlockSize = verdict.BlockSize
	}
	l.Changes = weakmem.MaxChanges
	if f.run.Scenario.Reboots() {
		l.BlockSize = f.run.Scenario.Program.Start.Windows
	}
	return l
}

// take takes the turns of a test.
func (f *finder) take(ctx context.Context, test *barrier.Test) error {
	if err := test.Validate(); err != nil {
		return fault.Wrap(fault.Rig, "plan the alterations", err)
	}
	t := turns{
		setup: f.setup, variant: f.variant, reader: trial.JudgedReader(f.run.Config.Spec.Readers), test: test, neverShown: f.neverShown, places: f.places, orders: f.orders(),
		left: f.run.Config.Spec.Duration, boots: f.boots,
	}
	t.left, _ = leftOf(t.left, f.spent)
	err := t.take(ctx)
	f.boots, f.spent = t.boots, f.spent+t.spent
	r := &f.found.Result
	if len(r.Observations) == 0 && len(t.seen.Argv) > 0 {
		o := t.seen
		if len(test.Seen) > 0 && len(test.Seen[0].Tallies) > 0 {
			o.Tallies = test.Seen[0].Tallies
		}
		if o.Silence = t.silences[0]; ctx.Err() != nil && o.Outcome.Counts() {
			o.Outcome = trial.OutcomeCut
		}
		r.Observations = append(r.Observations, o)
	}
	for _, w := range t.shown {
		r.Witnesses = append(r.Witnesses, w.Witness)
	}
	f.found.Witnesses = append(f.found.Witnesses, t.shown...)
	return err
}

// orders are the instructions by which silence is earned where nobody knows which are the
// fix's, as in a tree that is taken as it stands: any that Arm orders by. Where order is
// added it has to be by what was added.
func (f *finder) orders() (out []uint64) {
	if len(f.found.Fix) > 0 || f.adds() {
		return nil
	}
	for _, o := range f.found.Orderings {
		out = append(out, o.Address)
	}
	return out
}

// leftOf is what is left of a duration after some of it, and whether anything is; 0: as
// long as it takes.
func leftOf(all, spent time.Duration) (time.Duration, bool) {
	if all == 0 {
		return 0, true
	}
	return max(0, all-spent), spent < all
}

// Report is what is said of it.
func (f Found) Report() barrier.Report {
	out := barrier.NewReport(f.Result, f.Variant, f.Test, f.Rows, f.Search)
	out.AddAltered(f.Altered)
	out.AddDiffs(f.sources)
	out.AddModels(f.models)
	return out
}

// Answered says whether everything that was asked has an answer.
func (f Found) Answered() bool {
	if f.Altered != nil {
		return f.Altered.Answered()
	}
	if f.Search != nil {
		found := f.Report().Suggestions
		return len(found) > 0 && !found[0].Disagrees() && !f.cut
	}
	return !slices.ContainsFunc(f.Rows, func(r barrier.Row) bool { return r.Answer == barrier.NoAnswer })
}

// Hit says whether the bug was seen under the alteration that the specification names.
func (f Found) Hit() bool {
	return f.Altered != nil && f.Altered.Result.Effect == barrier.Showed
}

// keep puts the report, and what else was made of what was found, into the run's folder.
func (f *finder) keep() error {
	var report bytes.Buffer
	err := result.Object(&report, f.found.Report())
	files := map[string][]byte{}
	if f.cfg.Files != nil {
		made, failed := f.cfg.Files(f.found)
		err = errors.Join(err, failed)
		maps.Copy(files, made)
	}
	files[ReportFile] = report.Bytes()
	for file, text := range files {
		err = errors.Join(err, disk.WriteFile(filepath.Join(f.run.Folder.Work, file), text))
	}
	return fault.Wrap(fault.Rig, "keep what was found", err)
}
