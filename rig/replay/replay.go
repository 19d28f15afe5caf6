// SPDX-License-Identifier: Apache-2.0

// Package replay reaches what a saved run's witness shows again: the same
// kernel, machine and seed, boot after boot. It owns what makes a set-up another
// than the run's, and what counts as reaching it; it leaves the kind of a stale
// read to rig/trial.
package replay

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"kcovrig/rig/command"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/objcode"
	"kcovrig/rig/internal/weakmem"
	"kcovrig/rig/prepare"
	"kcovrig/rig/result"
	"kcovrig/rig/trial"
)

// What a replay does where it is not told otherwise.
const (
	DefaultTries = 20
	DefaultLimit = 20 * time.Second

	maxTries = 1000
)

// Config says which witness to reach again, and how often.
type Config struct {
	command.Config               // of its Spec Jobs counts alone: the rest is the run's
	Run            string        // a run folder, or its result.json
	Witness        int           // its number in the run, from 1; 0: the first that can be replayed
	Tries          int           // boots
	Limit          time.Duration // of each try's stress
	Plain          bool          // leave the emulator's decisions to the seed alone
	Force          bool          // go on with a set-up that is not the run's
}

func (c Config) validate() error {
	switch {
	case c.Tries < 1 || c.Tries > maxTries:
		return fault.Newf(fault.User, "", "--tries: %d is not between 1 and %d", c.Tries, maxTries)
	case c.Limit <= 0 || c.Limit > trial.MaxDuration:
		return fault.Newf(fault.User, "", "--limit: %v is not between 0 and %v", c.Limit, trial.MaxDuration)
	}
	return nil
}

// replay is a witness that is to be reached again.
type replay struct {
	cfg    Config
	saved  result.Document
	report trial.Replay
}

// Run sets up the kernel, the machine and the seed of a saved run again and
// says how often what one of its witnesses shows is reached. The
// result holds the last try that reached it, else the last one; it comes filled
// as far as the command got, also beside an error.
func Run(ctx context.Context, cfg Config) (trial.Result, error) {
	r, err := open(cfg)
	var run *command.Run
	if err == nil {
		cfg.Spec = r.spec()
		run, err = command.Begin(cfg.Config, "replay")
	}
	if err != nil {
		return command.Failed(cfg.Config, "replay", err)
	}
	return run.Finish(r.run(run.WithCommandEvents(ctx), run))
}

// open reads the run and finds the witness in it.
func open(cfg Config) (*replay, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	saved, err := result.Load(cfg.Run)
	if err != nil {
		return nil, err
	}
	path, err := filepath.Abs(cfg.Run)
	if err != nil {
		return nil, fault.Wrap(fault.User, "find the run", err)
	}
	r := &replay{cfg: cfg, saved: saved.Document}
	if r.saved.Spec.ScenarioHash != "" && cfg.Spec.Scenario == "" {
		return nil, &fault.Error{Kind: fault.User, Op: r.op(), Err: fmt.Errorf("its scenario, %s, does not come with kcovrig", r.saved.Spec.Scenario), Try: "--scenario with its folder"}
	}
	able := r.able()
	if cfg.Witness == 0 && len(able) > 0 {
		r.cfg.Witness = able[0]
	}
	op := r.op()
	switch n := len(r.saved.Witnesses); {
	case r.saved.Command == "soak":
		return nil, fault.Newf(fault.User, op, "a soak is made to break the emulator, not to show a bug")
	case n == 0:
		return nil, &fault.Error{Kind: fault.User, Op: op, Err: errors.New("the run holds no witness: the bug was not seen, or the emulator did not run"),
			Try: "a run that shows the bug, as kcovrig run --unpatched gives"}
	case len(able) == 0:
		return nil, &fault.Error{Kind: fault.User, Op: op, Err: errors.New("none of the run's witnesses shows what is to be reached"), Try: "another run"}
	case r.cfg.Witness < 1 || r.cfg.Witness > n:
		return nil, &fault.Error{Kind: fault.User, Op: op, Err: fmt.Errorf("the run holds %d witnesses, and no number %d", n, cfg.Witness),
			Try: fmt.Sprintf("a number from 1 to %d", n)}
	}
	signature, err := trial.SignatureOf(r.witness())
	if err != nil {
		return nil, &fault.Error{Kind: fault.User, Op: op, Err: fmt.Errorf("the witness says too little: %w", err), Try: "another of the run's witnesses: " + numbers(able)}
	}
	r.report = trial.Replay{
		Run: path, Witness: r.cfg.Witness, Signature: signature, Focused: !cfg.Plain && signature.Kind == "", Asked: cfg.Tries, LimitNS: cfg.Limit.Nanoseconds(),
		Differences: []string{}, Tries: []trial.Try{}, Interval: trial.ExactInterval(0, 0, 0.95),
	}
	return r, nil
}

