// SPDX-License-Identifier: Apache-2.0

// Package worker is what one machine of a fleet does: it runs cells from their
// files, and builds and boots commits in workspaces that it keeps. It leaves the
// queue to rig/fleet, what travels to rig/task, and judging commits to the search.
package worker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"kcovrig/rig/arch"
	"kcovrig/rig/bisector"
	"kcovrig/rig/boot"
	"kcovrig/rig/command"
	"kcovrig/rig/disk"
	"kcovrig/rig/doctor"
	"kcovrig/rig/fault"
	"kcovrig/rig/fleet"
	"kcovrig/rig/host"
	"kcovrig/rig/internal/gitbisect"
	"kcovrig/rig/internal/qemu"
	"kcovrig/rig/matrix"
	"kcovrig/rig/prepare"
	"kcovrig/rig/scenario"
	"kcovrig/rig/task"
	"kcovrig/rig/trial"
)

// Config is a worker's input.
type Config struct {
	NATS     string // the server's URL
	Auth     fleet.Auth
	Name     string // unique among the workers; empty: the host's name
	Slots    int    // cells and steps at once; 0: what the machine bears
	Dir      string // for what cells need; empty: below the cache
	CacheDir string // for the emulator's plugin and a private QEMU
	QEMU     string
	// Scenarios are those that it runs, as names, folders or files; none: any.
	Scenarios []string
	Version   string
	Verbose   bool
	Events    trial.Sink
	Tools     *prepare.Tools // that make what is booted; nil: the real ones
	Boots     *boot.Tools    // that boot it; nil: the real ones

	// Server takes the place of NATS, where it is set.
	Server fleet.Server
	// NoKVM says that nothing asks for it: it is not tried.
	NoKVM bool
	// Tester builds and boots commits of a history; nil: in workspaces of this machine.
	Tester func(*gitbisect.Repo) bisector.Tester
}

// cacheBytes bounds the kernels and guests that a worker keeps.
const cacheBytes = 8 << 30

// Machine is this machine as a worker.
type Machine struct {
	Labels fleet.Labels // what it has

	cfg        Config
	workspaces *workspaces // for steps of bisects
	room       room
}

// Work takes the matrices' cells and the bisects' steps that this machine can run, until ctx ends.
func Work(ctx context.Context, cfg Config) error {
	m, err := Open(ctx, cfg)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(m.cfg.Dir, 0o755); err != nil {
		return fault.Wrap(fault.User, "make the worker's folder", err)
	}
	lock, err := disk.LockFolder(m.cfg.Dir)
	if err != nil {
		return &fault.Error{Kind: fault.User, Op: "open the worker's folder", Err: fmt.Errorf("another kcovrig works in %s: %w", m.cfg.Dir, err),
			Try: "another --name, or another --dir"}
	}
	return errors.Join(m.Work(ctx), lock.Close())
}

// Open fills the defaults and finds out what this machine has.
func Open(ctx context.Context, cfg Config) (_ *Machine, err error) {
	if cfg.CacheDir, err = disk.Absolute(cfg.CacheDir); err != nil {
		return nil, err
	}
	if cfg.Name == "" {
		if cfg.Name, err = os.Hostname(); err != nil {
			return nil, fault.Wrap(fault.Rig, "name the worker", err)
		}
	}
	if cfg.Dir == "" {
		cfg.Dir = filepath.Join(cfg.CacheDir, "worker", cfg.Name)
	}
	if cfg.Dir, err = filepath.Abs(cfg.Dir); err != nil {
		return nil, fault.Wrap(fault.User, "--dir", err)
	}
	if cfg.Slots == 0 {
		cfg.Slots = cellsAtOnce(runtime.NumCPU(), host.AvailableMemory())
	}
	if cfg.Server == (fleet.Server{}) {
		cfg.Server = fleet.Server{URL: cfg.NATS, Auth: cfg.Auth}
	}
	allowed, err := scenarioIDs(cfg.Scenarios)
	if err != nil {
		return nil, err
	}
	l := labels(ctx, cfg)
	l.Scenarios = allowed
	return &Machine{Labels: l, cfg: cfg, workspaces: newWorkspaces(cfg), room: newRoom(l.MemoryMiB, cfg.Slots)}, nil
}

// scenarioIDs reads the scenarios that a worker was told to run alone.
func scenarioIDs(refs []string) ([]string, error) {
	var ids []string
	for _, ref := range refs {
		s, err := scenario.Load(ref)
		if err != nil {
			return nil, err
		}
		spec := trial.Spec{Scenario: s.Name}
		if !s.Shipped {
			spec.ScenarioHash = s.Hash
		}
		ids = append(ids, task.ScenarioID(spec))
	}
	return ids, nil
}

// allows refuses what specifies another scenario than the worker was told to run,
// whatever the task says that it needs.
func (m *Machine) allows(spec trial.Spec) error {
	if id := task.ScenarioID(spec); len(m.Labels.Scenarios) > 0 && !slices.Contains(m.Labels.Scenarios, id) {
		return &fault.Error{Kind: fault.Rig, Op: "take a task", Err: fmt.Errorf("worker %s does not run scenario %.16s", m.cfg.Name, id),
			Try: "kcovrig worker --scenario"}
	}
	return nil
}

