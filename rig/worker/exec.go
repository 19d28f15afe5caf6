// SPDX-License-Identifier: Apache-2.0

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
	"kcovrig/rig/fault"
	"kcovrig/rig/fleet"
	"kcovrig/rig/matrix"
	"kcovrig/rig/task"
	"kcovrig/rig/trial"
)

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
