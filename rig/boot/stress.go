// SPDX-License-Identifier: Apache-2.0

package boot

import (
	"context"
	"time"

	"kcovrig/guest/wire"
	"kcovrig/rig/fault"
	"kcovrig/rig/host"
	"kcovrig/rig/trial"
)

// stress is one stress from Start to Done, followed in slices. Its clock stands
// still between them, as the guest's does: only a running machine can stall.
type stress struct {
	*Session
	start   wire.Start
	variant trial.Variant                   // of the kernel, for whoever listens
	settled func(tallies []wire.Tally) bool // may be nil: called with the latest tallies, says whether to stop
	left    time.Duration                   // of the stress
	silence *host.Patience                  // since the last record
	besides *host.Patience                  // for what is no stress: that the program is ready, and the end that was asked for
	stopped bool
	result  stressed
}

// stressed is what a stress brought.
type stressed struct {
	tallies []wire.Tally
	hits    []wire.Detection
	series  trial.Series
	counts  map[string]uint64 // of the background workloads
	elapsed int64             // nanoseconds of stress, as of the tallies
	cut     bool              // ctx ended it; the tallies are whole, only shorter
}

// stress starts the workload, which is to be followed until settled says so,
// limit has passed, or ctx ends.
func (s *Session) stress(start wire.Start, v trial.Variant, limit time.Duration, settled func([]wire.Tally) bool) (*stress, error) {
	silence := host.NewPatience(StallTimeout, s.usable)
	silence.Rest()
	besides := host.NewPatience(besidesTime, s.usable)
	besides.Rest()
	return &stress{Session: s, variant: v, start: start, settled: settled, left: limit, silence: silence, besides: besides}, s.Send(wire.Record{Start: &start})
}

// slice follows the running guest for length, and reports whether Done was received;
// without it there is no result. A slice in which the end was asked for lasts
// until then.
func (r *stress) slice(ctx context.Context, length time.Duration) (done bool, err error) {
	began := time.Now()
	r.silence.Resume()
	left := r.left
	prepares := r.prepares()
	if prepares {
		left += length
	}
	if prepares || r.stopped {
		r.besides.Resume()
	}
	defer func() {
		r.besides.Rest()
		if r.silence.Rest(); !prepares {
			r.left -= time.Since(began)
		}
	}()
	end, over := time.NewTimer(left), time.NewTimer(length)
	defer func() { end.Stop(); over.Stop() }()
	if r.settled(nil) {
		r.stop()
	}
	interrupted := ctx.Done()
	for {
		select {
		case <-interrupted:
			interrupted, r.result.cut = nil, !r.stopped
			r.stop()
		case <-end.C:
			r.stop()
		case <-over.C:
			if !r.stopped {
				return false, silent(r.silence, StallTimeout)
			}
		case <-r.silence.Looks:
			if err := silent(r.silence, StallTimeout); err != nil {
				return false, err
			}
			if (prepares || r.stopped) && r.besides.Over() {
				return false, fault.Newf(fault.Guest, "stress the guest", "it goes on, and in %v was neither ready nor at the end that it was asked for", besidesTime)
			}
		case p, open := <-r.in:
			r.silence.Heard()
			if done, err = r.take(p.check(open)); done || err != nil {
				return done, err
			}
		}
	}
}

// prepares says whether the scenario's program has yet to say that it is ready, which the
// guest waits for with a limit of its own: that is not stress.
func (r *stress) prepares() bool {
	return r.start.Program != nil && r.start.Program.Ready && r.result.elapsed == 0
}

// stop asks for Done, once. A guest that cannot be asked has said why, or its
// stream has ended: either is read next, and says more than the failed write.
func (r *stress) stop() {
	if !r.stopped {
		r.stopped = true
		r.besides.Heard()
		_ = r.Send(wire.Record{Stop: &wire.Stop{}})
	}
}

// end lets the guest power off, as all that it sent has come. One that cannot be told has
// ended already.
func (r *stress) end() {
	r.stop() // one that ended by itself awaits it too
	_ = r.Send(wire.Record{Stop: &wire.Stop{}})
}

// take handles one record and says whether it was the last.
func (r *stress) take(rec wire.Record, err error) (done bool, _ error) {
	switch {
	case err != nil:
		return false, err
	case rec.Detection != nil:
		const op = "check the guest's detections"
		if err := rec.Detection.Check(r.start.Modes); err != nil {
			return false, fault.Wrap(fault.Guest, op, err)
		}
		if most := len(r.start.Modes) * r.start.Detections; len(r.result.hits) == most {
			return false, fault.Newf(fault.Guest, op, "more than the %d that were asked for", most)
		}
		r.result.hits = append(r.result.hits, *rec.Detection)
		r.sink(trial.Event{Boot: r.label, Hit: rec.Detection})
		return false, nil
	case rec.Progress != nil:
		return false, r.progress(*rec.Progress)
	case rec.Done != nil:
		if !r.stopped && (r.start.Program == nil || r.start.Program.Windows == 0) {
			return false, fault.Newf(fault.Guest, "stress the guest", "it ended before it was asked to")
		}
		r.result.counts = rec.Done.Counts
		return true, r.tally(rec.Done.ElapsedNS, rec.Done.Tallies)
	}
	return false, fault.Newf(fault.Rig, "read the guest's records", "a record that the guest may not send here")
}

func (r *stress) progress(p wire.Progress) error {
	if err := r.tally(p.ElapsedNS, p.Tallies); err != nil {
		return err
	}
	if r.settled(p.Tallies) {
		r.stop()
	}
	return nil
}

func (r *stress) tally(elapsedNS int64, tallies []wire.Tally) error {
	if err := trial.CheckTallies(tallies, r.start.Modes, r.start.BlockSize); err != nil {
		return fault.Wrap(fault.Guest, "check the guest's counts", err)
	}
	r.result.tallies, r.result.elapsed = tallies, elapsedNS
	r.result.series.Add(elapsedNS, tallies)
	r.sink(trial.Event{Boot: r.label, Tally: &trial.TallyEvent{Variant: r.variant, Reader: trial.Reader(r.start.Reader), Tallies: tallies, Left: max(r.left, 0)}})
	return nil
}
