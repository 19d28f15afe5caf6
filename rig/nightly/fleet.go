// SPDX-License-Identifier: Apache-2.0

package nightly

import (
	"context"
	"errors"
	"iter"
	"path/filepath"
	"slices"
	"strings"

	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
	"kcovrig/rig/fleet"
	"kcovrig/rig/fleet/natsserver"
	"kcovrig/rig/matrix"
	"kcovrig/rig/task"
	"kcovrig/rig/trial"
)

// fleetExecutor runs cells on the workers of a NATS server or, where none is
// named, on this machine, by a server in this process that opens no port.
type fleetExecutor struct {
	cfg      Config
	name     string
	sums     map[string]fleet.Artifact
	outcomes outcomes
}

// newFleetExecutor names the run so that a matrix which is resumed finds what
// its workers reported in the meantime.
func newFleetExecutor(cfg Config, doc matrix.Document) *fleetExecutor {
	started := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, doc.Started)
	return &fleetExecutor{
		cfg: cfg, name: "matrix-" + doc.Hash[:12] + "-" + started,
		outcomes: outcomes{cfg: cfg, tasks: map[string]task.Cell{}}, sums: map[string]fleet.Artifact{},
	}
}

// run queues the tasks and takes their outcomes. It is the executor of a matrix whose cells
// run on workers.
func (f *fleetExecutor) run(ctx context.Context, tasks []task.Cell, done func(matrix.CellResult)) (err error) {
	folder, err := disk.NewWorkFolder()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, folder.Close()) }()
	f.outcomes.done = done
	cfg := fleet.CoordinatorConfig{
		Server: f.cfg.Server, Run: f.name, LogDir: filepath.Join(folder.Dir, "logs"),
		Attempts: f.cfg.Retries + 1, Notify: f.notify,
	}
	if !f.cfg.Server.Named() {
		own, startErr := startLocal(ctx, f.cfg, folder.Dir, tasks)
		if startErr != nil {
			return startErr
		}
		defer func() { err = errors.Join(err, own.close()) }()
		cfg.Server = natsserver.Access{Embedded: own.server}
		tasks = own.rejectUnrunnable(tasks, done)
	}
	_, err = fleet.Coordinate(ctx, cfg, f.queue(tasks), f.outcomes.acceptOutcome)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

func (f *fleetExecutor) notify(n fleet.Notice) { f.cfg.Events(trial.Event{Note: n.String()}) }

// queue makes fleet tasks of cells, as the fleet asks for them: one sequence per
// kind of machine that cells need.
func (f *fleetExecutor) queue(tasks []task.Cell) (all []iter.Seq2[fleet.Task, error]) {
	var kinds []string
	of := map[string][]task.Cell{}
	for _, t := range tasks {
		f.outcomes.tasks[t.Cell.ID] = t
		kind := t.Needs().String()
		if of[kind] == nil {
			kinds = append(kinds, kind)
		}
		of[kind] = append(of[kind], t)
	}
	for _, kind := range kinds {
		all = append(all, func(yield func(fleet.Task, error) bool) {
			for _, t := range of[kind] {
				if packed, err := f.task(t); !yield(packed, err) || err != nil {
					return
				}
			}
		})
	}
	return all
}

func (f *fleetExecutor) task(t task.Cell) (fleet.Task, error) {
	p, err := t.Pack()
	if err != nil {
		return fleet.Task{}, err
	}
	packed := fleet.Task{ID: t.Cell.ID, Needs: t.Needs(), Spec: p.Spec}
	for name, path := range p.Files {
		a, known := f.sums[path]
		if !known {
			if a, err = task.Artifact(path); err != nil {
				return packed, fault.Wrap(fault.Rig, "read a file of cell "+t.Cell.Name, err)
			}
			f.sums[path] = a
		}
		a.Name = name
		packed.Artifacts = append(packed.Artifacts, a)
	}
	slices.SortFunc(packed.Artifacts, func(a, b fleet.Artifact) int { return strings.Compare(a.Name, b.Name) })
	return packed, nil
}
