// SPDX-License-Identifier: Apache-2.0

package boot

import (
	"debug/elf"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/guest/wire"
	"kcovrig/rig/arch"
	"kcovrig/rig/envtest"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/initramfs"
	"kcovrig/rig/internal/qemu"
	"kcovrig/rig/trial"
)

// broken is the function that brokenKernel breaks; testdata/program.c calls it.
const broken = "__arm64_sys_sethostname"

// brokenKernel copies a built kernel in which the function reads from address 0x50.
func brokenKernel(t *testing.T, a arch.Arch, build string) string {
	t.Helper()
	vmlinux, err := elf.Open(filepath.Join(build, "out", "vmlinux"))
	require.NoError(t, err, "KCOVRIG_E2E_BUILDS names no built kernels: run scripts/test")
	defer vmlinux.Close()
	symbols, err := vmlinux.Symbols()
	require.NoError(t, err)
	at := map[string]uint64{}
	for _, s := range symbols {
		at[s.Name] = s.Value
	}
	require.NotZero(t, at[broken])
	image, err := os.ReadFile(filepath.Join(build, "out", a.ImagePath))
	require.NoError(t, err)
	const movX0, ldrX0 = 0xd2800a00, 0xf9400000 // mov x0, #0x50; ldr x0, [x0]
	code := image[at[broken]-at["_text"]:]
	binary.LittleEndian.PutUint32(code[4:], movX0)
	binary.LittleEndian.PutUint32(code[8:], ldrX0)
	path := filepath.Join(t.TempDir(), "Image")
	require.NoError(t, os.WriteFile(path, image, 0o600))
	return path
}

// bootProgram boots the broken kernel with testdata/program.c as its workload, until
// it has been hit three times, or a hit ends the boot.
func bootProgram(t *testing.T, detect wire.Detect) (trial.Observation, error) {
	return bootSource(t, "testdata/program.c", wire.Program{Detect: []wire.Detect{detect}, Window: wire.WindowTold, Ready: true})
}

// bootSource is bootProgram for any program, with one detection.
func bootSource(t *testing.T, source string, of wire.Program) (trial.Observation, error) {
	t.Helper()
	detect := of.Detect[0]
	envtest.Real(t, "boots a kernel")
	a, err := arch.Lookup("arm64")
	require.NoError(t, err)
	elf := filepath.Join(t.TempDir(), "program")
	out, err := exec.Command(a.CrossCompile+"gcc", "-static", "-O2", "-o", elf, source).CombinedOutput()
	require.NoError(t, err, "%s", out)
	program, err := os.ReadFile(elf)
	require.NoError(t, err)
	archive, err := initramfs.Build(t.Context(), initramfs.Config{Arch: a, Program: program, CacheDir: t.TempDir()})
	require.NoError(t, err)
	binary := strings.Fields(os.Getenv("KCOVRIG_QEMU_ARM64"))
	if len(binary) == 0 {
		binary = []string{a.QEMU}
	}
	b := Boot{
		Config: Config{
			Name: "program", Dir: t.TempDir(), Variant: trial.Unpatched, Reader: trial.Acquire, Workloads: []string{"program"},
			Machine: Machine(qemu.Config{
				Name: "program", Arch: a, Binary: binary, Accel: trial.AccelTCG, SurviveOops: true, Dir: t.TempDir(),
				Kernel: brokenKernel(t, a, filepath.Join(os.Getenv("KCOVRIG_E2E_BUILDS"), "arm64-unpatched")), Initrd: archive.Path,
			}),
			Start: wire.Start{
				Workload: "program", Modes: []string{""}, Reader: "acquire", Seed: 7, BlockSize: 4, Detections: MaxHits,
				ProgressNS: int64(ProgressTime),
				Program:    &of,
			},
			Limit: time.Minute,
		},
		Tools: Real(), Stage: func(string, string) func(string) { return func(string) {} }, Events: func(trial.Event) {},
		Turns: NewTurns(1, "", nil), Until: func(hits []wire.Detection) bool { return len(hits) >= 3 },
	}
	b.Machine.Sockets = t.TempDir()
	if detect.Reboot {
		b.Start.Program.Windows, b.Start.BlockSize = 512, 512
		b.Machine.SurviveOops = detect.Kind != wire.KindPanic
	}
	return b.Run(t.Context())
}

