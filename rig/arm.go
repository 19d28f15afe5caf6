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
	job    *job
	image  Image
	reader trial.Reader
	dir    string // of this boot: console, plugin log
	limit  time.Duration
	relay  *relay
	hits   int    // Detection records per mode
	focus  uint64 // see PluginConfig
	// until, where set, ends the stress as soon as it says so of the detections so far.
	until func(hits []wire.Detection) bool

	plugin    *Plugin         // once the machine has started, where the emulator is used
	witnesses []trial.Witness // once run has returned
}

// run boots the arm and returns what it showed. The observation's outcome says
// whether it counts; the error, if any, says why it does not.
func (a *arm) run(ctx context.Context) (trial.Observation, error) {
	spec := a.job.cfg.Spec
	obs := trial.Observation{
		AsIs: spec.AsIs, Patched: a.image.Patched, Reader: a.reader, Expected: a.expected(), Seed: spec.Seed, BlockSize: trial.BlockSize,
		Tallies: []wire.Tally{}, Detections: []wire.Detection{}, Emulator: map[string]uint64{}, Argv: []string{},
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
		err = a.readEmulator(*plugin, &obs)
	}
	if err != nil {
		obs.Error = err.Error()
		if obs.Counts() {
			obs.Outcome = outcomeOf(err)
		}
	}
	return obs, err
}

// marks is how many stale windows the emulator shall save events for.
func (a *arm) marks() int {
	if a.job.mark == (Range{}) {
		return 0
	}
	return a.hits * len(a.job.cfg.Spec.Modes)
}

// readEmulator reads what the plugin left behind: counters and witnesses.
func (a *arm) readEmulator(p Plugin, obs *trial.Observation) (err error) {
	if obs.Emulator, err = a.job.backends().Counters(p); err != nil || p.Trace == "" {
		return err
	}
	if a.until == nil { // else they were told as they came
		a.witnesses, err = a.tell(p, obs.Detections)
	}
	return err
}

// tell gives the witnesses of some detections.
func (a *arm) tell(p Plugin, hits []wire.Detection) ([]trial.Witness, error) {
	return a.job.backends().Witnesses(WitnessConfig{
		Plugin: p, AsIs: a.job.cfg.Spec.AsIs, Patched: a.image.Patched, Reader: a.reader,
		Lines: slices.Concat(a.job.lines[a.image.Patched], a.job.inGuest), Detections: hits,
	})
}

// boot starts the machine, stopped, with the emulator if it is wanted. The
// machine outlives a cancelled ctx, so that what was measured can be asked for.
func (a *arm) boot(ctx context.Context) (VM, *Plugin, error) {
	j := a.job
	done := j.stages.begin(a.name(), "prepare")
	cfg := BootConfig{
		Name: a.name(), Arch: j.arch, Emulator: j.emulator, Accel: j.accel, CPU: j.cfg.Spec.CPU,
		Kernel: a.image.Path, Initrd: j.archive.Path, Dir: a.dir,
	}
	var plugin *Plugin
	if j.emulated() {
		p, err := j.backends().Plugin(ctx, PluginConfig{
			Arch: j.arch, Emulator: j.emulator, CacheDir: j.cfg.CacheDir, Dir: a.dir,
			Scope: slices.Concat(j.scopes[a.image.Patched], j.readers[a.reader]), RAMBytes: ramBytes, Seed: j.cfg.Spec.Seed,
			Mark: j.mark, Marks: a.marks(), Focus: a.focus,
			Extreme: len(j.beside) > 0, Define: j.cfg.Define, Sent: j.cfg.Emulator,
		})
		if err != nil {
			return nil, nil, err
		}
		plugin, cfg.Plugin, a.plugin = &p, &p, &p
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
	if _, err := s.hello(ctx, j.arch.GOARCH, append([]string{j.scenario.Workload}, j.beside...)...); err != nil {
		return err
	}
	obs.BootNS = time.Since(power).Nanoseconds()
	done("")
	if err := a.relay.meet(ctx, vm.Exited()); err != nil {
		return err
	}
	done = j.stages.begin(a.name(), "stress")
	res, err := a.stress(ctx, vm, s)
	if err != nil {
		return err
	}
	done("")
	obs.Ledgers = res.counts
	obs.Tallies, obs.Detections, obs.Outcome = res.tallies, slices.Concat([]wire.Detection{}, res.hits), trial.OutcomeOK
	obs.Series = res.series.Samples()
	if res.cut {
		obs.Outcome = trial.OutcomeCut
	}
	return nil
}

// stress takes the arm's turns until its last record. The machine is paused
// between them; the calls that do so outlive a cancelled ctx, since what was
// measured is then asked for.
func (a *arm) stress(ctx context.Context, vm VM, s *session) (stressed, error) {
	a.relay.take()
	defer a.relay.pass()
	defer a.relay.leave()
	lasting := context.WithoutCancel(ctx)
	var run *stress
	run, err := s.stress(a.start(), a.image.Patched, a.limit, func(news []wire.Tally) bool {
		if a.until != nil && a.until(run.result.hits) {
			return true
		}
		// The patched arm is the last to stop: what it has to show follows from the
		// other's final tallies, which still grow after that is asked to stop.
		return a.relay.settled(a.image.Patched, news) && !(a.image.Patched && a.relay.contested())
	})
	for err == nil {
		done, err := run.slice(ctx, sliceTime)
		switch {
		case err != nil || done:
			return run.result, err
		case !a.relay.contested():
			continue
		}
		if err := vm.Pause(lasting); err != nil {
			return stressed{}, err
		}
		a.relay.pass()
		a.relay.take()
		if err := vm.Cont(lasting); err != nil {
			return stressed{}, err
		}
	}
	return stressed{}, err
}

// expected is what the memory model says of stale reads in this arm.
func (a *arm) expected() trial.Expectation {
	if a.job.cfg.Spec.AsIs && !a.job.arch.TSO {
		return "" // the model is not asked about a kernel that nobody described
	}
	if a.job.arch.TSO || a.image.Patched && a.job.ordered(a.reader) {
		return trial.Never
	}
	return trial.Sometimes
}

func (a *arm) start() wire.Start {
	spec := a.job.cfg.Spec
	return wire.Start{
		Workload: a.job.scenario.Workload, Modes: spec.Modes, Reader: string(a.reader), Seed: spec.Seed,
		BlockSize: trial.BlockSize, Detections: a.hits, ProgressNS: int64(progressTime), Beside: a.job.beside,
	}
}

// name tells the arms of one command apart.
func (a *arm) name() string {
	name := string(trial.VariantOf(a.image.Patched, a.job.cfg.Spec.AsIs))
	if len(a.job.cfg.Spec.Readers) > 1 {
		name += "-" + string(a.reader)
	}
	return name
}

// makeDir makes the boot's folder below the run's.
func (a *arm) makeDir(runDir string) error {
	a.dir = filepath.Join(runDir, a.name())
	return os.MkdirAll(a.dir, 0o755)
}
