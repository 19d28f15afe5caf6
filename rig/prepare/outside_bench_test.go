// SPDX-License-Identifier: Apache-2.0

package prepare_test

import (
	"context"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"kcovrig/guest/wire"
	"kcovrig/rig/arch"
	"kcovrig/rig/boot"
	"kcovrig/rig/command"
	"kcovrig/rig/internal/initramfs"
	"kcovrig/rig/prepare"
	"kcovrig/rig/rigtest"
	"kcovrig/rig/trial"
)

// work is some of testdata/outside.c, and how much of it.
type work struct {
	name string
	size int
}

// outside are amounts that take about half a second each.
var outside = []work{{"events", 100_000}, {"switches", 5_000}, {"pages", 3_000}, {"compute", 80_000}}

// priced are amounts that a scope may make dearer by much.
var priced = []work{{"calls", 150_000}, {"reads", 60_000}, {"events", 30_000}, {"switches", 2_000}, {"pages", 1_000}, {"forks", 100}, {"compute", 30_000}}

const (
	outsideRepeats = 3                     // of all of it per boot
	outsideSlice   = 20 * time.Millisecond // of one machine, while the others stand still
)

// BenchmarkOutsideTheScope prints, each round, how fast a guest works with the
// emulator in a scope that is never entered, as a share of how fast without it:
// the geometric mean over the kinds of work.
func BenchmarkOutsideTheScope(b *testing.B) {
	machines := openBench(b, outside, "kernel:panic")
	for round := 0; b.Loop(); round++ {
		seen := machines.round(b, round)
		sum := 0.0
		for _, w := range outside {
			ratio := seen[0][w.name] / seen[1][w.name]
			sum += math.Log(ratio)
			fmt.Printf("%s %.4f (%.3f s)\n", w.name, ratio, seen[0][w.name])
		}
		fmt.Printf("ratio %.4f\n", math.Exp(sum/float64(len(outside)))) // a benchmark logs ten lines at the most
	}
}

// BenchmarkScopes prints, each round, how many times longer work takes with the emulator than
// without: in a function that is never called, in objects that the work does not call, and in
// the whole kernel; for each the geometric mean, too.
func BenchmarkScopes(b *testing.B) {
	names := []string{"never", "objects", "whole"} // as scripts/figures has them
	machines := openBench(b, priced, "kernel:panic", "kernel:net/core/sock.o,net/core/skbuff.o", "kernel:all")
	for round := 0; b.Loop(); round++ {
		seen := machines.round(b, round)
		for i, name := range names {
			sum := 0.0
			for _, w := range priced {
				price := seen[i+1][w.name] / seen[0][w.name]
				sum += math.Log(price)
				fmt.Printf("price %s %s %.3f (%.3f s)\n", name, w.name, price, seen[0][w.name])
			}
			fmt.Printf("price %s mean %.3f\n", name, math.Exp(sum/float64(len(priced))))
		}
	}
}

// bench are machines of one kernel, the first of them without the emulator. They are up at
// once and run in turns of some milliseconds, so that the host's load falls on all alike; a
// guest's clock stands still while its machine does.
type bench struct {
	run    *command.Run
	setups []*prepare.Setup
	works  []work
}

func openBench(b *testing.B, works []work, scopes ...string) *bench {
	b.Helper()
	out := &bench{works: works}
	run, plain := benchSetup(b, func(s *trial.Spec) { s.MemoryModel = trial.ModelNative })
	out.run, out.setups = run, []*prepare.Setup{plain}
	for _, scope := range scopes {
		_, emulated := benchSetup(b, func(s *trial.Spec) { s.ScopeOnly, s.Scopes = true, []string{scope} })
		out.setups = append(out.setups, emulated)
	}
	program := filepath.Join(b.TempDir(), "outside")
	text, err := exec.Command(plain.Config.Arch.CrossCompile+arch.GCC, "-O2", "-static", "-o", program, "testdata/outside.c").CombinedOutput()
	require.NoError(b, err, "%s", text)
	data, err := os.ReadFile(program)
	require.NoError(b, err)
	var files []initramfs.File
	for _, w := range works {
		files = append(files, initramfs.File{Name: "litmus/" + w.name, Mode: 0o755, Data: data})
	}
	for _, s := range out.setups {
		s.Archive, err = initramfs.Build(b.Context(), initramfs.Config{Arch: s.Config.Arch, CacheDir: b.TempDir(), Extra: files})
		require.NoError(b, err)
	}
	return out
}