func TestAnOopsOfARealKernelIsAHit(t *testing.T) {
	obs, err := bootProgram(t, wire.Detect{Kind: wire.KindOops, Function: broken})
	require.NoError(t, err)
	assert.Equal(t, trial.OutcomeOK, obs.Outcome)
	require.GreaterOrEqual(t, len(obs.Detections), 3)
	for i, d := range obs.Detections {
		assert.Equal(t, wire.KindOops, d.Kind)
		assert.Contains(t, d.Text, "address 0000000000000050 in "+broken+"+0x8/")
		assert.Equal(t, uint64(i), d.Round, "the program is started again")
	}
	require.Len(t, obs.Tallies, 1)
	tally := obs.Tallies[0]
	assert.Equal(t, uint64(len(obs.Detections)), tally.HitWindows)
	assert.GreaterOrEqual(t, tally.Windows, 9*tally.HitWindows)
}

func TestAnOopsElsewhereIsTheKernelsFault(t *testing.T) {
	obs, err := bootProgram(t, wire.Detect{Kind: wire.KindOops, Function: "tls_getsockopt"})
	require.Error(t, err)
	assert.Equal(t, fault.Kernel, fault.KindOf(err), "%v", err)
	assert.ErrorContains(t, err, broken)
	assert.Equal(t, trial.OutcomeKernelFault, obs.Outcome)
	assert.Empty(t, obs.Detections)
}

func TestAPanicOfARealKernelIsAHit(t *testing.T) {
	obs, err := bootProgram(t, wire.Detect{Kind: wire.KindPanic, Function: broken, Reboot: true})
	require.NoError(t, err)
	assert.Equal(t, trial.OutcomeOK, obs.Outcome)
	require.Len(t, obs.Detections, 1)
	assert.Equal(t, wire.KindPanic, obs.Detections[0].Kind)
	assert.Contains(t, obs.Detections[0].Text, "address 0000000000000050 in "+broken+"+0x8/")
	require.Len(t, obs.Tallies, 1)
	tally := obs.Tallies[0]
	assert.Equal(t, uint64(1), tally.HitWindows)
	assert.LessOrEqual(t, tally.Windows, uint64(9), "those that the guest had told of, and the hit")
	assert.Zero(t, tally.Blocks)
}

func TestAPanicElsewhereIsTheKernelsFault(t *testing.T) {
	obs, err := bootProgram(t, wire.Detect{Kind: wire.KindPanic, Function: "tls_getsockopt", Reboot: true})
	require.Error(t, err)
	assert.Equal(t, fault.Kernel, fault.KindOf(err), "%v", err)
	assert.Equal(t, trial.OutcomeKernelFault, obs.Outcome)
	assert.Empty(t, obs.Detections)
}

// What a fuzzer left says nothing: a run of it is a try, or so much of the guest's time is.
func TestAProgramThatSaysNothing(t *testing.T) {
	for name, c := range map[string]struct {
		of   wire.Program
		kind wire.Kind
		text string
	}{
		"by its runs": {
			wire.Program{Window: wire.WindowRun, Detect: []wire.Detect{{Kind: wire.KindOops, Function: broken}}}, wire.KindOops, "address 0000000000000050 in " + broken,
		},
		"by time": {
			wire.Program{Window: wire.WindowTimed, EveryNS: int64(2 * time.Millisecond), Detect: []wire.Detect{{Kind: wire.KindOops, Function: broken}}},
			wire.KindOops, "address 0000000000000050 in " + broken,
		},
		"by how it ends": {
			wire.Program{Window: wire.WindowRun, Args: []string{"3"}, Detect: []wire.Detect{{Kind: wire.KindExit, Exit: "3"}}}, wire.KindExit, "status 3",
		},
	} {
		t.Run(name, func(t *testing.T) {
			obs, err := bootSource(t, "testdata/silent.c", c.of)
			require.NoError(t, err)
			assert.Equal(t, trial.OutcomeOK, obs.Outcome)
			require.GreaterOrEqual(t, len(obs.Detections), 3)
			for _, d := range obs.Detections {
				assert.Equal(t, c.kind, d.Kind)
				assert.Contains(t, d.Text, c.text)
			}
			require.Len(t, obs.Tallies, 1)
			assert.Equal(t, uint64(len(obs.Detections)), obs.Tallies[0].HitWindows)
			assert.Greater(t, obs.Tallies[0].Windows, obs.Tallies[0].HitWindows, "most of its runs do nothing")
		})
	}
}

// A status that nobody detects is the guest's fault, not a hit.
func TestAnEndThatIsNoDetection(t *testing.T) {
	obs, err := bootSource(t, "testdata/silent.c", wire.Program{Window: wire.WindowRun, Args: []string{"5"}, Detect: []wire.Detect{{Kind: wire.KindExit, Exit: "3"}}})
	require.ErrorContains(t, err, "which is no detection")
	assert.Equal(t, fault.Guest, fault.KindOf(err))
	assert.Empty(t, obs.Detections)
}
