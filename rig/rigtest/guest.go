// SPDX-License-Identifier: Apache-2.0

// Package rigtest is the fakes that tests and examples of the rooms use in the place of
// kernels, machines and guests: a Lab that acts as a real rig would, at once; and the
// repositories and servers that go with it. Only tests import it.
package rigtest

import (
	"context"
	"net"
	"time"

	"kcovrig/guest/program"
	"kcovrig/guest/session"
	"kcovrig/guest/wire"
	"kcovrig/rig/scenario"
)

// Guest plays the guest's side of a stream, by the guest's own session where it keeps to
// the protocol. Its zero value greets well and sees no hit.
type Guest struct {
	Hello    *wire.Hello  // nil: a good one
	First    *wire.Record // sent in the hello's place
	HitEvery int          // one block in so many is hit; 0: none
	Fault    *wire.Fault  // sent after the first progress
	HangUp   int          // closes the stream after that many progress records
	NoDone   bool         // closes the stream in the done record's place
	Lie      bool         // counts more hit windows than windows
	Silent   bool         // never says anything
	Starved  bool         // the host gives its machine next to no time
	Counts   map[string]uint64
	Console  string           // what the console holds
	Early    bool             // sends done unasked
	Step     uint64           // blocks per progress; 0: 10
	Sent     chan struct{}    // closed after the first progress
	Hits     []wire.Detection // sent after the first progress
	Unasked  bool             // all of Hits are, however few were asked for
	Litmus   func(wire.LitmusJob) *wire.LitmusResult
	// Ends is the window of a hit that ends a boot, of the boot with this number, from 0;
	// 0: none does. Of scenarios whose boots a hit ends alone; nil: none ever does.
	Ends func(boot int) uint64
	// Panics says that what ends a boot is a panic, which Console tells of.
	Panics bool
	// Altered is how the workload goes under an alteration of that number; missing: as
	// without.
	Altered map[uint64]Guest
	Once    bool // of one in Altered: in the kernel's first boot alone
}

func (g Guest) serve(vm *VM, conn net.Conn) {
	defer conn.Close()
	if g.Silent || g.First != nil { // no session begins so
		if g.First != nil {
			_ = wire.NewEncoder(conn).Encode(*g.First)
		}
		_, _ = wire.NewDecoder(conn).Decode() // until the host has gone
		return
	}
	hello := wire.Hello{Version: wire.Version, Kernel: "6.12", Arch: "arm64", CPUs: 2, Workloads: []string{scenario.Default, program.Name}}
	if g.Hello != nil {
		hello = *g.Hello
	}
	s := &stream{Conn: conn, sent: g.Sent}
	work := session.Work{Workloads: map[string]session.Workload{}, Select: vm.choose, Say: func(string, ...any) {}}
	for _, name := range hello.Workloads {
		work.Workloads[name] = func(ctx context.Context, j session.Job) (wire.Done, error) { return g.work(ctx, vm, s, j) }
	}
	work.Litmus = func(_ context.Context, jobs []wire.LitmusJob, send func(wire.LitmusResult) error) error {
		return g.runLitmus(s, jobs, send)
	}
	_ = session.New(s, work).Serve(context.Background(), hello) // a fault is what the test asked for
}

// work is each workload that the guest says it has.
func (g Guest) work(ctx context.Context, vm *VM, s *stream, j session.Job) (wire.Done, error) {
	if j.Progress == nil { // in the background
		<-ctx.Done()
		return wire.Done{Counts: g.Counts}, nil
	}
	if altered, ok := g.Altered[j.Alteration]; ok && !(altered.Once && vm.number > 0) {
		altered.Altered = nil
		return altered.work(ctx, vm, s, j)
	}
	vm.lab.stressing(+1)
	if j.Program != nil && j.Program.Windows > 0 && g.Fault == nil && g.HangUp == 0 {
		return g.endBoot(vm, s, j)
	}
	return g.stress(ctx, vm, s, j)
}

func (g Guest) stress(ctx context.Context, vm *VM, s *stream, j session.Job) (wire.Done, error) {
	step := g.Step
	if step == 0 {
		step = 10
	}
	var blocks uint64
	if g.Early {
		_ = wire.NewEncoder(s.Conn).Encode(wire.Record{Done: &wire.Done{Tallies: g.tallies(j.Start, blocks)}})
		return wire.Done{}, s.cut()
	}
	for n := 1; ctx.Err() == nil; n++ {
		vm.awaitCont()
		blocks += step
		j.Progress(wire.Progress{ElapsedNS: int64(n), Tallies: g.tallies(j.Start, blocks)})
		for i := 0; n == 1 && i < len(g.Hits) && (g.Unasked || i < len(j.Modes)*j.Detections); i++ {
			j.Detection(g.Hits[i])
		}
		if g.Fault != nil {
			return wire.Done{}, g.Fault
		}
		if g.HangUp == n {
			return wire.Done{}, s.cut()
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Millisecond):
		}
	}
	if g.NoDone {
		return wire.Done{}, s.cut()
	}
	vm.lab.stressing(-1)
	return wire.Done{Tallies: g.tallies(j.Start, blocks)}, nil
}

// endBoot is a stress that ends by itself, with a hit or its last window.
func (g Guest) endBoot(vm *VM, s *stream, j session.Job) (wire.Done, error) {
	vm.awaitCont()
	t := wire.Tally{Mode: j.Modes[0], Rounds: 1, Windows: j.Start.Program.Windows, Blocks: 1, StressNS: 1e6}
	if g.Ends != nil && g.Ends(vm.number) > 0 {
		t.Windows, t.Blocks = g.Ends(vm.number), 0
		if g.Panics {
			t.Windows, t.Units = t.Windows-1, t.Windows-1
			j.Progress(wire.Progress{ElapsedNS: 1000, Tallies: []wire.Tally{t}})
			return wire.Done{}, s.cut()
		}
		t.HitWindows, t.HitUnits, t.FirstHitNS = 1, 1, 1000
		if j.Detections > 0 {
			j.Detection(wire.Detection{Mode: t.Mode, Kind: wire.KindOops, Window: t.Windows - 1})
		}
	}
	t.Units = t.Windows
	vm.lab.stressing(-1)
	return wire.Done{Tallies: []wire.Tally{t}}, nil
}

func (g Guest) tallies(start wire.Start, blocks uint64) []wire.Tally {
	var out []wire.Tally
	for _, m := range start.Modes {
		t := wire.Tally{Mode: m, Windows: blocks * start.BlockSize, Units: 8 * blocks * start.BlockSize, Blocks: blocks}
		if g.HitEvery > 0 {
			t.HitBlocks = blocks / uint64(g.HitEvery)
			t.HitWindows, t.HitUnits = t.HitBlocks, t.HitBlocks
			t.BlockTurns = 2 * min(t.HitBlocks, t.Blocks-t.HitBlocks)
		}
		if g.Lie {
			t.HitWindows = t.Windows + 1
		}
		out = append(out, t)
	}
	return out
}

// runLitmus does each job as the test says; without counts the guest dies.
func (g Guest) runLitmus(s *stream, jobs []wire.LitmusJob, send func(wire.LitmusResult) error) error {
	for _, job := range jobs {
		if g.Litmus == nil {
			return s.cut()
		}
		result := g.Litmus(job)
		if result == nil {
			return s.cut()
		}
		if err := send(*result); err != nil {
			return err
		}
	}
	return nil
}
