// SPDX-License-Identifier: Apache-2.0

// Package session is the guest's side of the talk with the host: Hello, what the host
// asks for until its Stop, Done, and a Fault in the place of all that. It owns the order
// of the records and whose fault an end is; what a workload does it leaves to those that
// it is given. The rig's tests have guests that talk by it too.
package session

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"kcovrig/guest/wire"
)

// Job is what the host asks of a workload, and where that reports to. Progress and
// Detection are nil in the background; they must not block for long.
type Job struct {
	wire.Start
	Progress  func(wire.Progress)
	Detection func(wire.Detection)
}

// Check says what is wrong with a job that is not in the background.
func (j Job) Check() error {
	switch {
	case len(j.Modes) == 0:
		return errors.New("no mode")
	case j.BlockSize == 0:
		return errors.New("block size 0")
	case j.Detections < 0:
		return fmt.Errorf("negative number of detections: %d", j.Detections)
	case j.Every() <= 0:
		return fmt.Errorf("progress interval %v", j.Every())
	case j.Progress == nil || j.Detection == nil:
		return errors.New("nowhere to report to")
	}
	return nil
}

// Workload stresses until ctx is done and returns the totals.
type Workload func(ctx context.Context, j Job) (wire.Done, error)

// Work is what a guest can do.
type Work struct {
	Workloads map[string]Workload // by name
	// Litmus runs litmus tests in order and sends what each came to.
	Litmus func(ctx context.Context, jobs []wire.LitmusJob, send func(wire.LitmusResult) error) error
	// Select has the emulator's alteration of that number in force. It is called while no
	// workload runs. nil: there is no emulator to tell.
	Select func(number uint64)
	Say    func(format string, args ...any) // tells whoever reads the console
}

// Session is the talk with the host over one stream.
type Session struct {
	enc  *wire.Encoder
	dec  *wire.Decoder
	work Work
}

// New returns a session over rw, which stays the caller's to close.
func New(rw io.ReadWriter, work Work) *Session {
	return &Session{enc: wire.NewEncoder(rw), dec: wire.NewDecoder(rw), work: work}
}

// Warm uses the codec once in every way that a session will. Under emulation
// its first use is slow, since all of its code is translated then; the
// second CPU has nothing else to do while the first mounts file systems.
func Warm() {
	tallies := []wire.Tally{{}}
	enc := wire.NewEncoder(io.Discard)
	for _, r := range []wire.Record{
		{Hello: &wire.Hello{}}, {Progress: &wire.Progress{Tallies: tallies}}, {Detection: &wire.Detection{}}, {Done: &wire.Done{Tallies: tallies}},
	} {
		_ = enc.Encode(r) // what is wrong with the codec shows in the session
	}
	const start = `{"start":{"workload":"","modes":[""],"reader":"","seed":0,"blockSize":0,"detections":0,"progressNS":0}}`
	_, _ = wire.NewDecoder(strings.NewReader(start + "\n")).Decode()
}

// Serve runs the session; whatever goes wrong in it, panics included, is told
// to the host and returned.
func (s *Session) Serve(ctx context.Context, h wire.Hello) error {
	err := s.guard(func() error { return s.run(ctx, h) })
	if err != nil {
		err = errors.Join(err, s.fault(err))
	}
	return err
}

// run greets, runs what the host asks for until Stop, and sends Done.
func (s *Session) run(ctx context.Context, h wire.Hello) error {
	h.Workloads = append(slices.Collect(maps.Keys(s.work.Workloads)), wire.LitmusWorkload)
	slices.Sort(h.Workloads)
	if err := s.enc.Encode(wire.Record{Hello: &h}); err != nil {
		return wire.Faultf(wire.WhoseRig, "greet", "%v", err)
	}
	for further := false; ; further = true {
		r, err := s.dec.Decode()
		switch {
		case err != nil:
			return wire.Faultf(wire.WhoseRig, "await start", "%v", err)
		case r.Stop != nil && further:
			return nil
		case r.Start == nil:
			return wire.Faultf(wire.WhoseRig, "await start", "another record came")
		case r.Start.Workload == wire.LitmusWorkload:
			if err := s.litmus(ctx, r.Start.Litmus); err != nil || !r.Start.More {
				return err
			}
			continue
		}
		if err := s.whole(ctx, *r.Start); err != nil || !r.Start.More {
			return err
		}
	}
}