// Work takes what this machine can run, until ctx ends.
func (m *Machine) Work(ctx context.Context) error {
	err := fleet.Work(ctx, fleet.WorkerConfig{
		Server: m.cfg.Server, Name: m.cfg.Name, Slots: m.cfg.Slots, Dir: m.cfg.Dir, CacheBytes: cacheBytes, Labels: m.Labels,
		Notify: func(n fleet.Notice) { m.cfg.Events(trial.Event{Note: n.String()}) },
	}, m.exec)
	return errors.Join(err, m.workspaces.close())
}

// labels says what this machine has: KVM only where it boots a kernel.
func labels(ctx context.Context, cfg Config) fleet.Labels {
	l := fleet.Labels{Protocol: task.Protocol(), Host: host.Arch(), Cores: runtime.NumCPU(), MemoryMiB: int(host.AvailableMemory() >> 20)}
	find := qemu.Find
	if cfg.Tools != nil {
		find = cfg.Tools.QEMU
	}
	for _, name := range arch.Names() {
		a, err := arch.Lookup(name)
		if err != nil {
			continue
		}
		e, err := find(ctx, qemu.Search{Arch: a, Override: cfg.QEMU, CacheDir: cfg.CacheDir})
		if err == nil && (a.Emulated || l.QEMU == "") {
			l.QEMU = e.Version
		}
		if !cfg.NoKVM && a.GOARCH == runtime.GOARCH {
			l.KVM = doctor.KVM(ctx, doctor.Config{CacheDir: cfg.CacheDir, QEMU: cfg.QEMU}, a) == nil
		}
	}
	return l
}

// exec runs a task of any kind.
func (m *Machine) exec(ctx context.Context, t fleet.Task, dir string) (fleet.Result, error) {
	var a struct {
		Kind string `json:"kind"`
	}
	if err := json.Unmarshal(t.Spec, &a); err != nil {
		return fleet.Result{}, fault.Wrap(fault.Rig, "unpack a task", err)
	}
	if p := t.Needs.Protocol; p != task.Protocol() && (a.Kind == task.KindCell || a.Kind == task.KindStep) {
		return fleet.Result{}, &fault.Error{Kind: fault.Rig, Op: "unpack a task", Err: fmt.Errorf("it is of protocol %q; kcovrig %s, which this worker is, has %s", p, m.cfg.Version, task.Protocol()),
			Try: sameVersion}
	}
	does := map[string]func(context.Context, fleet.Task, string) (fleet.Result, error){task.KindCell: m.cell, task.KindStep: m.step}[a.Kind]
	if does == nil {
		return fleet.Result{}, &fault.Error{Kind: fault.Rig, Op: "unpack a task", Err: fmt.Errorf("kcovrig %s, which this worker is, knows no kind %q", m.cfg.Version, a.Kind),
			Try: sameVersion}
	}
	release, err := m.room.take(ctx, t.Needs)
	if err != nil {
		return fleet.Result{}, err
	}
	defer release()
	return does(ctx, t, dir)
}

const sameVersion = "run the same version of kcovrig everywhere"

// cell runs one cell from its files.
func (m *Machine) cell(ctx context.Context, t fleet.Task, dir string) (fleet.Result, error) {
	out := filepath.Join(dir, "cells")
	c, err := task.Receive(t.Spec, dir, out)
	if err == nil {
		err = m.allows(c.Cell.Spec)
	}
	if err == nil {
		err = fault.Wrap(fault.Rig, "make the cell's folder", os.Mkdir(out, 0o755))
	}
	if err != nil {
		return fleet.Result{}, err
	}
	r, failure := Try(ctx, command.Config{
		CacheDir: m.cfg.CacheDir, QEMU: m.cfg.QEMU, Version: m.cfg.Version, Tools: m.cfg.Tools, Boots: m.cfg.Boots, Events: cellEvents(m.cfg.Events, c.Cell, m.cfg.Verbose),
	}, c)
	sent := task.CellDone{Result: r, Folder: filepath.Join(dir, r.Folder)}
	result := fleet.Result{}
	if result.Value, err = json.Marshal(sent); err != nil {
		return result, fault.Wrap(fault.Rig, "send the result of "+c.Cell.Name, err)
	}
	result.Logs, err = filesBelow(dir, "cells")
	if failure == nil && r.Status == matrix.NotRun {
		failure = errors.Join(ctx.Err(), errInterrupted)
	}
	return result, errors.Join(failure, err)
}

var errInterrupted = errors.New("the cell was interrupted")

// filesBelow lists the files below dir/sub, relative to dir.
func filesBelow(dir, sub string) ([]string, error) {
	var files []string
	err := filepath.WalkDir(filepath.Join(dir, sub), func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			rel, relErr := filepath.Rel(dir, path)
			files, err = append(files, rel), relErr
		}
		return err
	})
	return files, fault.Wrap(fault.Rig, "list the run folder", err)
}

// cellEvents tells a cell's notes and stages with its name, where they are wanted.
func cellEvents(sink trial.Sink, c matrix.Cell, verbose bool) trial.Sink {
	return func(e trial.Event) {
		switch {
		case !verbose:
			return
		case e.Note != "":
			e.Note = c.Name + ": " + e.Note
		default:
			e.Variant = strings.TrimSuffix(c.Name+", "+e.Variant, ", ")
		}
		sink(e)
	}
}
