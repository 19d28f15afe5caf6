// SPDX-License-Identifier: Apache-2.0

package barriers

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/guest/wire"
	"kcovrig/rig/barrier"
	"kcovrig/rig/boot"
	"kcovrig/rig/internal/weakmem"
	"kcovrig/rig/prepare"
	"kcovrig/rig/rigtest"
	"kcovrig/rig/scenario"
	"kcovrig/rig/trial"
)

// ending is a scenario whose boots a hit ends, and which names no two writes. The
// emulator's notes are of two stores, of which the second overtakes the first under the
// alteration that shows the bug.
func ending(t *testing.T, worse rigtest.Guest) (*rigtest.Lab, func(*Config)) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"fix.patch": "patch", "prog": "program",
		"scenario.yaml": "kcovrig: scenario/1\nname: ending\ntitle: t\nfix: [fix.patch]\nworkload: {binary: prog, boot: 40}\ndetect: [{panic: f}]\n",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	l := lab(map[uint64]rigtest.Guest{ofStores: worse})
	for v, g := range l.Guests {
		g.Console = worse.Console
		l.Guests[v] = g
	}
	passed := weakmem.Site{First: 0x104, Second: 0x300, Why: weakmem.WhyPassed, Count: 1}
	order := weakmem.Site{First: 0x104, Second: 0x300, By: start + 4, Why: "order-barrier", Count: 1}
	l.Noted = func(trial.Variant) ([]weakmem.Site, error) {
		chosen := l.VMs[len(l.VMs)-1].Chosen()
		if len(chosen) > 0 && chosen[len(chosen)-1] == ofStores {
			passed.Count += 50
		} else {
			order.Count += 50
		}
		return []weakmem.Site{passed, order}, nil
	}
	return l, func(c *Config) {
		c.Spec.Scenario, c.Spec.Modes, c.Spec.Readers = dir, nil, nil
		c.Limits = barrier.Limits{Error: 0.01, Turn: 2, Most: 400}
	}
}

// A hit that ends a boot ends its round; the next boot goes on with what is left.
func TestAHitEndsABootAndTheNextGoesOn(t *testing.T) {
	at7 := func(int) uint64 { return 7 }
	l, change := ending(t, rigtest.Guest{Ends: at7})
	found, err := find(t, l, change)
	require.NoError(t, err)
	assert.Equal(t, []barrier.Answer{barrier.Needed, barrier.NotShownNeeded, barrier.NotShownNeeded}, answers(found), "%+v", found.Test.Results())
	ref := found.Test.Seen[found.Test.Reference]
	assert.InDelta(t, ref.Turns, len(l.Boots), 1, "each hit costs a boot, and nothing else does")
	assert.Equal(t, uint64(ref.Turns), ref.Tallies[0].HitBlocks, "a round is a block")
}

// So does a panic, which the guest cannot tell of.
func TestAPanicIsARoundsHit(t *testing.T) {
	l, change := ending(t, rigtest.Guest{
		Ends: func(int) uint64 { return 7 }, Panics: true,
		Console: "Internal error: Oops: 0000000096000006 [#1] SMP\r\npc : f+0x1c/0x2bc\r\nKernel panic - not syncing: Fatal exception in interrupt\r\n",
	})
	found, err := find(t, l, change)
	require.NoError(t, err)
	assert.Equal(t, []barrier.Answer{barrier.Needed, barrier.NotShownNeeded, barrier.NotShownNeeded}, answers(found), "%+v", found.Test.Results())
	assert.Empty(t, found.Test.Seen[found.Test.Reference].Broke)
}

// Where a hit ends a boot, a turn that was cut before its block is no clean one, and leaves no silence.
func TestATurnWithoutItsBlockIsNoSilence(t *testing.T) {
	test := barrier.Test{Limits: barrier.DefaultLimits(), Modes: []string{"program"}, Trials: []barrier.Trial{{Alteration: trial.Alteration{{Address: start, To: trial.OrderNone}}}}}
	own := scenario.Scenario{Program: &scenario.Program{Start: wire.Program{Windows: 40}}}
	setup := &prepare.Setup{}
	setup.Config.Scenario = own
	tt := turns{setup: setup, test: &test, at: barrier.Turn{Number: 1}, failed: map[int]int{}, silences: map[int]*trial.Silence{}}
	assert.True(t, tt.count(boot.Shown{Tallies: []wire.Tally{{Mode: "program", Windows: 12}}}))
	assert.Contains(t, test.Seen[1].Failed, "did not have its windows")
}

// Of a tree that is taken as it stands nobody says which instructions are the fix's; what
// keeps two stores in order there earns silence all the same.
func TestATreeAsItStandsHasAnswersWithoutTwoWrites(t *testing.T) {
	l, change := ending(t, rigtest.Guest{Ends: func(int) uint64 { return 7 }})
	l.Between = nil
	found, err := find(t, l, func(c *Config) {
		change(c)
		c.Variant = trial.AsIs
	})
	require.NoError(t, err)
	assert.Empty(t, found.Fix)
	assert.True(t, found.Test.Adopted)
	assert.Equal(t, []barrier.Answer{barrier.Needed, barrier.NotShownNeeded, barrier.NotShownNeeded}, answers(found), "%+v", found.Test.Results())
}

// What was added has to be what orders them: what the code has anyhow earns no silence.
func TestAnAddedBarrierEarnsItsOwnSilence(t *testing.T) {
	l, change := ending(t, rigtest.Guest{})
	l.Between = nil
	for v := range l.Guests {
		l.Guests[v] = rigtest.Guest{Ends: func(int) uint64 { return 7 }, Altered: map[uint64]rigtest.Guest{1: {}}}
	}
	var passed, order uint64
	l.Noted = func(trial.Variant) ([]weakmem.Site, error) {
		if chosen := l.VMs[len(l.VMs)-1].Chosen(); len(chosen) > 0 && chosen[len(chosen)-1] == 1 {
			order += 50
		} else {
			passed += 50
		}
		return []weakmem.Site{
			{First: 0x104, Second: 0x300, Why: weakmem.WhyPassed, Count: 1 + passed},
			{First: 0x104, Second: 0x300, By: start + 4, Why: "order-barrier", Count: 1 + order},
		}, nil
	}
	l.Lines = linesOf()
	found, err := find(t, l, func(c *Config) {
		change(c)
		c.Spec.VirtualFix = "f:15:smp_wmb" // at another place than what orders them
	})
	require.NoError(t, err)
	assert.Equal(t, barrier.Unknown, found.Altered.Result.Effect)
	assert.Contains(t, found.Altered.Result.Reason, "on its own lines")
}
