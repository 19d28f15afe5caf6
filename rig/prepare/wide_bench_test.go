// SPDX-License-Identifier: Apache-2.0

package prepare_test

import (
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"kcovrig/guest/wire"
	"kcovrig/rig/arch"
	"kcovrig/rig/boot"
	"kcovrig/rig/command"
	"kcovrig/rig/internal/initramfs"
	"kcovrig/rig/prepare"
	"kcovrig/rig/trial"
)

// wideRows are those of testdata/wide.c, and how often each is done: about as long.
var wideRows = []struct {
	name string
	size int
}{
	{"null", 20000}, {"read", 10000}, {"write", 10000}, {"stat", 5000}, {"fork", 60}, {"exec", 40}, {"pipe", 1000}, {"switch", 4000},
	{"unix-latency", 1000}, {"unix-bandwidth", 400}, {"tcp-latency", 300}, {"tcp-bandwidth", 200}, {"fault", 4096}, {"mmap", 1000},
}

// wideScopes are those whose price is asked for, beside the plain machine's.
var wideScopes = []struct {
	name   string
	change func(*trial.Spec)
}{
	{"plain", func(s *trial.Spec) { s.MemoryModel = trial.ModelNative }},
	{"functions", func(*trial.Spec) {}},
	{"subsystem", func(s *trial.Spec) { s.ScopeOnly, s.Scopes = true, []string{"kernel:net/ipv4/,net/core/"} }},
	{"kernel", func(s *trial.Spec) { s.ScopeOnly, s.Scopes = true, []string{"kernel:*"} }},
}

// BenchmarkWideScopes prints how long rows like LMBench's take with the emulator in a
// scenario's own scope, in a subsystem and in the whole kernel, as multiples of how long
// they take without it. All machines are up at once and run in turns, see
// BenchmarkOutsideTheScope. KCOVRIG_BENCH_SCENARIO names the scenario whose kernel it is: a
// row that it has nothing for is left out, and one with TCP is needed for the subsystem.
func BenchmarkWideScopes(b *testing.B) {
	setups := make([]*prepare.Setup, len(wideScopes))
	var run *command.Run
	for i, s := range wideScopes {
		run, setups[i] = benchSetup(b, func(spec *trial.Spec) {
			spec.Scenario, spec.Readers = os.Getenv("KCOVRIG_BENCH_SCENARIO"), nil
			s.change(spec)
		})
	}
	files, jobs := wideProgram(b, setups[0].Config.Arch)
	for _, s := range setups {
		var err error
		s.Archive, err = initramfs.Build(b.Context(), initramfs.Config{Arch: s.Config.Arch, CacheDir: b.TempDir(), Extra: files})
		require.NoError(b, err)
	}
	took := make([]map[string]float64, len(setups))
	for i := range took {
		took[i] = map[string]float64{}
	}
	for round := 0; b.Loop(); round++ {
		seen := make([]map[string]float64, len(setups))
		turns := boot.NewTurns(len(setups), "", nil)
		group, ctx := errgroup.WithContext(b.Context())
		for i, s := range setups {
			below := fmt.Sprintf("%s/wide-%d-%d", run.Folder.Work, round, i)
			a, err := s.Boot(prepare.BootRequest{Variant: trial.Unpatched, Reader: s.Config.Spec.Readers[0], Below: below}, turns)
			require.NoError(b, err)
			group.Go(func() (err error) {
				seen[i], err = outsideOnce(ctx, a, jobs)
				return err
			})
		}
		require.NoError(b, group.Wait())
		for i := range seen {
			for name, seconds := range seen[i] {
				took[i][name] += seconds
			}
		}
	}
	printWide(took)
}

// wideProgram is testdata/wide.c under the names of its rows, and what the guest is to do.
func wideProgram(b *testing.B, of arch.Arch) (files []initramfs.File, jobs []wire.LitmusJob) {
	b.Helper()
	program := filepath.Join(b.TempDir(), "wide")
	out, err := exec.Command(of.CrossCompile+arch.GCC, "-O2", "-static", "-o", program, "testdata/wide.c").CombinedOutput()
	require.NoError(b, err, "%s", out)
	data, err := os.ReadFile(program)
	require.NoError(b, err)
	for _, w := range wideRows {
		files = append(files, initramfs.File{Name: "litmus/" + w.name, Mode: 0o755, Data: data})
		jobs = append(jobs, jobOf(w.name, w.size))
	}
	return files, jobs
}

// leastSeconds is below what any row takes that is done at all.
const leastSeconds = 0.03

// printWide prints a line for each scope and row, then the worst and the geometric mean.
func printWide(took []map[string]float64) {
	for i, s := range wideScopes[1:] {
		sum, worst, rows := 0.0, 0.0, 0
		for _, w := range wideRows {
			if took[0][w.name] < leastSeconds {
				continue
			}
			ratio := took[i+1][w.name] / took[0][w.name]
			sum, worst, rows = sum+math.Log(ratio), max(worst, ratio), rows+1
			fmt.Printf("wide %s %s %.2f (%.3f s plain)\n", s.name, w.name, ratio, took[0][w.name])
		}
		fmt.Printf("wide %s worst %.2f\nwide %s mean %.2f\n", s.name, worst, s.name, math.Exp(sum/float64(max(rows, 1))))
	}
}
