// SPDX-License-Identifier: Apache-2.0

package prepare_test

import (
	"context"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	guest "kcovrig/guest/program"
	"kcovrig/guest/wire"
	"kcovrig/rig/command"
	"kcovrig/rig/internal/initramfs"
	"kcovrig/rig/internal/program"
	"kcovrig/rig/prepare"
	"kcovrig/rig/rigtest"
	"kcovrig/rig/trial"
)

// A scenario's own program is built, put into the archive, and started by the guest; a
// kernel that the bug shows in by an oops has to survive it.
func TestAScenariosProgramIsWhatTheGuestRuns(t *testing.T) {
	lab := rigtest.NewLab(rigtest.Guest{}, rigtest.Guest{})
	cfg := lab.Config(t)
	cfg.Spec.Scenario, cfg.Spec.Modes, cfg.Spec.Readers = "tls", nil, nil
	var built program.Config
	var packed initramfs.Config
	cfg.Tools.Program = func(_ context.Context, c program.Config) ([]byte, error) { built = c; return []byte("program"), nil }
	archive := cfg.Tools.Archive
	cfg.Tools.Archive = func(ctx context.Context, c initramfs.Config) (initramfs.Archive, error) {
		packed = c
		return archive(ctx, c)
	}
	run, err := command.Begin(cfg, "compare")
	require.NoError(t, err)
	run.Scenario.Program.Files, run.Scenario.Program.GuestFiles = fstest.MapFS{"data/in": {Data: []byte("input")}}, []string{"data/in"}
	setup, err := prepare.NewSetup(t.Context(), run.Preparing(), prepare.Request{Variants: trial.Pair()})
	require.NoError(t, err)
	assert.Equal(t, "scenarios/tls/tls.c", built.Source)
	require.NoError(t, built.Validate())
	assert.Equal(t, []byte("program"), packed.Program)
	assert.EqualValues(t, 256<<20, packed.RAMBytes)
	assert.Equal(t, []initramfs.File{{Name: "files/data/in", Mode: 0o755, Data: []byte("input")}}, packed.Extra)

	config := setup.BootConfig(prepare.BootRequest{Variant: trial.Patched, Reader: trial.InKernel, Below: "below"})
	assert.Equal(t, guest.Name, config.Start.Workload)
	assert.Equal(t, []string{guest.Name}, config.Workloads)
	require.NotNil(t, config.Start.Program)
	assert.NoError(t, config.Start.Program.Check())
	assert.True(t, config.Machine.SurviveOops)
	assert.True(t, config.Writes.Unknown)
	assert.Equal(t, trial.Never, config.Expected, "the kernel's own readers are what the fix is for")
	assert.Equal(t, 2, config.Machine.CPUs)
	assert.EqualValues(t, 256<<20, config.Emulator.RAMBytes)
	assert.Empty(t, config.Machine.Cmdline)
	setup.Config.Scenario.Program.Start.Detect = []wire.Detect{{Kind: wire.KindOops}, {Kind: wire.KindKASAN}}
	config = setup.BootConfig(prepare.BootRequest{Variant: trial.Patched, Reader: trial.InKernel, Below: "below"})
	assert.Equal(t, []string{"kasan_multi_shot"}, config.Machine.Cmdline, "else the first report of a boot is all")
	setup.Config.Scenario.CPUs, setup.Config.Scenario.MemoryMiB = 4, 512
	config = setup.BootConfig(prepare.BootRequest{Variant: trial.Patched, Reader: trial.InKernel, Below: "below"})
	assert.Equal(t, []int{4, 512}, []int{config.Machine.CPUs, config.Machine.MemoryMiB})
	assert.EqualValues(t, 512<<20, config.Emulator.RAMBytes, "the emulator knows the memory that there is")
	_, err = run.Finish(run.Result(), setup.Close())
	require.NoError(t, err)

	other, err := command.Begin(lab.Config(t), "compare")
	require.NoError(t, err)
	setup, err = prepare.NewSetup(t.Context(), other.Preparing(), prepare.Request{Variants: trial.Pair()})
	require.NoError(t, err)
	config = setup.BootConfig(prepare.BootRequest{Variant: trial.Patched, Reader: trial.Acquire, Below: "below"})
	assert.Nil(t, config.Start.Program)
	assert.False(t, config.Machine.SurviveOops, "an oops that nobody looks for ends the machine")
	_, err = other.Finish(other.Result(), setup.Close())
	require.NoError(t, err)
}
