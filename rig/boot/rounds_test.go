// SPDX-License-Identifier: Apache-2.0

package boot_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/guest/program"
	"kcovrig/guest/wire"
	"kcovrig/rig/arch"
	"kcovrig/rig/boot"
	"kcovrig/rig/coderange"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/qemu"
	"kcovrig/rig/internal/weakmem"
	"kcovrig/rig/rigtest"
	"kcovrig/rig/trial"
)

// inRounds is a boot of the lab's patched kernel with rounds of these alterations, and
// what they bring.
func inRounds(t *testing.T, lab *rigtest.Lab, alterations ...uint64) (*boot.Boot, *[]boot.Shown) {
	t.Helper()
	a, err := arch.Lookup("arm64")
	require.NoError(t, err)
	shown := &[]boot.Shown{}
	b := &boot.Boot{
		Config: boot.Config{
			Name: "patched", Dir: t.TempDir(), Variant: trial.Patched, Reader: trial.Acquire, Workloads: []string{program.Name},
			Machine: qemu.Config{Arch: a, Dir: t.TempDir()}, Emulator: &weakmem.Config{Dir: "patched"},
			Writes: boot.Writes{Publishers: []uint64{0x300}},
			Start:  wire.Start{Workload: program.Name, Modes: []string{"m"}, Seed: 3, BlockSize: 4, Detections: 2, ProgressNS: 1},
		},
		Tools: *lab.Booting(), Stage: func(string, string) func(string) { return func(string) {} }, Events: func(trial.Event) {},
		Turns: boot.NewTurns(1, "", nil),
	}
	b.Rounds = func(last *boot.Shown) *boot.Round {
		if last != nil {
			*shown = append(*shown, *last)
		}
		if len(*shown) == len(alterations) {
			return nil
		}
		return &boot.Round{
			Alteration: alterations[len(*shown)], Hits: 1, Limit: time.Minute,
			Enough: func(tallies []wire.Tally, _ []wire.Detection) bool {
				return len(tallies) > 0 && tallies[0].Blocks >= 20
			},
		}
	}
	return b, shown
}

func TestABootHasRounds(t *testing.T) {
	clean := rigtest.Guest{Altered: map[uint64]rigtest.Guest{4: {HitEvery: 2, Hits: []wire.Detection{{Mode: "m", Witness: 3}}}}}
	lab := rigtest.NewLab(clean, clean)
	b, shown := inRounds(t, lab, 0, 4, 0)
	obs, err := b.Run(t.Context())
	require.NoError(t, err)
	assert.Equal(t, trial.OutcomeOK, obs.Outcome)
	assert.Empty(t, obs.Tallies, "rounds tell what they counted")
	assert.Equal(t, []uint64{0, 4, 0}, lab.VMs[0].Chosen())
	require.Len(t, *shown, 3)
	for i, s := range *shown {
		assert.Equal(t, i == 1, s.Tallies[0].HitWindows > 0, "round %d", i)
		assert.Len(t, s.Hits, i%2)
		assert.GreaterOrEqual(t, s.Tallies[0].Blocks, uint64(20))
		assert.NotNil(t, s.Silence)
	}
}

// What ends by itself, as a program does whose hits end the boot, is followed by a
// further round all the same.
func TestARoundMayEndByItself(t *testing.T) {
	guest := rigtest.Guest{}
	lab := rigtest.NewLab(guest, guest)
	b, shown := inRounds(t, lab, 1, 2)
	b.Start.Program = &wire.Program{Windows: 8}
	_, err := b.Run(t.Context())
	require.NoError(t, err)
	assert.Len(t, *shown, 2)
	assert.Equal(t, []uint64{1, 2}, lab.VMs[0].Chosen())
}

// A kernel that ends in a round ends the boot; the rounds before it stand.
func TestARoundThatFailsEndsTheBoot(t *testing.T) {
	guest := rigtest.Guest{Altered: map[uint64]rigtest.Guest{2: {Fault: wire.Faultf(wire.WhoseKernel, "write", "gone")}}}
	lab := rigtest.NewLab(guest, guest)
	b, shown := inRounds(t, lab, 1, 2, 3)
	obs, err := b.Run(t.Context())
	require.ErrorContains(t, err, "gone")
	assert.Equal(t, fault.Kernel, fault.KindOf(err))
	assert.Equal(t, trial.OutcomeKernelFault, obs.Outcome)
	assert.Len(t, *shown, 1)
}

// What the emulator noted is told of each round alone.
func TestARoundHasItsOwnNotes(t *testing.T) {
	lab := rigtest.NewLab(rigtest.Guest{}, rigtest.Guest{})
	looks := uint64(0)
	lab.Noted = func(trial.Variant) ([]weakmem.Site, error) {
		looks++
		return []weakmem.Site{
			{First: 0x104, Second: 0x300, By: 0x280, Count: 10 * looks, Why: "order-barrier"},
			{First: 0x104, Second: 0x300, Count: 7, Why: weakmem.WhyPassed},
		}, nil
	}
	b, shown := inRounds(t, lab, 1, 2)
	b.Writes.Copies = []coderange.Range{{Start: 0x100, End: 0x200}}
	_, err := b.Run(t.Context())
	require.NoError(t, err)
	for _, s := range *shown {
		assert.Equal(t, uint64(10), s.Silence.Stores.Order)
		assert.Zero(t, s.Silence.Stores.Passed, "it was noted before the first round")
	}
}

// A kernel that says nothing is at fault where its machine could run; where the host let it
// not, the host is.
func TestAKernelIsNotToBlameForABusyHost(t *testing.T) {
	for starved, want := range map[bool]struct {
		outcome trial.Outcome
		kind    fault.Kind
		waits   time.Duration
		words   string
		try     string
	}{
		false: {trial.OutcomeTimeout, fault.Kernel, time.Minute, qemu.ErrTimeout.Error(), "read the console"},
		true:  {trial.OutcomeRigFault, fault.Rig, 10 * time.Minute, "wait for the guest: the host is too busy for the guest: of 10m0s QEMU could use 1.6s", "run again while the machine is less busy"},
	} {
		synctest.Test(t, func(t *testing.T) {
			begun, guest := time.Now(), rigtest.Guest{Silent: true, Starved: starved}
			b, _ := inRounds(t, rigtest.NewLab(guest, guest), 0)
			obs, err := b.Run(t.Context())
			require.ErrorContains(t, err, want.words)
			assert.Equal(t, want.outcome, obs.Outcome)
			assert.Equal(t, want.kind, fault.KindOf(err))
			assert.Contains(t, fault.TryOf(err), want.try)
			assert.Equal(t, want.waits, time.Since(begun))
		})
	}
}