// whole takes one stress from its start to its Done, and to its Stop where another may
// follow.
func (s *Session) whole(ctx context.Context, start wire.Start) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stopped := make(chan error, 1)
	go func() {
		err := s.awaitStop()
		cancel(err)
		stopped <- err
	}()
	if s.work.Select != nil {
		s.work.Select(start.Alteration)
	}
	done, err := s.stress(ctx, cancel, start)
	if err != nil {
		return err
	}
	for _, t := range done.Tallies {
		s.work.Say("%s: hits in %d of %d windows and in %d of %d units, %d rounds",
			t.Mode, t.HitWindows, t.Windows, t.HitUnits, t.Units, t.Rounds)
	}
	if err := s.enc.Encode(wire.Record{Done: &done}); err != nil {
		return wire.Faultf(wire.WhoseRig, "send done", "%v", err)
	}
	if !start.More {
		return nil
	}
	if err := <-stopped; !errors.Is(err, errStopped) {
		return wire.Faultf(wire.WhoseRig, "await stop", "%v", err)
	}
	return nil
}

// stress runs the workload and forwards its records until the host says Stop.
func (s *Session) stress(ctx context.Context, cancel context.CancelCauseFunc, start wire.Start) (wire.Done, error) {
	if _, ok := s.work.Workloads[start.Workload]; !ok {
		return wire.Done{}, wire.Faultf(wire.WhoseGuest, "start", "unknown workload %q", start.Workload)
	}
	// Room for every detection: sending one never blocks the reader.
	records := make(chan wire.Record, len(start.Modes)*max(start.Detections, 0)+8)
	j := Job{
		Start:     start,
		Detection: func(d wire.Detection) { records <- wire.Record{Detection: &d} },
		Progress: func(p wire.Progress) {
			select {
			case records <- wire.Record{Progress: &p}:
			default: // the host lags; totals come again
			}
		},
	}
	var done wire.Done
	ended := make(chan error, 1)
	go func() {
		defer close(records)
		ended <- s.guard(func() (err error) { done, err = s.together(ctx, cancel, j); return err })
	}()
	var sendErr error
	for r := range records {
		if sendErr != nil {
			continue
		}
		if sendErr = s.enc.Encode(r); sendErr != nil {
			sendErr = wire.Faultf(wire.WhoseRig, "send record", "%v", sendErr)
			cancel(sendErr)
		}
	}
	if err := errors.Join(<-ended, sendErr); err != nil {
		return wire.Done{}, err
	}
	switch cause := context.Cause(ctx); {
	case cause == nil && start.Program != nil && start.Program.Windows > 0: // over, see there
	case cause == nil:
		return wire.Done{}, wire.Faultf(wire.WhoseGuest, "run "+start.Workload, "ended before it was stopped")
	case !errors.Is(cause, errStopped):
		return wire.Done{}, wire.Faultf(wire.WhoseRig, "await stop", "%v", cause)
	}
	return done, nil
}

var errStopped = errors.New("stopped by the host")

// awaitStop returns errStopped once the host says so, or what went wrong.
func (s *Session) awaitStop() error {
	r, err := s.dec.Decode()
	switch {
	case err != nil:
		return err
	case r.Stop == nil:
		return errors.New("a record other than stop came")
	}
	return errStopped
}

// litmus runs the tests and sends what each came to; it ends by itself.
func (s *Session) litmus(ctx context.Context, jobs []wire.LitmusJob) error {
	start := time.Now()
	err := s.work.Litmus(ctx, jobs, func(r wire.LitmusResult) error {
		return s.enc.Encode(wire.Record{Litmus: &r})
	})
	if err == nil {
		err = s.enc.Encode(wire.Record{Done: &wire.Done{ElapsedNS: time.Since(start).Nanoseconds(), Tallies: []wire.Tally{}}})
	}
	if err != nil {
		return wire.Faultf(wire.WhoseRig, "send results", "%v", err)
	}
	return nil
}

// fault tells the host why the run ends.
func (s *Session) fault(err error) error {
	f := &wire.Fault{Whose: wire.WhoseGuest, Op: "run", Message: err.Error()}
	var own *wire.Fault
	if errors.As(err, &own) {
		f = own
	}
	if err := s.enc.Encode(wire.Record{Fault: f}); err != nil {
		return fmt.Errorf("send fault: %w", err)
	}
	return nil
}

// guard turns a panic of f into an error.
func (s *Session) guard(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			s.work.Say("%s", debug.Stack())
			err = wire.Faultf(wire.WhoseGuest, "run", "panic: %v", p)
		}
	}()
	return f()
}
