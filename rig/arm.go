// SPDX-License-Identifier: Apache-2.0

package rig

import (
	"context"
	"slices"
	"time"

	"kcovrig/guest/wire"
	"kcovrig/rig/internal/weakmem"
	"kcovrig/rig/trial"
)

// arm is one boot under way: its plan, and what it has brought so far.
type arm struct {
	bootPlan
	doers  bootDoers
	stages *stages
	events trial.Sink
	relay  *relay
	// until, where set, ends the stress as soon as it says so of the detections so far.
	until func(hits []wire.Detection) bool

	plugin    *weakmem.Plugin // once the machine has started, where the emulator is used
	witnesses []trial.Witness // once run has returned
}

// run boots the arm and returns what it showed. The observation's outcome says
// whether it counts; the error, if any, says why it does not.
func (a *arm) run(ctx context.Context) (trial.Observation, error) {
	obs := trial.Observation{
		AsIs: a.variant == trial.AsIs, Patched: a.variant == trial.Patched, Reader: a.reader, Expected: a.expected,
		Seed: a.start.Seed, BlockSize: a.start.BlockSize,
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

// readEmulator reads what the plugin left behind: counters, sites and witnesses.
func (a *arm) readEmulator(p weakmem.Plugin, obs *trial.Observation) (err error) {
	if obs.Silence, err = a.silence(); err != nil {
		return err
	}
	if obs.Emulator, err = a.doers.counters(p.Counters); err != nil || p.Trace == "" {
		return err
	}
	if a.until == nil { // else they were told as they came
		a.witnesses, err = a.tell(p, obs.Detections)
	}
	return err
}

// tell gives the witnesses of some detections.
func (a *arm) tell(p weakmem.Plugin, hits []wire.Detection) ([]trial.Witness, error) {
	return a.doers.witnesses(WitnessConfig{
		Trace: p.Trace, AsIs: a.variant == trial.AsIs, Patched: a.variant == trial.Patched, Reader: a.reader,
		Lines: a.lines, Detections: hits,
	})
}

// boot starts the machine, stopped, with the emulator if it is wanted. The
// machine outlives a cancelled ctx, so that what was measured can be asked for.
func (a *arm) boot(ctx context.Context) (VM, *weakmem.Plugin, error) {
	done := a.stages.begin(a.name, "prepare")
	cfg := a.machine
	var plugin *weakmem.Plugin
	if a.emulator != nil {
		p, err := a.doers.plugin(ctx, *a.emulator)
		if err != nil {
			return nil, nil, err
		}
		plugin, a.plugin = &p, &p
		cfg.Plugin, cfg.PluginArgs = p.Path, p.Args
	}
	done("")
	vm, err := a.doers.start(context.WithoutCancel(ctx), cfg)
	return vm, plugin, err
}

// observe takes a started machine through its session and fills obs.
func (a *arm) observe(ctx context.Context, vm VM, obs *trial.Observation) error {
	s := newSession(vm.Wire(), a.name, a.events)
	defer s.close()
	done := a.stages.begin(a.name, "boot")
	power := time.Now()
	if err := vm.Cont(ctx); err != nil {
		return err
	}
	if _, err := s.hello(ctx, a.machine.Arch.GOARCH, a.workloads...); err != nil {
		return err
	}
	obs.BootNS = time.Since(power).Nanoseconds()
	done("")
	if err := a.relay.meet(ctx, vm.Exited()); err != nil {
		return err
	}
	done = a.stages.begin(a.name, "stress")
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
	run, err := s.stress(a.start, a.variant, a.limit, func(news []wire.Tally) bool {
		if a.until != nil && a.until(run.result.hits) {
			return true
		}
		// The patched arm is the last to stop: what it has to show follows from the
		// other's final tallies, which still grow after that is asked to stop.
		return a.relay.settled(a.variant, news) && !(a.variant == trial.Patched && a.relay.contested())
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
