// SPDX-License-Identifier: Apache-2.0

// Package soak stresses both kernels with the emulator at its most aggressive and
// looks for what no memory model allows. It owns what a clean soak is; it leaves
// the ledgers to guest/soak.
package soak

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"kcovrig/guest/soak"
	"kcovrig/guest/wire"
	"kcovrig/rig/boot"
	"kcovrig/rig/command"
	"kcovrig/rig/fault"
	"kcovrig/rig/prepare"
	"kcovrig/rig/scenario"
	"kcovrig/rig/trial"
	"kcovrig/rig/wording"
)

// ErrUnsound is in the error of a soak that saw what no memory model allows: a
// store was lost, or hits came through a barrier.
var ErrUnsound = errors.New("the memory emulator is not sound")

// Run stresses the kernel with and without the patch, half of the duration
// each, in turns, with the emulator at its most aggressive, while the guest keeps ledgers
// under memory pressure. It returns nil where nothing was lost, everything took
// part, and the consoles are clean.
func Run(ctx context.Context, cfg command.Config) (trial.Result, error) {
	total := cfg.Spec.Duration
	cfg.Spec.Duration = total / 2
	run, err := command.Begin(cfg, trial.CommandSoak)
	if err != nil {
		return command.Failed(cfg, trial.CommandSoak, err)
	}
	if total < 2*time.Second || !run.Config.Spec.Emulated() {
		return run.Abandon(run.Result(), fault.Newf(fault.User, "", "a soak needs --duration of 2s or more and an emulated architecture"))
	}
	if run.Scenario.Reboots() {
		return run.Abandon(run.Result(), unfit("a soak is one long boot, and a hit ends those of scenario %s", run.Scenario.Name))
	}
	if !clean(run.Scenario) {
		return run.Abandon(run.Result(), unfit("a soak is clean where the kernel reports nothing, and what scenario %s detects is such a report", run.Scenario.Name))
	}
	return run.Finish(soakBoth(run.WithCommandEvents(ctx), run))
}

// unfit is the fault of who soaks a scenario that cannot be.
func unfit(format string, args ...any) error {
	return &fault.Error{
		Kind: fault.User, Err: fmt.Errorf(format, args...),
		Try: "soak the emulator with one whose program counts hits: kcovrig soak, without --scenario",
	}
}

// clean says whether the kernel has nothing to report where the scenario's bug shows.
func clean(s scenario.Scenario) bool {
	return s.Program == nil || !slices.ContainsFunc(s.Program.Start.Detect, func(d wire.Detect) bool { return d.Kind != wire.KindTold })
}

func soakBoth(ctx context.Context, run *command.Run) (r trial.Result, err error) {
	r = run.Result()
	setup, err := prepare.NewSetup(ctx, run.Preparing(), prepare.Request{
		Variants: trial.Pair(), Background: []string{soak.Name},
		// The code that writes the ledgers, and the kernel's that copies and clears memory.
		GuestSymbols: soak.Symbols, KernelSymbols: run.Arch.Copiers,
	})
	defer func() { err = errors.Join(err, setup.Close()) }()
	r.Prepared = setup.Prepared()
	if err != nil {
		return r, err
	}
	shown, err := setup.InTurns(ctx, run.Config.Spec.Readers[0], trial.Pair(), nil)
	r.Observations, r.Witnesses = shown.Observations, shown.Witnesses
	var lost *wire.Fault
	if errors.As(err, &lost) && lost.Op == wire.OpLostStore {
		return r, fmt.Errorf("%w: %w", ErrUnsound, err)
	}
	if err != nil {
		return r, err
	}
	for _, o := range r.Observations {
		if err := check(r.Spec, r.Words, o); err != nil {
			return r, fmt.Errorf("soak the %s kernel: %w", o.Variant, err)
		}
	}
	return r, nil
}

// mustCount are the counters of an emulator that was put to the test, of each entry at
// least one: the patched kernel alone must meet something that orders stores while some
// wait, the one that it is about.
func mustCount(v trial.Variant) [][]string {
	names := [][]string{{"delayed"}, {"passed"}, {"forwarded"}, {"leaveDrains"}, {"remoteDrains"}}
	if v == trial.Patched {
		names = append(names, []string{"orders", "barrierDrains"})
	}
	return names
}

// check says why a soak that came to its end is not clean after all.
func check(spec trial.Spec, words wording.Words, o trial.Observation) error {
	if line := kernelWarning(o.Console); line != "" {
		return &fault.Error{Kind: fault.Kernel, Op: "read the console", Err: errors.New(line), Log: o.Console,
			Try: "read the console from that line on" + boot.Without("complains", o.Variant, true)}
	}
	for _, t := range o.Tallies {
		switch {
		case o.Variant == trial.Patched && t.HitWindows > 0 && o.Expected == trial.Never && len(spec.Patch) == 0:
			return fmt.Errorf("%w: mode %s shows %s in spite of the patch", ErrUnsound, t.Mode, words.Showed(t.HitWindows, t.Windows))
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
	for _, names := range mustCount(o.Variant) {
		if !slices.ContainsFunc(names, func(name string) bool { return o.Counters[name] > 0 }) {
			return fault.Newf(fault.Rig, "", "the emulator's counter %s is 0: it was not put to the test", strings.Join(names, " and "))
		}
	}
	return nil
}

// kernelWarnings are the kernel's words, on a console, for what is wrong though it
// goes on: lib/bug.c, kernel/panic.c, kernel/rcu/tree_stall.h, kernel/watchdog.c,
// mm/page_alloc.c, mm/oom_kill.c, mm/memory.c.
var kernelWarnings = []string{
	"WARNING: ", "BUG: ", "Oops", "Internal error", "detected stalls", "self-detected stall", "soft lockup", "hung_task",
	"page allocation failure", "Out of memory", "Bad page", "Bad rss-counter",
}

// kernelWarning returns the console's first line that is one.
func kernelWarning(console string) string {
	data, err := os.ReadFile(console)
	if err != nil {
		return "no console: " + err.Error()
	}
	for line := range bytes.Lines(data) {
		for _, words := range kernelWarnings {
			if bytes.Contains(line, []byte(words)) {
				return string(bytes.TrimSpace(line))
			}
		}
	}
	return ""
}
