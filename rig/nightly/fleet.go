// SPDX-License-Identifier: Apache-2.0

package nightly

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
	"kcovrig/rig/fleet"
	"kcovrig/rig/matrix"
	"kcovrig/rig/task"
	"kcovrig/rig/trial"
	"kcovrig/rig/worker"
)

// fleetExecutor runs cells on the workers of a NATS server or, where none is
// named, on this machine, by a server in this process that opens no port.
type fleetExecutor struct {
	cfg   Config
	run   string
	tasks map[string]task.Cell // by cell
	sums  map[string]fleet.Artifact
	done  func(matrix.CellResult)
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
		cfg: cfg, run: "matrix-" + doc.Hash[:12] + "-" + started,
		tasks: map[string]task.Cell{}, sums: map[string]fleet.Artifact{},
	}
}

// Run queues the tasks and takes their outcomes.
func (f *fleetExecutor) Run(ctx context.Context, tasks []task.Cell, done func(matrix.CellResult)) (err error) {
	folder, err := disk.NewWorkFolder()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, folder.Close()) }()
	f.done = done
	cfg := fleet.CoordinatorConfig{
		Server: fleet.Server{URL: f.cfg.NATS, Auth: f.cfg.Auth}, Run: f.run, LogDir: filepath.Join(folder.Dir, "logs"),
		Attempts: f.cfg.Retries + 1, Notify: f.notify,
	}
	if f.cfg.NATS == "" {
		own, startErr := f.startLocal(ctx, folder.Dir, tasks)
		if startErr != nil {
			return startErr
		}
		defer func() { err = errors.Join(err, own.close()) }()
		cfg.Server = fleet.Server{Embedded: own.server}
		tasks = own.rejectUnrunnable(tasks, done)
	}
	_, err = fleet.Coordinate(ctx, cfg, f.queue(tasks), f.take)
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
		f.tasks[t.Cell.ID] = t
		kind := task.NeedsOf(t.Cell).String()
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
	packed := fleet.Task{ID: t.Cell.ID, Needs: task.NeedsOf(t.Cell), Spec: p.Spec}
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

// take puts one cell's outcome in its place.
func (f *fleetExecutor) take(o fleet.Outcome) error {
	t, known := f.tasks[o.Task]
	if !known {
		return fault.Newf(fault.Rig, "take an outcome", "no cell has the identity %s", o.Task)
	}
	var sent task.CellDone
	if len(o.Value) > 0 {
		if err := json.Unmarshal(o.Value, &sent); err != nil {
			return fault.Wrap(fault.Rig, "read the result of "+t.Cell.Name, err)
		}
	}
	r := sent.Result
	if len(o.Value) == 0 || o.Status != fleet.Done && r.Status != matrix.Failed {
		r = failedCell(t.Cell, o.Failure.Err())
	}
	r.Cell, r.Worker, r.Folder = t.Cell, o.Worker, ""
	for _, fail := range o.Faults {
		r.Retries = append(r.Retries, fail.Err().Error())
	}
	if len(o.Logs) > 0 {
		var err error
		if r.Folder, err = unpack(o.Logs, sent.Folder, t); err != nil {
			return err
		}
	}
	f.done(r)
	return nil
}

// unpack moves a run folder that came as logs to its place, and makes its paths
// point town.
func unpack(logs []fleet.Log, was string, t task.Cell) (string, error) {
	op := "keep the run folder of " + t.Cell.Name
	folder, err := task.FreeFolder(t.Dir, t.Cell.ID)
	if err != nil {
		return "", err
	}
	aside := folder + ".new"
	if err := os.RemoveAll(aside); err != nil { // of one that was killed
		return "", fault.Wrap(fault.Rig, op, err)
	}
	for _, l := range logs {
		_, below, _ := strings.Cut(l.Name, "/") // the task's own folder for cells
		_, below, _ = strings.Cut(below, "/")   // the run folder's name
		if l.Path == "" || !filepath.IsLocal(below) {
			continue // a notice said so
		}
		data, err := os.ReadFile(l.Path)
		if err == nil {
			data = []byte(strings.ReplaceAll(string(data), was+"/", folder+"/"))
			err = disk.WriteFile(filepath.Join(aside, below), data)
		}
		if err != nil {
			return "", fault.Wrap(fault.Rig, op, err)
		}
	}
	if err := disk.Move(context.Background(), aside, folder); err != nil {
		return "", fault.Wrap(fault.Rig, op, err)
	}
	return filepath.Join(filepath.Base(t.Dir), filepath.Base(folder)), nil
}

// local is this machine as the only worker of a server in this process.
type local struct {
	server *fleet.Embedded
	labels fleet.Labels
	stop   context.CancelFunc
	work   sync.WaitGroup
	err    error
}

func (f *fleetExecutor) startLocal(ctx context.Context, dir string, tasks []task.Cell) (*local, error) {
	server, err := fleet.StartEmbedded(ctx, filepath.Join(dir, "nats"))
	if err != nil {
		return nil, err
	}
	h := &local{server: server}
	ctx, h.stop = context.WithCancel(ctx)
	m, err := worker.Open(ctx, worker.Config{
		Name: "here", Slots: f.cfg.Parallel, CacheDir: f.cfg.CacheDir, QEMU: f.cfg.QEMU, Dir: filepath.Join(dir, "worker"),
		Version: f.cfg.Version, Verbose: f.cfg.Verbose, Events: f.cfg.Events, Doers: f.cfg.Doers, Server: fleet.Server{Embedded: server},
		NoKVM: !slices.ContainsFunc(tasks, func(t task.Cell) bool { return task.NeedsOf(t.Cell).KVM }),
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

// rejectUnrunnable gives the cells that this machine cannot run their results, since no
// other will come, and returns the rest.
func (h *local) rejectUnrunnable(tasks []task.Cell, done func(matrix.CellResult)) []task.Cell {
	return slices.DeleteFunc(slices.Clone(tasks), func(t task.Cell) bool {
		n := task.NeedsOf(t.Cell)
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
