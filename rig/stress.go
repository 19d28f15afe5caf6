// SPDX-License-Identifier: Apache-2.0

package rig

import (
	"context"
	"fmt"
	"time"

	"kcovrig/guest/wire"
	"kcovrig/rig/fault"
	"kcovrig/rig/trial"
)

// stress is one stress from Start to Done.
type stress struct {
	*session
	start   wire.Start
	settled trial.Settled // nil: only the limit ends it
	stopped bool
	result  stressed
}

// stressed is what a stress brought.
type stressed struct {
	tallies []wire.Tally
	hits    []wire.Detection
	series  trial.Series
	cut     bool // ctx ended it; the tallies are whole, only shorter
}

// stress starts the workload and follows it until settled says so, limit has
// passed, or ctx ends; then it asks for Done, without which there is no result.
func (s *session) stress(ctx context.Context, start wire.Start, limit time.Duration, settled trial.Settled) (stressed, error) {
	run := &stress{session: s, start: start, settled: settled}
	if err := s.send(wire.Record{Start: &start}); err != nil {
		return stressed{}, err
	}
	end := time.NewTimer(limit)
	defer end.Stop()
	silence := time.NewTimer(stallTimeout)
	defer silence.Stop()
	interrupted := ctx.Done()
	for {
		var err error
		done := false
		select {
		case <-interrupted:
			interrupted, run.result.cut = nil, !run.stopped
			run.stop()
		case <-end.C:
			run.stop()
		case <-silence.C:
			err = fmt.Errorf("no record for %v: %w", stallTimeout, errSilent)
		case p, open := <-s.in:
			silence.Reset(stallTimeout)
			done, err = run.take(p.check(open))
		}
		if done || err != nil {
			return run.result, err
		}
	}
}

// stop asks for Done, once. A guest that cannot be asked has said why, or its
// stream has ended: either is read next, and says more than the failed write.
func (r *stress) stop() {
	if !r.stopped {
		r.stopped = true
		_ = r.send(wire.Record{Stop: &wire.Stop{}})
	}
}

// take handles one record and says whether it was the last.
func (r *stress) take(rec wire.Record, err error) (done bool, _ error) {
	switch {
	case err != nil:
		return false, err
	case rec.Detection != nil:
		r.result.hits = append(r.result.hits, *rec.Detection)
		r.sink(trial.Event{Arm: r.arm, Hit: rec.Detection})
		return false, nil
	case rec.Progress != nil:
		return false, r.progress(*rec.Progress)
	case rec.Done != nil:
		if !r.stopped {
			return false, fault.Newf(fault.Guest, "stress the guest", "it ended before it was asked to")
		}
		return true, r.tally(rec.Done.ElapsedNS, rec.Done.Tallies)
	}
	return false, fault.Newf(fault.Rig, "read the guest's records", "a record that the guest may not send here")
}

func (r *stress) progress(p wire.Progress) error {
	if err := r.tally(p.ElapsedNS, p.Tallies); err != nil {
		return err
	}
	if r.settled != nil && r.settled(p.Tallies) {
		r.stop()
	}
	return nil
}

func (r *stress) tally(elapsedNS int64, tallies []wire.Tally) error {
	if err := trial.CheckTallies(tallies, r.start.Modes, r.start.BlockSize); err != nil {
		return fault.Wrap(fault.Guest, "check the guest's counts", err)
	}
	r.result.tallies = tallies
	r.result.series.Add(elapsedNS, tallies)
	r.sink(trial.Event{Arm: r.arm, Tally: tallies})
	return nil
}
