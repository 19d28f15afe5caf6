// SPDX-License-Identifier: Apache-2.0

package command

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"kcovrig/rig/arch"
	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
	"kcovrig/rig/host"
	"kcovrig/rig/internal/proc"
	"kcovrig/rig/prepare"
	"kcovrig/rig/scenario"
	"kcovrig/rig/trial"
)

// Run is one command under way: its input, its stages and notes, and its folder. The
// package of the command makes the result.
type Run struct {
	Config   Config // normalised
	Arch     arch.Arch
	Scenario scenario.Scenario
	Stages   *Stages
	Folder   *Folder
	notes    notes
	begun    trial.Result
	began    time.Time // begun.Started, for what has passed since
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
		began: time.Now(), begun: trial.Result{Command: name, Started: now(), Version: cfg.Version, Go: runtime.Version(), Spec: cfg.Spec, Words: s.Words, ScenarioHash: s.Hash, ScenarioFrom: cfg.ScenarioFrom, Host: host.This()},
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

// Result is of a command that has but begun: what was asked, by which rig, and where.
func (r *Run) Result() trial.Result { return r.begun }

// Note puts into the result, once, what its reader should know, and says it.
func (r *Run) Note(text string) { r.notes.add(text) }

// Preparing is what the command's setups are made from.
func (r *Run) Preparing() prepare.Config {
	return r.Config.preparing(r.Config.kernelsOf(r.Arch, r.Scenario), r.Folder.Work, r.Stages, r.Note)
}

// WithCommandEvents makes each external command an event.
func (r *Run) WithCommandEvents(ctx context.Context) context.Context {
	return proc.OnStart(ctx, func(argv []string) { r.Config.Events(trial.Event{Command: proc.Quote(argv)}) })
}

// newFolder begins the folder that the user named; where there is none, one of
// the cache's that says the time, the architecture and the seed.
func newFolder(named, cacheDir, arch string, seed uint64) (*Folder, error) {
	f := &Folder{Final: named}
	if f.Final == "" {
		if err := disk.CheckCache(cacheDir); err != nil {
			return nil, err
		}
		f.runs = filepath.Join(cacheDir, "runs")
		f.Final = filepath.Join(f.runs, fmt.Sprintf("%s-%s-%x", time.Now().UTC().Format("20060102T150405.000"), arch, seed&0xffff))
	}
	abs, err := filepath.Abs(f.Final)
	if err == nil {
		f.Final = abs
		err = os.MkdirAll(filepath.Dir(abs), 0o755)
	}
	if err != nil {
		return nil, fault.Wrap(fault.Rig, "make the run folder", err)
	}
	if f.held, err = disk.NewWorkFolder(); err != nil {
		return nil, err
	}
	f.Work = f.held.Dir
	return f, nil
}
