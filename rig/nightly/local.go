// SPDX-License-Identifier: Apache-2.0

package nightly

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"

	"kcovrig/rig/fault"
	"kcovrig/rig/fleet"
	"kcovrig/rig/fleet/natsserver"
	"kcovrig/rig/matrix"
	"kcovrig/rig/task"
	"kcovrig/rig/worker"
)

// local is this machine as the only worker of a server in this process.
type local struct {
	server *natsserver.Embedded
	labels fleet.Labels
	stop   context.CancelFunc
	work   sync.WaitGroup
	err    error
}

// startLocal starts the server and the worker, in a folder of their own.
func startLocal(ctx context.Context, cfg Config, dir string, tasks []task.Cell) (*local, error) {
	server, err := natsserver.Start(ctx, filepath.Join(dir, "nats"))
	if err != nil {
		return nil, err
	}
	h := &local{server: server}
	ctx, h.stop = context.WithCancel(ctx)
	m, err := worker.Open(ctx, worker.Config{
		Env: cfg.Env, Name: "here", Slots: cfg.Parallel, Dir: filepath.Join(dir, "worker"), Server: natsserver.Access{Embedded: server},
		NoKVM: !slices.ContainsFunc(tasks, func(t task.Cell) bool { return t.Needs().KVM }),
	})
	if err != nil {
		h.stop()
		return nil, errors.Join(err, server.Close())
	}
	h.labels = m.Labels
	h.work.Go(func() {
		if err := m.Work(ctx); err != nil && ctx.Err() == nil {
			h.err = fmt.Errorf("the worker on this machine ended: %w", err)
		}
	})
	return h, nil
}

// rejectUnrunnable reports the cells that this machine cannot run as failed, since no
// other machine will join, and returns the rest.
func (h *local) rejectUnrunnable(tasks []task.Cell, done func(matrix.CellResult)) []task.Cell {
	return slices.DeleteFunc(slices.Clone(tasks), func(t task.Cell) bool {
		n := t.Needs()
		if n.Met("here", h.labels) {
			return false
		}
		done(failedCell(t.Cell, fault.Newf(fault.Rig, "run cell "+t.Cell.Name, "it needs %s, and this machine has %+v", n, h.labels)))
		return true
	})
}

func (h *local) close() error {
	h.stop()
	h.work.Wait()
	return errors.Join(h.err, h.server.Close())
}
