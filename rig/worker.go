// SPDX-License-Identifier: Apache-2.0

package rig

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"kcovrig/rig/arch"
	"kcovrig/rig/disk"
	"kcovrig/rig/doctor"
	"kcovrig/rig/fault"
	"kcovrig/rig/fleet"
	"kcovrig/rig/host"
	"kcovrig/rig/internal/gitbisect"
	"kcovrig/rig/internal/qemu"
	"kcovrig/rig/matrix"
	"kcovrig/rig/trial"
)

// WorkerConfig is a worker's input.
type WorkerConfig struct {
	NATS     string // the server's URL
	Auth     NATSAuth
	Name     string // unique among the workers; empty: the host's name
	Slots    int    // cells and steps at once; 0: what the machine bears
	Dir      string // for what cells need; empty: below the cache
	CacheDir string // for the emulator's plugin and a private QEMU
	QEMU     string
	Version  string
	Verbose  bool
	Events   trial.Sink
	Backends *Backends // nil: the real ones

	server  fleet.Server                 // instead of NATS
	noKVM   bool                         // nothing asks for it: not to be tried
	benches *benches                     // for steps of bisects
	prober  func(*gitbisect.Repo) prober // tests put fakes here
}

// workerCacheBytes bounds the kernels and guests that a worker keeps.
const workerCacheBytes = 8 << 30

// Work takes the matrices' cells and the bisects' steps that this machine can run, until ctx ends.
func Work(ctx context.Context, cfg WorkerConfig) error {
	cfg, worker, err := cfg.prepare(ctx)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(cfg.Dir, 0o755); err != nil {
		return fault.Wrap(fault.User, "make the worker's folder", err)
	}
	lock, err := disk.LockFolder(cfg.Dir)
	if err != nil {
		return &fault.Error{Kind: fault.User, Op: "open the worker's folder", Err: fmt.Errorf("another kcovrig works in %s: %w", cfg.Dir, err),
			Try: "another --name, or another --dir"}
	}
	return errors.Join(fleet.Work(ctx, worker, cfg.exec), cfg.benches.close(), lock.Close())
}

// prepare fills the defaults and finds out what this machine has.
func (cfg WorkerConfig) prepare(ctx context.Context) (_ WorkerConfig, _ fleet.WorkerConfig, err error) {
	none := fleet.WorkerConfig{}
	if cfg.CacheDir, err = disk.Absolute(cfg.CacheDir); err != nil {
		return cfg, none, err
	}
	if cfg.Name == "" {
		if cfg.Name, err = os.Hostname(); err != nil {
			return cfg, none, fault.Wrap(fault.Rig, "name the worker", err)
		}
	}
	if cfg.Dir == "" {
		cfg.Dir = filepath.Join(cfg.CacheDir, "worker", cfg.Name)
	}
	if cfg.Dir, err = filepath.Abs(cfg.Dir); err != nil {
		return cfg, none, fault.Wrap(fault.User, "--dir", err)
	}
	if cfg.Slots == 0 {
		cfg.Slots = cellsAtOnce(runtime.NumCPU(), host.AvailableMemory())
	}
	if cfg.server == (fleet.Server{}) {
		cfg.server = fleet.Server{URL: cfg.NATS, Auth: cfg.Auth}
	}
	cfg.benches = newBenches(cfg)
	return cfg, fleet.WorkerConfig{
		Server: cfg.server, Name: cfg.Name, Slots: cfg.Slots, Dir: cfg.Dir, CacheBytes: workerCacheBytes, Labels: labels(ctx, cfg),
		Notify: func(n fleet.Notice) { cfg.Events(trial.Event{Note: n.String()}) },
	}, nil
}

// labels says what this machine has: KVM only where it boots a kernel.
func labels(ctx context.Context, cfg WorkerConfig) fleet.Labels {
	l := fleet.Labels{Protocol: protocol(), Host: hostArch(), Cores: runtime.NumCPU(), MemoryMiB: int(host.AvailableMemory() >> 20)}
	b := cfg.Backends
	if b == nil {
		b = realBackends()
	}
	for _, name := range arch.Names() {
		a, err := arch.Lookup(name)
		if err != nil {
			continue
		}
		e, err := b.Emulator(ctx, qemu.Search{Arch: a, Override: cfg.QEMU, CacheDir: cfg.CacheDir})
		if err == nil && (a.Emulated || l.QEMU == "") {
			l.QEMU = e.Version
		}
		if cfg.Backends == nil && !cfg.noKVM && a.GOARCH == runtime.GOARCH {
			l.KVM = doctor.KVM(ctx, doctor.Config{CacheDir: cfg.CacheDir, QEMU: cfg.QEMU}, a) == nil
		}
	}
	return l
}

// exec runs a task of any kind.
func (cfg WorkerConfig) exec(ctx context.Context, t fleet.Task, dir string) (fleet.Result, error) {
	var a struct {
		Kind string `json:"kind"`
	}
	if err := json.Unmarshal(t.Spec, &a); err != nil {
		return fleet.Result{}, fault.Wrap(fault.Rig, "unpack a task", err)
	}
	if p := t.Needs.Protocol; p != protocol() && (a.Kind == kindCell || a.Kind == kindStep) {
		return fleet.Result{}, &fault.Error{Kind: fault.Rig, Op: "unpack a task", Err: fmt.Errorf("it is of protocol %q; kcovrig %s, which this worker is, has %s", p, cfg.Version, protocol()),
			Try: sameVersion}
	}
	switch a.Kind {
	case kindCell:
		return cfg.cell(ctx, t, dir)
	case kindStep:
		return cfg.step(ctx, t, dir)
	}
	return fleet.Result{}, &fault.Error{Kind: fault.Rig, Op: "unpack a task", Err: fmt.Errorf("kcovrig %s, which this worker is, knows no kind %q", cfg.Version, a.Kind),
		Try: sameVersion}
}

const sameVersion = "run the same version of kcovrig everywhere"

// cell runs one cell from its files.
func (cfg WorkerConfig) cell(ctx context.Context, t fleet.Task, dir string) (fleet.Result, error) {
	out := filepath.Join(dir, "cells")
	task, err := ReceiveCell(t.Spec, dir, out)
	if err == nil {
		err = fault.Wrap(fault.Rig, "make the cell's folder", os.Mkdir(out, 0o755))
	}
	if err != nil {
		return fleet.Result{}, err
	}
	r, failure := TryTask(ctx, Config{
		CacheDir: cfg.CacheDir, QEMU: cfg.QEMU, Version: cfg.Version, Backends: cfg.Backends, Events: cellEvents(cfg.Events, task.Cell, cfg.Verbose),
	}, task)
	sent := workedCell{Result: r, Folder: filepath.Join(dir, r.Folder)}
	result := fleet.Result{}
	if result.Value, err = json.Marshal(sent); err != nil {
		return result, fault.Wrap(fault.Rig, "send the result of "+task.Cell.Name, err)
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
			e.Arm = strings.TrimSuffix(c.Name+", "+e.Arm, ", ")
		}
		sink(e)
	}
}
