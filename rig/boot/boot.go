// SPDX-License-Identifier: Apache-2.0

package boot

import (
	"context"
	"slices"
	"time"

	"kcovrig/guest/wire"
	"kcovrig/rig/internal/weakmem"
	"kcovrig/rig/trial"
)

// Boot is one boot under way: what it is made of, and what it has brought so far.
type Boot struct {
	Config
	Tools  Tools
	Stage  func(boot, name string) (end func(detail string)) // called when a stage begins
	Events trial.Sink
	Turns  *Turns
	// Until, where set, ends the stress as soon as it says so of the detections so far.
	Until func(hits []wire.Detection) bool
	// Rounds, where set, makes the boot one of several stresses: it is called before each
	// with what the last one brought, nil at first, and gives the next; nil ends the boot.
	Rounds func(last *Shown) *Round

	seen      stressed        // once the stress has ended, in whatever way
	rounds    *rounds         // once they have begun
	plugin    *weakmem.Plugin // once the machine has started, where the emulator is used
	witnesses []trial.Witness // once run has returned
}

// Run boots, and returns what the kernel showed. The observation's outcome says
// whether it counts; the error, if any, says why it does not.
func (a *Boot) Run(ctx context.Context) (trial.Observation, error) {
	obs := trial.Observation{
		Variant: a.Variant, Reader: a.Reader, Expected: a.Expected,
		Seed: a.Start.Seed, BlockSize: a.Start.BlockSize,
		Tallies: []wire.Tally{}, Detections: []wire.Detection{}, Counters: map[string]uint64{}, Argv: []string{},
	}
	defer a.Turns.Forgo(a.Variant) // one that did not come so far
	vm, err := a.Open(ctx)
	if vm != nil {
		obs.Argv, obs.Console = vm.Argv(), vm.Console()
		err = a.observe(ctx, vm, &obs)
	}
	if err != nil {
		obs.Outcome, err = explain(a.Config, a.plugin != nil, err, vm)
		if hit, ok := a.seen.panicked(a.Start, err, vm); ok {
			a.Events(trial.Event{Boot: a.Name, Hit: &hit})
			err = a.count(&obs)
		}
	}
	if vm != nil {
		if closeErr := vm.Close(); err == nil {
			err = closeErr // after a failure it would only repeat it
		}
	}
	if err == nil && a.plugin != nil {
		err = a.readEmulator(*a.plugin, &obs)
	} else if a.rounds != nil && a.plugin != nil && a.plugin.Trace != "" {
		a.witnesses, _ = a.ReadWitnesses(a.rounds.hits) // the rounds before stand; what ended the boot is told
	}
	if err != nil {
		obs.Error = err.Error()
		if obs.Outcome.Counts() {
			obs.Outcome = outcomeOf(err)
		}
	}
	return obs, err
}

// readEmulator reads what the plugin left behind: counters, sites and witnesses.
func (a *Boot) readEmulator(p weakmem.Plugin, obs *trial.Observation) (err error) {
	if obs.Silence, err = a.Silence(); err != nil {
		return err
	}
	if obs.Counters, err = a.Tools.Counters(p.Counters); err != nil || p.Trace == "" {
		return err
	}
	if a.Until == nil { // else Until read them as they came in
		a.witnesses, err = a.ReadWitnesses(a.hits(obs.Detections))
	}
	return err
}

// Plugin is what the machine was started with; nil before that, or without the emulator.
func (a *Boot) Plugin() *weakmem.Plugin { return a.plugin }

// Witnesses are what Run found; none where Until was set, which tells them itself.
func (a *Boot) Witnesses() []trial.Witness { return a.witnesses }

// ReadWitnesses gives the witnesses of some detections; there has to be a plugin.
func (a *Boot) ReadWitnesses(hits []wire.Detection) ([]trial.Witness, error) {
	return a.Tools.Witnesses(WitnessConfig{
		Trace: a.plugin.Trace, Variant: a.Variant, Reader: a.Reader,
		Lines: a.Lines, Detections: hits,
	})
}

// Open starts the machine, stopped, with the emulator if it is wanted. The
// machine outlives a cancelled ctx, so that what was measured can be asked for.
func (a *Boot) Open(ctx context.Context) (VM, error) {
	done := a.Stage(a.Name, "prepare")
	cfg := a.Machine
	if a.Emulator != nil {
		p, err := a.Tools.Plugin(ctx, *a.Emulator)
		if err != nil {
			return nil, err
		}
		a.plugin = &p
		cfg.Plugin, cfg.PluginArgs = p.Path, p.Args
	}
	done("")
	return a.Tools.Start(context.WithoutCancel(ctx), cfg)
}