// round boots all machines, and returns how long each kind of work took in each, in seconds.
func (m *bench) round(b *testing.B, round int) []map[string]float64 {
	b.Helper()
	seen := make([]map[string]float64, len(m.setups))
	turns := boot.NewTurns(len(m.setups), "", nil)
	group, ctx := errgroup.WithContext(b.Context())
	for i, s := range m.setups {
		below := fmt.Sprintf("%s/round-%d-%d", m.run.Folder.Work, round, i)
		a, err := s.Boot(prepare.BootRequest{Variant: trial.Unpatched, Reader: trial.Acquire, Below: below}, turns)
		require.NoError(b, err)
		group.Go(func() (err error) {
			seen[i], err = outsideOnce(ctx, a, m.works)
			return err
		})
	}
	require.NoError(b, group.Wait())
	return seen
}

// outsideOnce boots and returns how long each kind of work took, in seconds.
func outsideOnce(ctx context.Context, a *boot.Boot, works []work) (map[string]float64, error) {
	vm, err := a.Open(ctx)
	if err != nil {
		return nil, err
	}
	defer vm.Close()
	s := boot.NewSession(vm.Wire(), a.Name, nil)
	defer s.Close()
	if err := vm.Cont(ctx); err != nil {
		return nil, err
	}
	if _, err := s.Hello(ctx, a.Config.Machine.Arch.GOARCH, "litmus"); err != nil {
		return nil, err
	}
	if err := a.Turns.Meet(ctx, vm.Exited()); err != nil {
		return nil, err
	}
	start := wire.Start{Workload: "litmus", Modes: []string{}}
	for range outsideRepeats {
		for _, w := range works {
			start.Litmus = append(start.Litmus, wire.LitmusJob{
				Name: w.name, Path: "/litmus/" + w.name, Size: w.size, Runs: 1, LimitNS: time.Minute.Nanoseconds(),
			})
		}
	}
	a.Turns.Take()
	defer a.Turns.Pass()
	defer a.Turns.Leave()
	if err := s.Send(wire.Record{Start: &start}); err != nil {
		return nil, err
	}
	return outsideTurns(ctx, a.Turns, vm, s)
}

// heard is a guest's next record, or why there is none.
type heard struct {
	wire.Record
	err error
}

// outsideTurns runs the machine in its turns until it has done all its work.
func outsideTurns(ctx context.Context, turns *boot.Turns, vm boot.VM, s *boot.Session) (map[string]float64, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	records := make(chan heard)
	go func() {
		for h := (heard{}); h.err == nil; {
			h.Record, h.err = s.Next(ctx, time.Hour)
			select {
			case records <- h:
			case <-ctx.Done():
				return
			}
		}
	}()
	took := map[string]float64{}
	slice := time.NewTicker(outsideSlice)
	defer slice.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case r := <-records:
			switch {
			case r.err != nil:
				return nil, r.err
			case r.Done != nil:
				return took, nil
			case r.Litmus == nil || r.Litmus.End != wire.LitmusOK:
				return nil, fmt.Errorf("%+v", r.Record)
			default:
				took[r.Litmus.Name] += float64(r.Litmus.ElapsedNS) / 1e9
			}
		case <-slice.C:
			if !turns.OthersWait() {
				continue
			}
			if err := vm.Pause(ctx); err != nil {
				return nil, err
			}
			turns.Pass()
			turns.Take()
			if err := vm.Cont(ctx); err != nil {
				return nil, err
			}
			slice.Reset(outsideSlice)
		}
	}
}

// benchSetup is a setup of the unpatched kernel, and the run that it is of.
func benchSetup(b *testing.B, change func(*trial.Spec)) (*command.Run, *prepare.Setup) {
	b.Helper()
	cfg := rigtest.Real(b, "boots kernels")
	change(&cfg.Spec)
	return ready(b, cfg, trial.Unpatched)
}
