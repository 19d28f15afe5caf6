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

// outside is the work of testdata/outside.c and how much of it takes about half
// a second.
var outside = []struct {
	name string
	size int
}{{"events", 100_000}, {"switches", 5_000}, {"pages", 3_000}, {"compute", 80_000}}

const (
	outsideRepeats = 3                     // of all of it per boot
	outsideSlice   = 20 * time.Millisecond // of one machine, while the other stands still
)

// BenchmarkOutsideTheScope prints, each round, how fast a guest works with the
// emulator in a scope that is never entered, as a share of how fast without it:
// the geometric mean over the kinds of work. Both machines are up at once and run
// in turns of some milliseconds, so that the host's load falls on both alike; the
// guest's clock stands still while its machine does.
func BenchmarkOutsideTheScope(b *testing.B) {
	program := filepath.Join(b.TempDir(), "outside")
	run, plain := benchSetup(b, func(s *trial.Spec) { s.MemoryModel = trial.ModelNative })
	_, emulated := benchSetup(b, func(s *trial.Spec) { s.ScopeOnly, s.Scopes = true, []string{"kernel:panic"} })
	out, err := exec.Command(plain.Config.Arch.CrossCompile+arch.GCC, "-O2", "-static", "-o", program, "testdata/outside.c").CombinedOutput()
	require.NoError(b, err, "%s", out)
	data, err := os.ReadFile(program)
	require.NoError(b, err)
	var files []initramfs.File
	for _, w := range outside {
		files = append(files, initramfs.File{Name: "litmus/" + w.name, Mode: 0o755, Data: data})
	}
	for _, s := range []*prepare.Setup{plain, emulated} {
		s.Archive, err = initramfs.Build(b.Context(), initramfs.Config{Arch: s.Config.Arch, CacheDir: b.TempDir(), Extra: files})
		require.NoError(b, err)
	}
	var jobs []wire.LitmusJob
	for range outsideRepeats {
		for _, w := range outside {
			jobs = append(jobs, jobOf(w.name, w.size))
		}
	}
	for round := 0; b.Loop(); round++ {
		var seen [2]map[string]float64
		turns := boot.NewTurns(2, "", nil)
		group, ctx := errgroup.WithContext(b.Context())
		for i, s := range []*prepare.Setup{plain, emulated} {
			below := fmt.Sprintf("%s/round-%d-%d", run.Folder.Work, round, i)
			a, err := s.Boot(prepare.BootRequest{Variant: trial.Unpatched, Reader: trial.Acquire, Below: below}, turns)
			require.NoError(b, err)
			group.Go(func() (err error) {
				seen[i], err = outsideOnce(ctx, a, jobs)
				return err
			})
		}
		require.NoError(b, group.Wait())
		sum := 0.0
		for _, w := range outside {
			ratio := seen[0][w.name] / seen[1][w.name]
			sum += math.Log(ratio)
			fmt.Printf("%s %.4f (%.3f s)\n", w.name, ratio, seen[0][w.name])
		}
		fmt.Printf("ratio %.4f\n", math.Exp(sum/float64(len(outside)))) // a benchmark logs ten lines at the most
	}
}

// jobOf is work of that name and size, for the guest.
func jobOf(name string, size int) wire.LitmusJob {
	return wire.LitmusJob{Name: name, Path: "/litmus/" + name, Size: size, Runs: 1, LimitNS: (10 * time.Minute).Nanoseconds()}
}

// outsideOnce boots and returns how long each kind of work took, in seconds.
func outsideOnce(ctx context.Context, a *boot.Boot, jobs []wire.LitmusJob) (map[string]float64, error) {
	vm, err := a.Open(ctx)
	if err != nil {
		return nil, err
	}
	defer vm.Close()
	s := boot.NewSession(vm, a.Name, nil)
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
	start := wire.Start{Workload: "litmus", Modes: []string{}, Litmus: jobs}
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
			case r.Litmus == nil:
				return nil, fmt.Errorf("%+v", r.Record)
			case r.Litmus.End != wire.LitmusOK:
				return nil, fmt.Errorf("%+v", *r.Litmus)
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
