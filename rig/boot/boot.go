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
func (b *Boot) Run(ctx context.Context) (trial.Observation, error) {
	obs := trial.Observation{
		Variant: b.Variant, Reader: b.Reader, Expected: b.Expected,
		Seed: b.Start.Seed, BlockSize: b.Start.BlockSize,
		Tallies: []wire.Tally{}, Detections: []wire.Detection{}, Counters: map[string]uint64{}, Argv: []string{},
	}
	defer b.Turns.AllowOthers(b.Variant) // one that did not come so far
	vm, err := b.Open(ctx)
	if vm != nil {
		obs.Argv, obs.Console = vm.Argv(), vm.Console()
		err = b.observe(ctx, vm, &obs)
	}
	if err != nil {
		obs.Outcome, err = explain(b.Config, b.plugin != nil, err, vm)
		if hit, ok := b.seen.panicked(b.Start, err, vm); ok {
			b.Events(trial.Event{Boot: b.Name, Hit: &hit})
			err = b.count(&obs)
		}
	}
	if vm != nil {
		if closeErr := vm.Close(); err == nil {
			err = closeErr // after a failure it would only repeat it
		}
	}
	if err == nil && b.plugin != nil {
		err = b.readEmulator(*b.plugin, &obs)
	} else if b.rounds != nil && b.plugin != nil && b.plugin.Trace != "" {
		b.witnesses, _ = b.ReadWitnesses(b.rounds.hits) // the rounds before stand; what ended the boot is told
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
func (b *Boot) readEmulator(p weakmem.Plugin, obs *trial.Observation) (err error) {
	if obs.Silence, err = b.Silence(); err != nil {
		return err
	}
	if obs.Counters, err = b.Tools.Counters(p.Counters); err != nil || p.Trace == "" {
		return err
	}
	if b.Until == nil { // else Until read them as they came in
		b.witnesses, err = b.ReadWitnesses(b.hits(obs.Detections))
	}
	return err
}

// Plugin is what the machine was started with; nil before that, or without the emulator.
func (b *Boot) Plugin() *weakmem.Plugin { return b.plugin }

// Witnesses are what Run found; none where Until was set, which tells them itself.
func (b *Boot) Witnesses() []trial.Witness { return b.witnesses }

// ReadWitnesses gives the witnesses of some detections; there has to be a plugin.
func (b *Boot) ReadWitnesses(hits []wire.Detection) ([]trial.Witness, error) {
	return b.Tools.Witnesses(WitnessConfig{
		Trace: b.plugin.Trace, Variant: b.Variant, Reader: b.Reader,
		Lines: b.Lines, Detections: hits,
	})
}

// Open starts the machine, stopped, with the emulator if it is wanted. The
// machine outlives a cancelled ctx, so that what was measured can be asked for.
func (b *Boot) Open(ctx context.Context) (VM, error) {
	done := b.Stage(b.Name, "prepare")
	cfg := b.Machine
	if b.Emulator != nil {
		p, err := b.Tools.Plugin(ctx, *b.Emulator)
		if err != nil {
			return nil, err
		}
		b.plugin = &p
		cfg.Plugin, cfg.PluginArgs = p.Path, p.Args
	}
	done("")
	return b.Tools.Start(context.WithoutCancel(ctx), cfg)
}

// observe takes a started machine through its session and fills obs.
func (b *Boot) observe(ctx context.Context, vm VM, obs *trial.Observation) error {
	s := NewSession(vm, b.Name, b.Events)
	defer s.Close()
	done := b.Stage(b.Name, "boot")
	power := time.Now()
	if err := vm.Cont(ctx); err != nil {
		return err
	}
	if _, err := s.Hello(ctx, b.Machine.Arch.GOARCH, b.Workloads...); err != nil {
		return err
	}
	obs.BootNS = time.Since(power).Nanoseconds()
	done("")
	if err := b.Turns.Meet(ctx, vm.Exited()); err != nil {
		return err
	}
	done = b.Stage(b.Name, "stress")
	if b.Rounds != nil {
		obs.Outcome = trial.OutcomeOK
		return b.inRounds(ctx, s, done)
	}
	var err error
	if b.seen, err = b.stress(ctx, vm, s); err != nil {
		return err
	}
	done("")
	fill(obs, b.seen)
	return nil
}

// inRounds takes the kernel through its rounds, which tell what they counted by themselves.
func (b *Boot) inRounds(ctx context.Context, s *Session, done func(string)) error {
	b.rounds = &rounds{Session: s, config: b.Config, next: b.Rounds}
	if b.plugin != nil {
		b.rounds.noted = func() (n noted, err error) {
			if n.sites, err = b.Tools.Sites(b.plugin.Sites); err == nil && b.plugin.Altered != "" {
				n.altered, err = b.Tools.Altered(b.plugin.Altered, b.Emulator.Alterations)
			}
			return n, err
		}
	}
	err := b.rounds.run(ctx)
	if b.seen = b.rounds.seen; err == nil {
		done("")
	}
	return err
}

// count counts the stress that a panic of the bug's has ended.
func (b *Boot) count(obs *trial.Observation) error {
	if b.rounds == nil {
		fill(obs, b.seen)
		return nil
	}
	b.rounds.seen, obs.Outcome = b.seen, trial.OutcomeOK
	last, err := b.rounds.shown()
	if err == nil {
		b.Rounds(last)
	}
	return err
}

// hits are those to look for witnesses of.
func (b *Boot) hits(counted []wire.Detection) []wire.Detection {
	if b.rounds == nil {
		return counted
	}
	return b.rounds.hits
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
func (b *Boot) stress(ctx context.Context, vm VM, s *Session) (stressed, error) {
	b.Turns.Begin(b.Variant)
	defer b.Turns.Pass()
	defer b.Turns.Leave()
	lasting := context.WithoutCancel(ctx)
	var run *stress
	start := b.Start
	start.More = true // so that the guest powers off once its last record has been read: see wire
	run, err := s.stress(start, b.Variant, b.Limit, func(tallies []wire.Tally) bool {
		if b.Until != nil && b.Until(run.result.hits) {
			return true
		}
		// The patched kernel is the last to stop: what it has to show follows from the
		// other's final tallies, which still grow after that is asked to stop.
		return b.Turns.Settled(b.Variant, tallies) && !(b.Variant == trial.Patched && b.Turns.OthersWait())
	})
	for err == nil {
		done, err := run.slice(ctx, sliceTime)
		switch {
		case done:
			run.end()
			return run.result, err
		case err != nil:
			return run.result, err
		case !b.Turns.OthersWait():
			continue
		}
		if err := vm.Pause(lasting); err != nil {
			return run.result, err
		}
		b.Turns.Pass()
		b.Turns.Take()
		if err := vm.Cont(lasting); err != nil {
			return run.result, err
		}
	}
	return stressed{}, err
}

// Silence reads what the emulator noted of the kernel's two writes and its reader,
// also while the machine runs; nil without the emulator.
func (b *Boot) Silence() (*trial.Silence, error) {
	if b.plugin == nil {
		return nil, nil
	}
	sites, err := b.Tools.Sites(b.plugin.Sites)
	if err != nil {
		return nil, err
	}
	s := silenceOf(sites, b.Writes, b.Entries, b.Lines)
	return &s, nil
}
