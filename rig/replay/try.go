// SPDX-License-Identifier: Apache-2.0

package replay

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"kcovrig/guest/wire"
	"kcovrig/rig/boot"
	"kcovrig/rig/command"
	"kcovrig/rig/fault"
	"kcovrig/rig/prepare"
	"kcovrig/rig/trial"
)

const (
	// replayHits is the number of hits per mode whose kind is looked at in
	// a try. Each place costs memory in the emulator's trace.
	replayHits = 1024
	// maxFirstFaults is how many tries in a row, from the first, may be faults.
	maxFirstFaults = 3
)

// attempt is one boot in which the hit is waited for.
type attempt struct {
	*boot.Boot
	want      trial.Signature
	seen      int // detections looked at
	witnesses int
	found     *trial.Witness
	err       error // of looking
}

// tries boots until all tries are done, or ctx ends, or none gets anywhere. It returns what
// the last try that reached it showed, else the last one.
func (r *replay) tries(ctx context.Context, run *command.Run, setup *prepare.Setup, focus uint64) (tells prepare.Shown, err error) {
	var folder folderOfTry
	var last error
	for n := 1; n <= r.cfg.Tries && ctx.Err() == nil; n++ {
		end := run.Stages.Begin(string(r.report.Signature.Variant), "try")
		a, err := r.attempt(setup, focus, filepath.Join(run.Folder.Work, fmt.Sprintf("try%03d", n)))
		if err != nil {
			return tells, err
		}
		obs, err := a.Run(ctx)
		if p := a.Plugin(); p != nil {
			_ = os.Remove(p.Trace) // large, and read already
		}
		if ctx.Err() != nil && a.found == nil {
			break // it has not had its time
		}
		var t trial.Try
		t, last = a.judge(obs, err)
		r.report.Add(t)
		end(fmt.Sprintf("%d of %d, %s", n, r.cfg.Tries, t.Words(run.Scenario.Words)))
		latest := t.Outcome == trial.TryReached || r.report.Reached == 0
		if latest {
			tells = prepare.Shown{Observations: []trial.Observation{obs}, Witnesses: a.shown()}
		}
		command.NoteHousekeeping(run.Config.Events, folder.next(folderOfTry{a.Dir, t.Outcome == trial.TryFault}, latest))
		if r.report.Faults == maxFirstFaults && len(r.report.Tries) == maxFirstFaults {
			break
		}
	}
	switch counted := r.report.Reached + r.report.Missed; {
	case counted > 0:
		return tells, nil
	case ctx.Err() != nil:
		return tells, ctx.Err()
	}
	return tells, last
}

// attempt prepares the next try, whose folder is to be below the given one.
func (r *replay) attempt(setup *prepare.Setup, focus uint64, below string) (*attempt, error) {
	s := r.report.Signature
	planned, err := setup.Quiet().Boot(prepare.BootRequest{
		Variant: s.Variant, Reader: s.Reader, Limit: r.cfg.Limit, Hits: replayHits, Focus: focus, Below: below,
		Number: int(max(r.witness().Detection.Boot, 1) - 1), // each boot had a seed of its own
	}, boot.NewTurns(1, "", nil))
	if err != nil {
		return nil, err
	}
	a := &attempt{want: s, Boot: planned}
	a.Until = a.look
	return a, nil
}

// look reads the witnesses that are new and says whether the try is over:
// the hit was reached, or no more of them can have a witness.
func (a *attempt) look(hits []wire.Detection) bool {
	unread := hits[a.seen:]
	a.seen = len(hits)
	if a.found != nil || a.err != nil || a.Plugin() == nil || !slices.ContainsFunc(unread, func(d wire.Detection) bool { return d.Witness != 0 }) {
		return a.found != nil || a.err != nil || exhausted(hits, a.want.Mode)
	}
	var read []trial.Witness
	if read, a.err = a.ReadWitnesses(unread); a.err != nil {
		return true
	}
	for _, w := range read {
		if w.Detection.Mode != a.want.Mode {
			continue
		}
		a.witnesses++
		if kind, err := trial.SignatureOf(w); err == nil && a.want.Same(kind) {
			a.found = &w
			return true
		}
	}
	return exhausted(hits, a.want.Mode)
}

// exhausted says whether the guest will report no more of the mode.
func exhausted(hits []wire.Detection, mode string) bool {
	n := 0
	for _, d := range hits {
		if d.Mode == mode {
			n++
		}
	}
	return n >= replayHits
}

// judge says how the try ended, and returns the error that made it a fault. A
// boot that failed counts for nothing, whatever it had shown before.
func (a *attempt) judge(obs trial.Observation, err error) (trial.Try, error) {
	t := trial.Try{Outcome: trial.TryMissed, BootNS: obs.BootNS, Witnesses: a.witnesses}
	if tally, ok := obs.Tally(a.want.Mode); ok {
		t.Windows = tally.Windows
	}
	if err = errors.Join(err, a.err); err != nil {
		failure := trial.FailureOf(err)
		t.Outcome, t.Error, t.Whose = trial.TryFault, failure.Message, failure.Whose
		return t, err
	}
	if a.found != nil {
		t.Outcome, t.ReachedNS = trial.TryReached, a.found.Detection.AtNS
	}
	return t, nil
}

// shown are the witnesses that the result keeps of the try: the one that was
// waited for, else none.
func (a *attempt) shown() []trial.Witness {
	if a.found == nil {
		return nil
	}
	return []trial.Witness{*a.found}
}

// folderOfTry is where a boot wrote. Faulty ones are kept, for whoever looks for
// the reason.
type folderOfTry struct {
	dir    string
	faulty bool
}

// next keeps the folder of the try that the result tells of.
func (f *folderOfTry) next(latest folderOfTry, tells bool) error {
	if tells {
		*f, latest = latest, *f
	}
	if latest.dir == "" || latest.faulty {
		return nil
	}
	return fault.Wrap(fault.Rig, "tidy the run folder", os.RemoveAll(filepath.Dir(latest.dir)))
}
