// SPDX-License-Identifier: Apache-2.0

package replay

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"kcovrig/guest/wire"
	"kcovrig/rig/fault"
	"kcovrig/rig/result"
	"kcovrig/rig/trial"
)

// replay is a witness that is to be reached again.
type replay struct {
	cfg    Config
	saved  result.Document
	report trial.Replay
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
		try := "--scenario with its folder"
		if from := r.saved.ScenarioFrom; from != "" {
			try += ", which was " + wire.Clean(from, 300)
		}
		return nil, &fault.Error{Kind: fault.User, Op: r.op(), Err: fmt.Errorf("its scenario, %s, does not come with kcovrig", r.saved.Spec.Scenario), Try: try}
	}
	able := r.able()
	if cfg.Witness == 0 && len(able) > 0 {
		r.cfg.Witness = able[0]
	}
	op := r.op()
	switch n := len(r.saved.Witnesses); {
	case r.saved.Command == trial.CommandSoak:
		return nil, fault.Newf(fault.User, op, "a soak is made to break the emulator, not to show a bug")
	case n == 0:
		return nil, &fault.Error{Kind: fault.User, Op: op, Err: errors.New("the run holds no witness: the bug was not seen, or the emulator did not run"),
			Try: "a run that shows the bug, as kcovrig run --unpatched gives"}
	case r.altered():
		return nil, &fault.Error{Kind: fault.User, Op: op, Err: fmt.Errorf("the witness is not of the kernel as it is: the emulator altered its code (%s), which replay does not", wire.Clean(r.chosen().Under, 300)),
			Try: "kcovrig barriers, which alters it again"}
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
		if _, err := trial.SignatureOf(w); err == nil && w.Under == "" {
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

// chosen is the witness that is asked for, or the first; none where there is no such one.
func (r *replay) chosen() (w trial.Witness) {
	if n := max(r.cfg.Witness, 1); n <= len(r.saved.Witnesses) {
		w = r.saved.Witnesses[n-1]
	}
	return w
}

// altered says that the witness is of code that the emulator altered.
func (r *replay) altered() bool { return r.chosen().Under != "" }

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
	s.Sandbox = s.Sandbox || r.cfg.Spec.Sandbox
	if !strings.HasPrefix(s.Tree, "debian:") { // which may have to be fetched again
		s.Tree = r.saved.Kernel.Tree
	}
	return s
}