// observe takes a started machine through its session and fills obs.
func (a *Boot) observe(ctx context.Context, vm VM, obs *trial.Observation) error {
	s := NewSession(vm.Wire(), a.Name, a.Events)
	defer s.Close()
	done := a.Stage(a.Name, "boot")
	power := time.Now()
	if err := vm.Cont(ctx); err != nil {
		return err
	}
	if _, err := s.Hello(ctx, a.Machine.Arch.GOARCH, a.Workloads...); err != nil {
		return err
	}
	obs.BootNS = time.Since(power).Nanoseconds()
	done("")
	if err := a.Turns.Meet(ctx, vm.Exited()); err != nil {
		return err
	}
	done = a.Stage(a.Name, "stress")
	if a.Rounds != nil {
		obs.Outcome = trial.OutcomeOK
		return a.inRounds(ctx, s, done)
	}
	var err error
	if a.seen, err = a.stress(ctx, vm, s); err != nil {
		return err
	}
	done("")
	fill(obs, a.seen)
	return nil
}

// inRounds takes the kernel through its rounds, which tell what they counted by themselves.
func (a *Boot) inRounds(ctx context.Context, s *Session, done func(string)) error {
	a.rounds = &rounds{Session: s, config: a.Config, next: a.Rounds}
	if a.plugin != nil {
		a.rounds.noted = func() (n noted, err error) {
			if n.sites, err = a.Tools.Sites(a.plugin.Sites); err == nil && a.plugin.Altered != "" {
				n.altered, err = a.Tools.Altered(a.plugin.Altered, a.Emulator.Alterations)
			}
			return n, err
		}
	}
	err := a.rounds.run(ctx)
	if a.seen = a.rounds.seen; err == nil {
		done("")
	}
	return err
}

// count counts the stress that a panic of the bug's has ended.
func (a *Boot) count(obs *trial.Observation) error {
	if a.rounds == nil {
		fill(obs, a.seen)
		return nil
	}
	a.rounds.seen, obs.Outcome = a.seen, trial.OutcomeOK
	last, err := a.rounds.shown()
	if err == nil {
		a.Rounds(last)
	}
	return err
}

// hits are those to look for witnesses of.
func (a *Boot) hits(counted []wire.Detection) []wire.Detection {
	if a.rounds == nil {
		return counted
	}
	return a.rounds.hits
}

// fill takes over what a stress brought.
func fill(obs *trial.Observation, res stressed) {
	obs.Ledgers = res.counts
	obs.Tallies, obs.Detections, obs.Outcome = res.tallies, slices.Concat([]wire.Detection{}, res.hits), trial.OutcomeOK
	obs.Series = res.series.Samples()
	if res.cut {
		obs.Outcome = trial.OutcomeCut
	}
}

// stress takes the kernel's turns until its last record. The machine is paused
// between them; the calls that do so outlive a cancelled ctx, since what was
// measured is then asked for.
func (a *Boot) stress(ctx context.Context, vm VM, s *Session) (stressed, error) {
	a.Turns.Begin(a.Variant)
	defer a.Turns.Pass()
	defer a.Turns.Leave()
	lasting := context.WithoutCancel(ctx)
	var run *stress
	start := a.Start
	start.More = true // so that the guest powers off once its last record has been read: see wire
	run, err := s.stress(start, a.Variant, a.Limit, func(tallies []wire.Tally) bool {
		if a.Until != nil && a.Until(run.result.hits) {
			return true
		}
		// The patched kernel is the last to stop: what it has to show follows from the
		// other's final tallies, which still grow after that is asked to stop.
		return a.Turns.Settled(a.Variant, tallies) && !(a.Variant == trial.Patched && a.Turns.OthersWait())
	})
	for err == nil {
		done, err := run.slice(ctx, sliceTime)
		switch {
		case done:
			run.end()
			return run.result, err
		case err != nil:
			return run.result, err
		case !a.Turns.OthersWait():
			continue
		}
		if err := vm.Pause(lasting); err != nil {
			return run.result, err
		}
		a.Turns.Pass()
		a.Turns.Take()
		if err := vm.Cont(lasting); err != nil {
			return run.result, err
		}
	}
	return stressed{}, err
}

// Silence reads what the emulator noted of the kernel's two writes and its reader,
// also while the machine runs; nil without the emulator.
func (a *Boot) Silence() (*trial.Silence, error) {
	if a.plugin == nil {
		return nil, nil
	}
	sites, err := a.Tools.Sites(a.plugin.Sites)
	if err != nil {
		return nil, err
	}
	s := silenceOf(sites, a.Writes, a.Entries, a.Lines)
	return &s, nil
}
