// SPDX-License-Identifier: Apache-2.0

package command

import (
	"context"
	"runtime"

	"kcovrig/rig/arch"
	"kcovrig/rig/fault"
	"kcovrig/rig/host"
	"kcovrig/rig/internal/proc"
	"kcovrig/rig/prepare"
	"kcovrig/rig/scenario"
	"kcovrig/rig/trial"
)

// Run is one command under way: what it was given, its stages and notes, and its folder.
// What it comes to the command's own package puts into a result.
type Run struct {
	Config   Config // normalised
	Arch     arch.Arch
	Scenario scenario.Scenario
	Stages   *Stages
	Folder   *Folder
	notes    notes
	begun    trial.Result
}

// Begin validates cfg and makes the command's folders. Finish or Abandon must be called.
func Begin(cfg Config, name trial.Command) (*Run, error) {
	cfg, s, err := cfg.Normalise()
	if err != nil {
		return nil, err
	}
	a, err := arch.Lookup(cfg.Spec.Arch)
	if err != nil {
		return nil, fault.Wrap(fault.User, "", err)
	}
	r := &Run{
		Config: cfg, Arch: a, Scenario: s, Stages: NewStages(cfg.Events), notes: notes{sink: cfg.Events},
		begun: trial.Result{Command: name, Version: cfg.Version, Go: runtime.Version(), Spec: cfg.Spec, Words: s.Words, ScenarioHash: s.Hash, Host: host.This()},
	}
	cfg.Events(trial.Event{Words: &s.Words})
	if r.Folder, err = newFolder(cfg.OutDir, cfg.CacheDir, cfg.Spec.Arch, cfg.Spec.Seed); err != nil {
		return nil, err
	}
	if cfg.Spec.MemoryModel == trial.ModelArm && !a.Emulated {
		r.Note("the " + a.Name + " guest keeps its own memory model (TSO): the weak-memory emulator is not used")
	}
	return r, nil
}

// Failed is the result of a command that did not begin.
func Failed(cfg Config, name trial.Command, err error) (trial.Result, error) {
	return trial.Result{Command: name, Version: cfg.Version, Spec: cfg.Spec, Failure: trial.FailureOf(err)}, err
}

// Result is of a command that has but begun: what was asked, by which rig, and where.
func (r *Run) Result() trial.Result { return r.begun }

// Note puts into the result, once, what its reader should know, and says it.
func (r *Run) Note(text string) { r.notes.add(text) }

// Preparing is what the command's set-ups are made from.
func (r *Run) Preparing() prepare.Config {
	c := r.Config
	return prepare.Config{
		Config: c.kernelsOf(r.Arch, r.Scenario), Open: c.Kernels, Work: r.Folder.Work, QEMU: c.QEMU, Archive: c.Archive,
		Emulator: c.Emulator, Define: c.Define, Tools: *c.Tools, Boots: *c.Boots,
		Watch: prepare.Watch{Stage: r.Stages.Begin, Note: r.Note, Events: c.Events},
	}
}

// WithCommandEvents makes each external command an event.
func (r *Run) WithCommandEvents(ctx context.Context) context.Context {
	return proc.OnStart(ctx, func(argv []string) { r.Config.Events(trial.Event{Command: proc.Quote(argv)}) })
}
