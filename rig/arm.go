// SPDX-License-Identifier: Apache-2.0

package rig

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"time"

	"kcovrig/guest/wire"
	"kcovrig/rig/trial"
)

// arm is one boot: its kernel, its machine, and what it is asked to show.
type arm struct {
	job   *job
	image Image
	dir   string // of this boot: console, plugin log
	limit time.Duration
	// settled makes the rule that ends the stress, from the tallies of the arm
	// that was waited for, if any.
	settled func(waitedFor []wire.Tally) trial.Settled
	turn    turn
}

// turn lets one arm's stress wait for another's end, so that the two vCPUs of
// the one that runs have host cores of their own.
type turn struct {
	wait <-chan []wire.Tally // nil: at once
	pass chan<- []wire.Tally // takes the tallies when the stress has ended, is closed at the arm's end; may be nil
}

// run boots the arm and returns what it showed. The observation's outcome says
// whether it counts; the error, if any, says why it does not.
func (a *arm) run(ctx context.Context) (trial.Observation, error) {
	spec := a.job.cfg.Spec
	obs := trial.Observation{
		Patched: a.image.Patched, Reader: spec.Reader, Seed: spec.Seed, BlockSize: trial.BlockSize,
		Tallies: []wire.Tally{}, Detections: []wire.Detection{}, Emulator: map[string]uint64{}, Argv: []string{},
	}
	if a.turn.pass != nil {
		defer close(a.turn.pass)
	}
	vm, plugin, err := a.boot(ctx)
	if vm != nil {
		obs.Argv, obs.Console = vm.Argv(), vm.Console()
		err = a.observe(ctx, vm, &obs)
	}
	if err != nil {
		obs.Outcome, err = a.explain(err, vm)
	}
	if vm != nil {
		if closeErr := vm.Close(); err == nil {
			err = closeErr // after a failure it would only repeat it
		}
	}
	if err == nil && plugin != nil {
		obs.Emulator, err = a.job.backends().Counters(*plugin)
	}
	if err != nil {
		obs.Error = err.Error()
		if obs.Counts() {
			obs.Outcome = outcomeOf(err)
		}
	}
	return obs, err
}

// boot starts the machine, stopped, with the emulator if it is wanted. The
// machine outlives a cancelled ctx, so that what was measured can be asked for.
func (a *arm) boot(ctx context.Context) (VM, *Plugin, error) {
	j := a.job
	done := j.stages.begin(a.name(), "prepare")
	cfg := BootConfig{
		Name: a.name(), Arch: j.arch, Emulator: j.emulator, Accel: j.accel,
		Kernel: a.image.Path, Initrd: j.archive.Path, Dir: a.dir,
	}
	var plugin *Plugin
	if j.emulated() {
		cfg.RAMFile = filepath.Join(j.ram.dir, a.name())
		p, err := j.backends().Plugin(ctx, PluginConfig{
			Arch: j.arch, Emulator: j.emulator, CacheDir: j.cfg.CacheDir, Dir: a.dir,
			Scope: j.scopes[a.image.Patched], RAMFile: cfg.RAMFile, RAMBytes: ramBytes, Seed: j.cfg.Spec.Seed,
		})
		if err != nil {
			return nil, nil, err
		}
		plugin, cfg.Plugin = &p, &p
	}
	done("")
	vm, err := j.backends().Boot(context.WithoutCancel(ctx), cfg)
	return vm, plugin, err
}

// observe takes a started machine through its session and fills obs.
func (a *arm) observe(ctx context.Context, vm VM, obs *trial.Observation) error {
	j := a.job
	s := newSession(vm.Wire(), a.name(), j.cfg.Events)
	defer s.close()
	done := j.stages.begin(a.name(), "boot")
	power := time.Now()
	if err := vm.Cont(ctx); err != nil {
		return err
	}
	if _, err := s.hello(ctx, j.arch.GOARCH, j.scenario.Workload); err != nil {
		return err
	}
	obs.BootNS = time.Since(power).Nanoseconds()
	done("")
	var before []wire.Tally
	if a.turn.wait != nil {
		select {
		case before = <-a.turn.wait:
		case <-vm.Exited():
			return errCut
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	done = j.stages.begin(a.name(), "stress")
	res, err := s.stress(ctx, a.start(), a.limit, a.rule(before))
	if err != nil {
		return err
	}
	done("")
	if a.turn.pass != nil {
		a.turn.pass <- res.tallies
	}
	obs.Tallies, obs.Detections, obs.Outcome = res.tallies, slices.Concat([]wire.Detection{}, res.hits), trial.OutcomeOK
	obs.Series = res.series.Samples()
	if res.cut {
		obs.Outcome = trial.OutcomeCut
	}
	return nil
}

func (a *arm) rule(before []wire.Tally) trial.Settled {
	if a.settled == nil || a.job.cfg.Spec.Duration > 0 {
		return nil
	}
	return a.settled(before)
}

func (a *arm) start() wire.Start {
	spec := a.job.cfg.Spec
	return wire.Start{
		Workload: a.job.scenario.Workload, Modes: spec.Modes, Reader: string(spec.Reader), Seed: spec.Seed,
		BlockSize: trial.BlockSize, Detections: maxHits, ProgressNS: int64(progressTime),
	}
}

func (a *arm) name() string { return trial.Observation{Patched: a.image.Patched}.Arm() }

// makeDir makes the boot's folder below the run's.
func (a *arm) makeDir(runDir string) error {
	a.dir = filepath.Join(runDir, a.name())
	return os.MkdirAll(a.dir, 0o755)
}
