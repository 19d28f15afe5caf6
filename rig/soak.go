// SPDX-License-Identifier: Apache-2.0

package rig

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"kcovrig/guest/soak"
	"kcovrig/guest/wire"
	"kcovrig/rig/boot"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/weakmem"
	"kcovrig/rig/trial"
)

// ErrUnsound is in the error of a soak that saw what no memory model allows: a
// store was lost, or stale reads came through a barrier.
var ErrUnsound = errors.New("the memory emulator is not sound")

// Soak stresses the kernel with and without the patch, half of the duration
// each, in turns, with the emulator at its most aggressive, while the guest keeps ledgers
// under memory pressure. It returns nil where nothing was lost, everything took
// part, and the consoles are clean.
func Soak(ctx context.Context, cfg Config) (trial.Result, error) {
	total := cfg.Spec.Duration
	cfg.Spec.Duration = total / 2
	j, err := newJob(cfg, "soak")
	if err == nil && (total < 2*time.Second || !j.emulated()) {
		err = fault.Newf(fault.User, "", "a soak needs --duration of 2s or more and an emulated architecture")
		untidy(j.cfg.Events, j.folder.discard())
	}
	if err != nil {
		return trial.Result{Command: "soak", Spec: cfg.Spec, Failure: FailureOf(err)}, err
	}
	return j.finish(j.soak(j.announcing(ctx)))
}

func (j *job) soak(ctx context.Context) error {
	j.beside = []string{soak.Name}
	arms := trial.Pair()
	if err := j.prepare(ctx, arms); err != nil {
		return err
	}
	if err := j.scopeLedgers(arms); err != nil {
		return err
	}
	err := j.runArms(ctx, j.cfg.Spec.Readers[0], arms, nil)
	var lost *wire.Fault
	if errors.As(err, &lost) && lost.Op == wire.OpLostStore {
		return fmt.Errorf("%w: %w", ErrUnsound, err)
	}
	if err != nil {
		return err
	}
	for _, o := range j.result.Observations {
		if err := j.checkSoak(o); err != nil {
			return fmt.Errorf("soak the %s kernel: %w", o.Variant(), err)
		}
	}
	return nil
}

// scopeLedgers puts the code that writes the ledgers into the emulator's scope,
// and the kernel's code that copies and clears memory, as far as it is there.
func (j *job) scopeLedgers(arms []trial.Variant) error {
	ledgers, err := j.backends().Functions(j.archive.Guest, soak.Symbols)
	if err != nil {
		return fault.Wrap(fault.Rig, "find the ledgers' code", err)
	}
	for _, v := range arms {
		scope := append(j.scopes[v], bodies(ledgers)...)
		for _, symbol := range j.arch.Copiers {
			// Which of them a kernel has depends on its version: one that is missing is no fault.
			if found, err := j.backends().Functions(j.images[v].Vmlinux, []string{symbol}); err == nil {
				scope = append(scope, bodies(found)...)
			}
		}
		j.scopes[v] = dropInner(scope)
	}
	return nil
}

// dropInner leaves out a range that begins where another one does: one symbol's
// code may have several names.
func dropInner(scope []weakmem.Scope) []weakmem.Scope {
	seen := map[uint64]bool{}
	return slices.DeleteFunc(slices.Clone(scope), func(r weakmem.Scope) bool {
		again := seen[r.Start]
		seen[r.Start] = true
		return again
	})
}

// taxed are the counters of an emulator that was put to the test: the patched
// kernel alone must meet a barrier while stores wait, the one that it is about.
func taxed(v trial.Variant) []string {
	names := []string{"delayed", "passed", "forwarded", "leaveDrains", "remoteDrains"}
	if v == trial.Patched {
		names = append(names, "barrierDrains")
	}
	return names
}

// checkSoak says why a soak that came to its end is not clean after all.
func (j *job) checkSoak(o trial.Observation) error {
	if line := complaint(o.Console); line != "" {
		return &fault.Error{Kind: fault.Kernel, Op: "read the console", Err: errors.New(line), Log: o.Console,
			Try: "read the console from that line on" + boot.Without("complains", o.Variant(), true)}
	}
	for _, t := range o.Tallies {
		switch {
		case o.Patched && t.StaleWindows > 0 && o.Expected == trial.Never && len(j.cfg.Spec.Patch) == 0:
			return fmt.Errorf("%w: mode %s shows %d stale windows of %d in spite of the patch", ErrUnsound, t.Mode, t.StaleWindows, t.Windows)
		case t.Windows == 0 && o.Outcome == trial.OutcomeOK:
			return fault.Newf(fault.Rig, "", "mode %s had no window: there was no stress", t.Mode)
		}
	}
	if o.Outcome != trial.OutcomeOK {
		return nil
	}
	for _, name := range soak.Counts() {
		if o.Ledgers[name] == 0 {
			return fault.Newf(fault.Rig, "", "the guest's soak has no %s: it did not do its part", name)
		}
	}
	for _, name := range taxed(o.Variant()) {
		if o.Emulator[name] == 0 {
			return fault.Newf(fault.Rig, "", "the emulator's counter %s is 0: it was not put to the test", name)
		}
	}
	return nil
}

// complaints are the kernel's words, on a console, for what is wrong though it
// goes on: lib/bug.c, kernel/panic.c, kernel/rcu/tree_stall.h, kernel/watchdog.c,
// mm/page_alloc.c, mm/oom_kill.c, mm/memory.c.
var complaints = []string{
	"WARNING: ", "BUG: ", "Oops", "Internal error", "detected stalls", "self-detected stall", "soft lockup", "hung_task",
	"page allocation failure", "Out of memory", "Bad page", "Bad rss-counter",
}

// complaint returns the console's first line that is one.
func complaint(console string) string {
	data, err := os.ReadFile(console)
	if err != nil {
		return "no console: " + err.Error()
	}
	for line := range bytes.Lines(data) {
		for _, words := range complaints {
			if bytes.Contains(line, []byte(words)) {
				return string(bytes.TrimSpace(line))
			}
		}
	}
	return ""
}