func (r *replay) op() string {
	if r.cfg.Witness == 0 {
		return "replay " + r.cfg.Run
	}
	return fmt.Sprintf("replay witness %d of %s", r.cfg.Witness, r.cfg.Run)
}

// able are the numbers of the run's witnesses that can be replayed.
func (r *replay) able() []int {
	var able []int
	for i, w := range r.saved.Witnesses {
		if _, err := trial.SignatureOf(w); err == nil {
			able = append(able, i+1)
		}
	}
	return able
}

// numbers lists the first of some.
func numbers(list []int) string {
	const most = 8
	words := strings.Trim(fmt.Sprint(list[:min(most, len(list))]), "[]")
	return strings.ReplaceAll(words, " ", ", ")
}

func (r *replay) witness() trial.Witness { return r.saved.Witnesses[r.cfg.Witness-1] }

// spec is the run's, for the witness's reader alone. Modes stay as they were,
// since they take turns in the guest.
func (r *replay) spec() trial.Spec {
	s := r.saved.Spec
	s.Readers = []trial.Reader{r.report.Signature.Reader}
	s.Accel = r.saved.QEMU.Accel
	if r.cfg.Spec.Scenario != "" {
		s.Scenario, s.ScenarioHash = r.cfg.Spec.Scenario, r.saved.ScenarioHash
	}
	if r.cfg.Spec.Jobs > 0 {
		s.Jobs = r.cfg.Spec.Jobs
	}
	if !strings.HasPrefix(s.Tree, "debian:") { // which may have to be fetched again
		s.Tree = r.saved.Kernel.Tree
	}
	return s
}

// run prepares the one kernel and tries.
func (r *replay) run(ctx context.Context, run *command.Run) (out trial.Result, err error) {
	out = run.Result()
	out.Replay = &r.report
	setup, err := prepare.Machines(ctx, run.Preparing(), prepare.Request{
		Variants: []trial.Variant{r.report.Signature.Variant()}, QEMUBefore: r.saved.QEMU.Argv, Admit: r.admitKernel,
	})
	defer func() { err = errors.Join(err, setup.Close()) }()
	out.Prepared = setup.Prepared()
	if err != nil {
		return out, err
	}
	if err := r.admit(r.setupDifferences(out.Prepared)); err != nil {
		return out, err
	}
	for _, d := range r.report.Differences {
		run.Note("not as in the run: " + d)
	}
	shown, err := r.tries(ctx, run, setup, r.focus(run, setup))
	out.Observations, out.Witnesses = shown.Observations, shown.Witnesses
	return out, err
}

// focus is the address of the store that the witness's reader missed; 0 where
// the seed alone decides, which the report says.
func (r *replay) focus(run *command.Run, setup *prepare.Setup) uint64 {
	s := r.report.Signature
	if r.cfg.Plain || s.Kind != "" { // of an oops, which store led to it need not be known
		return 0
	}
	kernel := setup.Kernels.Of[s.Variant()]
	for _, binary := range []string{kernel.Image.Vmlinux, setup.Archive.Guest} {
		found, err := objcode.Functions(binary, []string{s.DataStore.Symbol})
		if err != nil || len(found) != 1 {
			continue // not there, or several of that name
		}
		pc := found[0].Start + s.DataStore.Offset
		if slices.ContainsFunc(kernel.Scope, func(in weakmem.Scope) bool { return pc >= in.Start && pc < in.End }) {
			return pc
		}
	}
	r.report.Focused = false
	run.Note(fmt.Sprintf("the emulator's scope has no store at %s: the seed alone chooses what is held back", s.DataStore))
	return 0
}
