// SPDX-License-Identifier: Apache-2.0

// Package rigtest is the fakes that tests of the rooms use in the place of kernels,
// machines and guests: a Lab that answers as a real rig would, at once. Only tests
// import it.
package rigtest

import (
	"net"
	"time"

	"kcovrig/guest/program"
	"kcovrig/guest/wire"
	"kcovrig/rig/scenario"
)

// Guest plays the guest's side of a stream. Its zero value greets well and
// sees no stale window.
type Guest struct {
	Hello   *wire.Hello  // nil: a good one
	First   *wire.Record // sent in the hello's place
	Stale   int          // every stale-th block is stale; 0: none
	Fault   *wire.Fault  // sent after the first progress
	HangUp  int          // closes the stream after that many progress records
	NoDone  bool         // closes the stream in the done record's place
	Lie     bool         // counts more stale windows than windows
	Silent  bool         // never says anything
	Counts  map[string]uint64
	Console string           // what the console holds
	Early   bool             // sends done unasked
	Step    uint64           // blocks per progress; 0: 10
	Sent    chan struct{}    // closed after the first progress
	Hits    []wire.Detection // sent after the first progress
	Litmus  func(wire.LitmusJob) *wire.LitmusResult
	// Ends is the window of a hit that ends a boot, of the boot with this number, from 0;
	// 0: none does. Of scenarios whose boots a hit ends alone; nil: none ever does.
	Ends func(boot int) uint64
	// Panics says that what ends a boot is a panic, which Console tells of.
	Panics bool
}

func (g Guest) serve(vm *VM, conn net.Conn) {
	defer conn.Close()
	dec, enc := wire.NewDecoder(conn), wire.NewEncoder(conn)
	hello := wire.Hello{Version: wire.Version, Kernel: "6.12", Arch: "arm64", CPUs: 2, Workloads: []string{scenario.Default, program.Name}}
	if g.Hello != nil {
		hello = *g.Hello
	}
	switch {
	case g.Silent:
		_, _ = dec.Decode()
		return
	case g.First != nil:
		_ = enc.Encode(*g.First)
	default:
		_ = enc.Encode(wire.Record{Hello: &hello})
	}
	r, err := dec.Decode()
	if err != nil || r.Start == nil {
		return
	}
	if g.Litmus != nil {
		g.runLitmus(enc, r.Start.Litmus)
		return
	}
	stop := make(chan struct{})
	go func() {
		if r, err := dec.Decode(); err == nil && r.Stop != nil {
			close(stop)
		}
	}()
	vm.lab.stressing(+1)
	if r.Start.Program != nil && r.Start.Program.Windows > 0 && g.Fault == nil && g.HangUp == 0 {
		g.endBoot(vm, enc, *r.Start)
		return
	}
	g.stress(vm, enc, *r.Start, stop)
}

func (g Guest) stress(vm *VM, enc *wire.Encoder, start wire.Start, stop chan struct{}) {
	step := g.Step
	if step == 0 {
		step = 10
	}
	var blocks uint64
	for n := 1; !g.Early; n++ {
		vm.awaitCont()
		blocks += step
		if enc.Encode(wire.Record{Progress: &wire.Progress{ElapsedNS: int64(n), Tallies: g.tallies(start, blocks)}}) != nil {
			return
		}
		if n == 1 && g.Sent != nil {
			close(g.Sent)
		}
		for i := 0; n == 1 && i < len(g.Hits); i++ {
			_ = enc.Encode(wire.Record{Detection: &g.Hits[i]})
		}
		if g.Fault != nil {
			_ = enc.Encode(wire.Record{Fault: g.Fault})
			return
		}
		if g.HangUp == n {
			return
		}
		select {
		case <-stop:
			if g.NoDone {
				return
			}
		case <-time.After(time.Millisecond):
			continue
		}
		break
	}
	vm.lab.stressing(-1)
	_ = enc.Encode(wire.Record{Done: &wire.Done{Tallies: g.tallies(start, blocks), Counts: g.Counts}})
}

// endBoot is a stress that ends by itself, with a hit or its last window.
func (g Guest) endBoot(vm *VM, enc *wire.Encoder, start wire.Start) {
	vm.awaitCont()
	t := wire.Tally{Mode: start.Modes[0], Rounds: 1, Windows: start.Program.Windows, Blocks: 1, StressNS: 1e6}
	if g.Ends != nil && g.Ends(vm.number) > 0 {
		t.Windows, t.Blocks = g.Ends(vm.number), 0
		if g.Panics {
			t.Windows, t.Units = t.Windows-1, t.Windows-1
			_ = enc.Encode(wire.Record{Progress: &wire.Progress{ElapsedNS: 1000, Tallies: []wire.Tally{t}}})
			return
		}
		t.HitWindows, t.HitUnits, t.FirstHitNS = 1, 1, 1000
		_ = enc.Encode(wire.Record{Detection: &wire.Detection{Mode: t.Mode, Kind: wire.KindOops, Window: t.Windows - 1}})
	}
	t.Units = t.Windows
	vm.lab.stressing(-1)
	_ = enc.Encode(wire.Record{Done: &wire.Done{Tallies: []wire.Tally{t}}})
}

func (g Guest) tallies(start wire.Start, blocks uint64) []wire.Tally {
	var out []wire.Tally
	for _, m := range start.Modes {
		t := wire.Tally{Mode: m, Windows: blocks * start.BlockSize, Units: 8 * blocks * start.BlockSize, Blocks: blocks}
		if g.Stale > 0 {
			t.HitBlocks = blocks / uint64(g.Stale)
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

// runLitmus answers each job as the test says; without an answer the guest dies.
func (g Guest) runLitmus(enc *wire.Encoder, jobs []wire.LitmusJob) {
	for _, job := range jobs {
		result := g.Litmus(job)
		if result == nil || enc.Encode(wire.Record{Litmus: result}) != nil {
			return
		}
	}
	_ = enc.Encode(wire.Record{Done: &wire.Done{}})
}
