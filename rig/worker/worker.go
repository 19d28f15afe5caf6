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
	"os"
	"path/filepath"
	"time"

	"kcovrig/rig/command"
	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
	"kcovrig/rig/fleet"
	"kcovrig/rig/matrix"
	"kcovrig/rig/task"
	"kcovrig/rig/trial"
)

// cacheBytes bounds the kernels and guests that a worker keeps.
const cacheBytes = 8 << 30

// Work takes the matrices' cells and the bisects' steps that this machine can run, until ctx
// ends. What it ran is returned even when err is not nil.
func Work(ctx context.Context, cfg Config) (Ran, error) {
	m, err := Open(ctx, cfg)
	if err != nil {
		return Ran{}, err
	}
	if err := os.MkdirAll(m.cfg.Dir, 0o755); err != nil {
		return Ran{}, fault.Wrap(fault.User, "make the worker's folder", err)
	}
	lock, err := disk.LockFolder(m.cfg.Dir)
	if err != nil {
		return Ran{}, &fault.Error{Kind: fault.User, Op: "open the worker's folder", Err: fmt.Errorf("another kcovrig works in %s: %w", m.cfg.Dir, err),
			Try: "another --name, or another --dir"}
	}
	m.ran = &taskLog{events: m.cfg.Events, ran: Ran{Name: m.cfg.Name, Dir: m.cfg.Dir}}
	err = errors.Join(m.Work(ctx), lock.Close())
	return m.ran.all(), err
}

// Work takes what this machine can run, until ctx ends.
func (m *Machine) Work(ctx context.Context) error {
	err := fleet.Work(ctx, fleet.WorkerConfig{
		Server: m.cfg.Server, Name: m.cfg.Name, Slots: m.cfg.Slots, Dir: m.cfg.Dir, CacheBytes: cacheBytes, Labels: m.Labels,
		Notify: func(n fleet.Notice) { m.cfg.Events(trial.Event{Note: n.String()}) },
	}, m.exec)
	return errors.Join(err, m.workspaces.close())
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
	began, out := time.Now(), filepath.Join(dir, "cells")
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
	events, over := eventsOf(m.cfg.Events, c.Cell.Name)
	defer over()
	env := m.cfg.Env
	env.Events = events
	r, failure := Try(ctx, command.Config{Env: env}, c)
	m.ran.add(ctx, "cell", c.Cell.Name, r.Words(), began, failure)
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

// eventsOf is sink for what happens in a task; over says that the task has ended.
func eventsOf(sink trial.Sink, name string) (events trial.Sink, over func()) {
	events = func(e trial.Event) {
		e.Task = name
		sink(e)
	}
	return events, func() { events(trial.Event{Over: true}) }
}
