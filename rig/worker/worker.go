// SPDX-License-Identifier: Apache-2.0

// Package worker is what one machine of a fleet does: it runs cells from their
// files, and builds and boots commits in workspaces that it keeps. It leaves the
// queue to rig/fleet, what travels to rig/task, and judging commits to the search.
package worker

import (
	"context"
	"errors"
	"fmt"
	"os"

	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
	"kcovrig/rig/fleet"
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
