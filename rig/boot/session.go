// SPDX-License-Identifier: Apache-2.0

package boot

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"time"

	"kcovrig/guest/wire"
	"kcovrig/rig/fault"
	"kcovrig/rig/host"
	"kcovrig/rig/trial"
)

// How long the host waits for the guest, in time that its machine can use: what a busy host
// keeps from it is none of the kernel's. A guest under emulation is slow, and a hang costs
// only these.
const (
	helloTimeout = 60 * time.Second // power-on to Hello
	StallTimeout = 15 * time.Second // between two records of a stress
	besidesTime  = 5 * time.Minute  // to be ready for a stress, and to end it, for a guest that goes on saying something
	quitTimeout  = 5 * time.Second  // QEMU's end when asked
	ProgressTime = 20 * time.Millisecond
	MaxHits      = 16 // Detection records per mode
)

// hostTimeout ends these waits by the clock, for a host that gives the machine next to nothing.
const hostTimeout = 10 * time.Minute

var (
	// ErrSilent is in the error of a guest that said nothing for too long.
	ErrSilent = errors.New("the guest fell silent")
	// ErrStarved is in the error of one that said nothing, and could not have.
	ErrStarved = errors.New("the host is too busy for the guest")
	errCut     = errors.New("the record stream was cut before its done record")
)

// VM is a started, stopped machine.
type VM interface {
	Cont(ctx context.Context) error
	Pause(ctx context.Context) error // the guest's clock stands still until Cont
	Wire() net.Conn
	Exited() <-chan struct{} // closed when the machine has ended
	// Usable says how much of the time that has passed the machine could use: while it
	// wants a processor, what it got of one.
	Usable(passed time.Duration) time.Duration
	Argv() []string
	Console() string // path
	// Why says how the machine ended, to a caller that saw cause instead of the
	// done record.
	Why(ctx context.Context, cause error) error
	Close() error
}

// Session is the host's side of one guest's record stream. It owns the
// goroutine that reads the stream, which ends with the stream; close ends both.
type Session struct {
	conn   net.Conn
	in     chan packet
	quit   chan struct{}
	enc    *wire.Encoder
	sink   trial.Sink
	usable host.Usable // by the machine
	// label names the kernel for whoever listens to sink.
	label string
}

type packet struct {
	record wire.Record
	err    error
}

// NewSession begins a session with the guest of a machine; Close ends it.
func NewSession(vm VM, label string, sink trial.Sink) *Session {
	s := &Session{
		conn: vm.Wire(), label: label, sink: sink, enc: wire.NewEncoder(vm.Wire()), usable: vm.Usable,
		in: make(chan packet), quit: make(chan struct{}),
	}
	go s.read()
	return s
}

func (s *Session) read() {
	defer close(s.in)
	for dec := wire.NewDecoder(s.conn); ; {
		r, err := dec.Decode()
		select {
		case s.in <- packet{r, err}:
		case <-s.quit:
			return
		}
		if err != nil {
			return
		}
	}
}

// Close ends the stream and waits for its reader. To be called once.
func (s *Session) Close() {
	close(s.quit)
	_ = s.conn.Close()
	for range s.in { // drained until the reader has ended
	}
}

// Send sends the guest a record.
func (s *Session) Send(r wire.Record) error {
	_ = s.conn.SetWriteDeadline(time.Now().Add(StallTimeout))
	return fault.Wrap(fault.Unknown, "talk to the guest", s.enc.Encode(r))
}

// check turns what the reader delivered into a record or an error. A stream
// that ends has no culprit yet: the machine's end or the console names one.
func (p packet) check(open bool) (wire.Record, error) {
	switch {
	case !open || errors.Is(p.err, io.EOF):
		return wire.Record{}, errCut
	case errors.Is(p.err, wire.ErrMalformed), errors.Is(p.err, wire.ErrLineTooLong):
		return wire.Record{}, fault.Wrap(fault.Rig, "read the guest's records", p.err)
	case p.err != nil:
		return wire.Record{}, errors.Join(errCut, p.err)
	case p.record.Fault != nil:
		return wire.Record{}, fault.Wrap(whose(p.record.Fault.Whose), "stress the guest", p.record.Fault)
	}
	return p.record, nil
}

func whose(name string) fault.Kind {
	switch name {
	case wire.WhoseKernel:
		return fault.Kernel
	case wire.WhoseGuest:
		return fault.Guest
	default:
		return fault.Rig
	}
}

// Hello waits for the guest's first record and checks that it is the right guest.
func (s *Session) Hello(ctx context.Context, goarch string, workloads ...string) (wire.Hello, error) {
	return s.hello(ctx, helloTimeout, goarch, workloads...)
}

func (s *Session) hello(ctx context.Context, limit time.Duration, goarch string, workloads ...string) (wire.Hello, error) {
	const op = "greet the guest"
	r, err := s.Next(ctx, limit)
	switch {
	case errors.Is(err, ErrSilent):
		return wire.Hello{}, fmt.Errorf("no hello in %v that QEMU could use: %w", limit, ErrSilent)
	case err != nil:
		return wire.Hello{}, err
	case r.Hello == nil:
		return wire.Hello{}, fault.Newf(fault.Rig, op, "its first record is no hello")
	case r.Hello.Check() != nil:
		return wire.Hello{}, fault.Wrap(fault.Rig, op, r.Hello.Check())
	case r.Hello.Arch != goarch:
		return wire.Hello{}, fault.Newf(fault.Rig, op, "it runs on %s, not %s", r.Hello.Arch, goarch)
	}
	for _, w := range workloads {
		if !slices.Contains(r.Hello.Workloads, w) {
			return wire.Hello{}, fault.Newf(fault.Rig, op, "it does not know workload %q (has: %v)", w, r.Hello.Workloads)
		}
	}
	return *r.Hello, nil
}

// Next waits for a record, no longer than limit in time that the machine can use.
func (s *Session) Next(ctx context.Context, limit time.Duration) (wire.Record, error) {
	silence := host.NewPatience(limit, s.usable)
	defer silence.Close()
	for {
		select {
		case <-ctx.Done():
			return wire.Record{}, ctx.Err()
		case <-silence.Looks:
			if err := silent(silence, limit); err != nil {
				return wire.Record{}, err
			}
		case p, open := <-s.in:
			return p.check(open)
		}
	}
}

// silent is the error of a guest that has said nothing for too long, in its own time or by
// the clock: then its host gave it none, and no kernel is to blame.
func silent(so *host.Patience, limit time.Duration) error {
	switch {
	case so.Over():
		return fmt.Errorf("no record in %v that QEMU could use: %w", limit, ErrSilent)
	case so.Waited() >= hostTimeout:
		return starved("wait for the guest", so)
	}
	return nil
}

// starved is the error of a machine that had no time to do what was waited for.
func starved(op string, so *host.Patience) error {
	return &fault.Error{
		Kind: fault.Rig, Op: op, Try: "run again while the machine is less busy, or with fewer jobs at a time",
		Err: fmt.Errorf("%w: of %v QEMU could use %v", ErrStarved, so.Waited().Round(time.Second), so.Spent().Round(time.Second/10)),
	}
}
