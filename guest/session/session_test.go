// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"
	"errors"
	"io"
	"net"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/guest/wire"
)

// host is the other end of a session's stream.
type host struct {
	t    *testing.T
	conn net.Conn
	*wire.Encoder
	*wire.Decoder
	ended chan error // what the session returned
	chose []uint64   // the alterations, in their order; to be read between records
}

// play starts a session that knows one workload, and takes its Hello.
func play(t *testing.T, w Workload) *host {
	here, there := net.Pipe()
	h := &host{t: t, conn: here, Encoder: wire.NewEncoder(here), Decoder: wire.NewDecoder(here), ended: make(chan error, 1)}
	t.Cleanup(func() { here.Close() })
	s := New(there, Work{Workloads: map[string]Workload{"fake": w}, Select: func(n uint64) { h.chose = append(h.chose, n) }, Say: t.Logf})
	go func() {
		defer there.Close()
		h.ended <- s.Serve(context.Background(), wire.Hello{Version: wire.Version, Kernel: "k", Arch: "a", CPUs: 2})
	}()
	r := h.next()
	require.NotNil(t, r.Hello)
	require.NoError(t, r.Hello.Check())
	require.Equal(t, []string{"fake", "litmus"}, r.Hello.Workloads)
	return h
}

func (h *host) next() wire.Record {
	h.t.Helper()
	r, err := h.Decode()
	require.NoError(h.t, err)
	return r
}

func (h *host) send(r wire.Record) {
	h.t.Helper()
	require.NoError(h.t, h.Encode(r))
}

func (h *host) start() {
	h.t.Helper()
	h.send(wire.Record{Start: &wire.Start{Workload: "fake", Modes: []string{"m"}, Detections: 2, BlockSize: 1, ProgressNS: 1}})
}

// untilStop reports a little, then waits for the stop.
func untilStop(ctx context.Context, j Job) (wire.Done, error) {
	j.Detection(wire.Detection{Mode: "m", Index: 1})
	j.Progress(wire.Progress{ElapsedNS: 2})
	<-ctx.Done()
	return wire.Done{ElapsedNS: 3, Tallies: []wire.Tally{{Mode: "m", Windows: 4}}}, nil
}

func TestSessionEndsWithDone(t *testing.T) {
	h := play(t, untilStop)
	h.start()
	assert.NotNil(t, h.next().Detection)
	assert.NotNil(t, h.next().Progress)
	h.send(wire.Record{Stop: &wire.Stop{}})
	done := h.next().Done
	require.NotNil(t, done)
	assert.Equal(t, uint64(4), done.Tallies[0].Windows)
	_, err := h.Decode()
	assert.Equal(t, io.EOF, err)
	assert.NoError(t, <-h.ended)
}

func TestSessionReportsFaults(t *testing.T) {
	for name, c := range map[string]struct {
		work  Workload
		whose string
		want  string
	}{
		"a fault keeps its culprit": {
			func(context.Context, Job) (wire.Done, error) {
				return wire.Done{}, errors.Join(wire.Faultf(wire.WhoseKernel, "open", "gone"), errors.New("close"))
			}, wire.WhoseKernel, "gone",
		},
		"any other error is the guest's": {
			func(context.Context, Job) (wire.Done, error) { return wire.Done{}, errors.New("odd") },
			wire.WhoseGuest, "odd",
		},
		"a panic is the guest's": {
			func(context.Context, Job) (wire.Done, error) { panic("boom") },
			wire.WhoseGuest, "panic: boom",
		},
		"an end without stop is no end": {
			func(context.Context, Job) (wire.Done, error) { return wire.Done{}, nil },
			wire.WhoseGuest, "before it was stopped",
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := play(t, c.work)
			h.start()
			f := h.next().Fault
			require.NotNil(t, f)
			assert.Equal(t, c.whose, f.Whose)
			assert.Contains(t, f.Message, c.want)
			assert.Error(t, <-h.ended)
		})
	}
}

func TestSessionRefusesStart(t *testing.T) {
	t.Run("another record", func(t *testing.T) {
		h := play(t, untilStop)
		h.send(wire.Record{Stop: &wire.Stop{}})
		assert.Equal(t, wire.WhoseRig, h.next().Fault.Whose)
	})
	t.Run("unknown workload", func(t *testing.T) {
		h := play(t, untilStop)
		h.send(wire.Record{Start: &wire.Start{Workload: "other"}})
		assert.Contains(t, h.next().Fault.Message, `"other"`)
	})
}

// A host that goes away ends the stress; its silence is never taken for a Stop.
func TestSessionEndsWhenTheHostIsGone(t *testing.T) {
	h := play(t, untilStop)
	h.start()
	h.next()
	h.next()
	require.NoError(t, h.conn.Close())
	assert.Error(t, <-h.ended)
}

func TestSessionTakesNothingButStopForStop(t *testing.T) {
	h := play(t, untilStop)
	h.start()
	h.next()
	h.next()
	h.send(wire.Record{Progress: &wire.Progress{}})
	f := h.next().Fault
	require.NotNil(t, f)
	assert.Equal(t, wire.WhoseRig, f.Whose)
	assert.Error(t, <-h.ended)
}

// A boot has as many stresses as the host asks for, each of an alteration of its own,
// which is chosen while no workload runs.
func TestSessionHasSeveralStresses(t *testing.T) {
	var h *host
	h = play(t, func(ctx context.Context, j Job) (wire.Done, error) {
		assert.Equal(t, j.Alteration, h.chose[len(h.chose)-1], "it is in force before the workload begins")
		if j.Alteration == 7 { // it ends by itself
			return wire.Done{Tallies: []wire.Tally{{Mode: "m", Windows: 9}}}, nil
		}
		return untilStop(ctx, j)
	})
	for _, number := range []uint64{5, 0} {
		h.send(wire.Record{Start: &wire.Start{Workload: "fake", Modes: []string{"m"}, Detections: 2, Alteration: number, More: true}})
		assert.NotNil(t, h.next().Detection)
		assert.NotNil(t, h.next().Progress)
		h.send(wire.Record{Stop: &wire.Stop{}})
		assert.Equal(t, uint64(4), h.next().Done.Tallies[0].Windows)
	}
	h.send(wire.Record{Start: &wire.Start{Workload: "fake", Alteration: 7, More: true, Program: &wire.Program{Windows: 9}}})
	assert.Equal(t, uint64(9), h.next().Done.Tallies[0].Windows)
	h.send(wire.Record{Stop: &wire.Stop{}}) // of that stress
	h.send(wire.Record{Stop: &wire.Stop{}}) // of the boot
	_, err := h.Decode()
	assert.Equal(t, io.EOF, err)
	assert.NoError(t, <-h.ended)
	assert.Equal(t, []uint64{5, 0, 7}, h.chose)
}

func TestSessionWantsAStopOfEachStress(t *testing.T) {
	h := play(t, untilStop)
	h.send(wire.Record{Start: &wire.Start{Workload: "fake", Detections: 2, More: true, Program: &wire.Program{Windows: 1}}})
	h.next()
	h.next()
	h.send(wire.Record{Start: &wire.Start{Workload: "fake", More: true}})
	require.NotNil(t, h.next().Fault)
	assert.Error(t, <-h.ended)
}
