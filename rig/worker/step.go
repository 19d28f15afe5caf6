// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"time"

	"kcovrig/rig/bisector"
	"kcovrig/rig/fault"
	"kcovrig/rig/fleet"
	"kcovrig/rig/task"
	"kcovrig/rig/trial"
)

// step builds and boots one commit from the history that came with it.
func (m *Machine) step(ctx context.Context, t fleet.Task, dir string) (fleet.Result, error) {
	var s task.Step
	if err := json.Unmarshal(t.Spec, &s); err != nil {
		return fleet.Result{}, fault.Wrap(fault.Rig, "unpack a step", err)
	}
	if err := errors.Join(s.Validate(), m.allows(s.Spec)); err != nil {
		return fleet.Result{}, err
	}
	began, steps := time.Now(), filepath.Join(dir, "steps")
	if err := os.Mkdir(steps, 0o755); err != nil {
		return fleet.Result{}, fault.Wrap(fault.Rig, "make the step's folder", err)
	}
	p, release, err := m.workspaces.acquire(ctx, t, s, dir)
	if err != nil {
		return fleet.Result{}, ofThisMachine(err)
	}
	sent := task.StepDone{Steps: steps}
	if s.SentEmulator != nil {
		s.SentEmulator.Path = filepath.Join(dir, s.SentEmulator.Path)
	}
	tested, failure := p.Test(ctx, s.Commit, bisector.Request{
		Share: s.Share, Duration: s.Duration, Compiler: s.Compiler, Name: s.Name, Folder: filepath.Join(steps, s.Name), SentEmulator: s.SentEmulator,
	})
	sent.Result, sent.Basis = tested.Result, tested.Basis
	m.ran.add(ctx, "step", s.Commit[:min(12, len(s.Commit))], shownBy(tested.Result), began, failure)
	if failure != nil && sent.Result.Failure == nil {
		sent.Result.Failure = trial.FailureOf(failure)
	}
	kind := fault.KindOf(failure)
	err = release(failure == nil || ctx.Err() == nil && (kind == fault.Kernel || kind == fault.Guest))
	failure = errors.Join(ofThisMachine(failure), err)
	result := fleet.Result{}
	if result.Value, err = json.Marshal(sent); err != nil {
		return result, fault.Wrap(fault.Rig, "send the result of "+s.Name, err)
	}
	result.Logs, err = filesBelow(dir, "steps")
	return result, errors.Join(failure, err)
}

// shownBy says what a commit's kernel has shown.
func shownBy(r trial.Result) string {
	var hits, all uint64
	for _, o := range r.Observations {
		for _, t := range o.Tallies {
			hits, all = hits+t.HitWindows, all+t.Windows
		}
	}
	return r.Words.Short(hits, all)
}

// ofThisMachine turns a user's fault into one of the rig's: the coordinator has
// checked what its user asked for, so this machine is set up wrongly, and another
// one may do better.
func ofThisMachine(err error) error {
	if fault.KindOf(err) != fault.User {
		return err
	}
	f := trial.FailureOf(err)
	return &fault.Error{Kind: fault.Rig, Err: errors.New(f.Message), Log: f.Log, Tail: f.Tail, Try: f.Try}
}
