// SPDX-License-Identifier: Apache-2.0

package rig

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

	"kcovrig/guest/wire"
	"kcovrig/rig/arch"
	"kcovrig/rig/internal/initramfs"
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
	plain := benchJob(b, func(s *trial.Spec) { s.MemoryModel = trial.ModelNative })
	emulated := benchJob(b, func(s *trial.Spec) { s.ScopeOnly, s.Scopes = true, []string{"kernel:panic"} })
	out, err := exec.Command(plain.arch.CrossCompile+arch.GCC, "-O2", "-static", "-o", program, "testdata/outside.c").CombinedOutput()
	require.NoError(b, err, "%s", out)
	data, err := os.ReadFile(program)
	require.NoError(b, err)
	var files []initramfs.File
	for _, w := range outside {
		files = append(files, initramfs.File{Name: "litmus/" + w.name, Mode: 0o755, Data: data})
	}
	for _, j := range []*job{plain, emulated} {
		j.archive, err = j.backends().Archive(b.Context(), initramfs.Config{Arch: j.arch, CacheDir: b.TempDir(), Extra: files})
		require.NoError(b, err)
	}
	for round := 0; b.Loop(); round++ {
		var seen [2]map[string]float64
		turns := newRelay(2, nil)
		var runs []func(context.Context) error
		for i, j := range []*job{plain, emulated} {
			a, err := j.boot(bootAsked{variant: trial.Unpatched, reader: trial.Acquire, below: fmt.Sprintf("%s/round-%d", j.folder.work, round)}, turns)
			require.NoError(b, err)
			runs = append(runs, func(ctx context.Context) (err error) {
				seen[i], err = a.outside(ctx)
				return err
			})
		}
		require.NoError(b, together(b.Context(), runs...))
		sum := 0.0
		for _, w := range outside {
			ratio := seen[0][w.name] / seen[1][w.name]
			sum += math.Log(ratio)
			fmt.Printf("%s %.4f (%.3f s)\n", w.name, ratio, seen[0][w.name])
		}
		fmt.Printf("ratio %.4f\n", math.Exp(sum/float64(len(outside)))) // a benchmark logs ten lines at the most
	}
}

// outside boots the arm and returns how long each kind of work took, in seconds.
func (a *arm) outside(ctx context.Context) (map[string]float64, error) {
	vm, _, err := a.boot(ctx)
	if err != nil {
		return nil, err
	}
	defer vm.Close()
	s := newSession(vm.Wire(), a.name, nil)
	defer s.close()
	if err := vm.Cont(ctx); err != nil {
		return nil, err
	}
	if _, err := s.hello(ctx, a.machine.Arch.GOARCH, litmusWorkload); err != nil {
		return nil, err
	}
	if err := a.relay.meet(ctx, vm.Exited()); err != nil {
		return nil, err
	}
	start := wire.Start{Workload: litmusWorkload, Modes: []string{}}
	for range outsideRepeats {
		for _, w := range outside {
			start.Litmus = append(start.Litmus, wire.LitmusJob{
				Name: w.name, Path: "/litmus/" + w.name, Size: w.size, Runs: 1, LimitNS: time.Minute.Nanoseconds(),
			})
		}
	}
	a.relay.take()
	defer a.relay.pass()
	defer a.relay.leave()
	if err := s.send(wire.Record{Start: &start}); err != nil {
		return nil, err
	}
	return a.outsideTurns(ctx, vm, s)
}

// outsideTurns runs the machine in its turns until it has done all its work.
func (a *arm) outsideTurns(ctx context.Context, vm VM, s *session) (map[string]float64, error) {
	took := map[string]float64{}
	slice := time.NewTicker(outsideSlice)
	defer slice.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case p, open := <-s.in:
			switch r, err := p.check(open); {
			case err != nil:
				return nil, err
			case r.Done != nil:
				return took, nil
			case r.Litmus == nil || r.Litmus.End != wire.LitmusOK:
				return nil, fmt.Errorf("%+v", r)
			default:
				took[r.Litmus.Name] += float64(r.Litmus.ElapsedNS) / 1e9
			}
		case <-slice.C:
			if !a.relay.contested() {
				continue
			}
			if err := vm.Pause(ctx); err != nil {
				return nil, err
			}
			a.relay.pass()
			a.relay.take()
			if err := vm.Cont(ctx); err != nil {
				return nil, err
			}
			slice.Reset(outsideSlice)
		}
	}
}

// benchJob is a job with its kernel built and everything ready to boot.
func benchJob(b *testing.B, change func(*trial.Spec)) *job {
	b.Helper()
	cfg := realSoak(b, 0)
	change(&cfg.Spec)
	j, err := newJob(cfg, "run")
	require.NoError(b, err)
	b.Cleanup(func() {
		_, err := j.finish(nil)
		require.NoError(b, err)
	})
	require.NoError(b, j.prepare(b.Context(), []trial.Variant{trial.Unpatched}))
	return j
}
