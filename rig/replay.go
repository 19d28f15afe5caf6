// SPDX-License-Identifier: Apache-2.0

package rig

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"kcovrig/rig/fault"
	"kcovrig/rig/internal/weakmem"
	"kcovrig/rig/result"
	"kcovrig/rig/trial"
)

// What a replay does where it is not told otherwise.
const (
	DefaultTries = 20
	DefaultLimit = 20 * time.Second

	maxTries = 1000
)

// ReplayConfig says which witness to reach again, and how often.
type ReplayConfig struct {
	Config                // of its Spec Jobs counts alone: the rest is the run's
	Run     string        // a run folder, or its result.json
	Witness int           // its number in the run, from 1; 0: the first that can be replayed
	Tries   int           // boots
	Limit   time.Duration // of each try's stress
	Plain   bool          // leave the emulator's decisions to the seed alone
	Force   bool          // go on with a set-up that is not the run's
}

func (c ReplayConfig) validate() error {
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
	cfg    ReplayConfig
	saved  result.Document
	report trial.Replay
}

// Replay sets up the kernel, the machine and the seed of a saved run again and
// says how often the kind of stale read of one of its witnesses is reached. The
// result holds the last try that reached it, else the last one; it comes filled
// as far as the command got, also beside an error.
func Replay(ctx context.Context, cfg ReplayConfig) (trial.Result, error) {
	r, err := openReplay(cfg)
	var j *job
	if err == nil {
		cfg.Spec = r.spec()
		j, err = newJob(cfg.Config, "replay")
	}
	if err != nil {
		return trial.Result{Command: "replay", Version: cfg.Version, Spec: cfg.Spec, Failure: FailureOf(err)}, err
	}
	j.admit, j.before, j.result.Replay = r.admitKernel, r.saved.QEMU.Argv, &r.report
	return j.finish(r.run(j.announcing(ctx), j))
}

// openReplay reads the run and finds the witness in it.
func openReplay(cfg ReplayConfig) (*replay, error) {
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
	able := r.able()
	if cfg.Witness == 0 && len(able) > 0 {
		r.cfg.Witness = able[0]
	}
	op := r.op()
	switch n := len(r.saved.Witnesses); {
	case r.saved.Command == "soak":
		return nil, fault.Newf(fault.User, op, "a soak is made to break the emulator, not to show a bug")
	case n == 0:
		return nil, &fault.Error{Kind: fault.User, Op: op, Err: errors.New("the run holds no witness: the emulator saw no stale read, or did not run"),
			Try: "a run that shows stale reads, as kcovrig run --unpatched gives"}
	case len(able) == 0:
		return nil, &fault.Error{Kind: fault.User, Op: op, Err: errors.New("none of the run's witnesses shows which store was missed"), Try: "another run"}
	case r.cfg.Witness < 1 || r.cfg.Witness > n:
		return nil, &fault.Error{Kind: fault.User, Op: op, Err: fmt.Errorf("the run holds %d witnesses, and no number %d", n, cfg.Witness),
			Try: fmt.Sprintf("a number from 1 to %d", n)}
	}
	signature, err := trial.SignatureOf(r.witness())
	if err != nil {
		return nil, &fault.Error{Kind: fault.User, Op: op, Err: fmt.Errorf("the witness says too little: %w", err), Try: "another of the run's witnesses: " + numbers(able)}
	}
	r.report = trial.Replay{
		Run: path, Witness: r.cfg.Witness, Signature: signature, Focused: !cfg.Plain, Asked: cfg.Tries, LimitNS: cfg.Limit.Nanoseconds(),
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
	if r.cfg.Spec.Jobs > 0 {
		s.Jobs = r.cfg.Spec.Jobs
	}
	if !strings.HasPrefix(s.Tree, "debian:") { // which may have to be fetched again
		s.Tree = r.saved.Kernel.Tree
	}
	return s
}

// run prepares the one arm and tries.
func (r *replay) run(ctx context.Context, j *job) error {
	if err := j.prepare(ctx, []trial.Variant{r.report.Signature.Variant()}); err != nil {
		return err
	}
	if err := r.admit(r.setupDifferences(j.result)); err != nil {
		return err
	}
	for _, d := range r.report.Differences {
		j.note("not as in the run: " + d)
	}
	return r.tries(ctx, j, r.focus(j))
}

// focus is the address of the store that the witness's reader missed; 0 where
// the seed alone decides, which the report says.
func (r *replay) focus(j *job) uint64 {
	if r.cfg.Plain {
		return 0
	}
	s := r.report.Signature
	for _, binary := range []string{j.images[s.Variant()].Vmlinux, j.archive.Guest} {
		found, err := j.backends().Functions(binary, []string{s.DataStore.Symbol})
		if err != nil || len(found) != 1 {
			continue // not there, or several of that name
		}
		pc := found[0].Start + s.DataStore.Offset
		if slices.ContainsFunc(j.scopes[s.Variant()], func(in weakmem.Scope) bool { return pc >= in.Start && pc < in.End }) {
			return pc
		}
	}
	r.report.Focused = false
	j.note(fmt.Sprintf("the emulator's scope has no store at %s: the seed alone chooses what is held back", s.DataStore))
	return 0
}
