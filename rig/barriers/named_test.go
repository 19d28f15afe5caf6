// SPDX-License-Identifier: Apache-2.0

package barriers

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/barrier"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/objcode/elfcode"
	"kcovrig/rig/internal/weakmem"
	"kcovrig/rig/rigtest"
	"kcovrig/rig/trial"
)

// linesOf are lab's lines: line 10 for the first instruction, and on.
func linesOf() (out []elfcode.Line) {
	for i := range uint64(8) {
		out = append(out, elfcode.Line{Addr: start + 4*i, Symbol: "f", Offset: 4 * i, File: "f.c", Line: 10 + int(i)})
	}
	return out
}

// lined is the lab with source lines.
func lined(as, altered map[uint64]rigtest.Guest) *rigtest.Lab {
	l := lab(altered)
	l.Lines = linesOf()
	if own, ok := as[0]; ok {
		own.Altered = altered
		l.Guests = map[trial.Variant]rigtest.Guest{trial.Unpatched: own, trial.Patched: own}
	}
	return l
}

func TestOneKernelWithAnAlterationByName(t *testing.T) {
	broken := map[uint64]rigtest.Guest{0: {Step: 64, HitEvery: 4}}
	clean := rigtest.Guest{Step: 64}
	for name, c := range map[string]struct {
		weaken, fix string
		lab         *rigtest.Lab
		want        barrier.Effect
		variant     trial.Variant
	}{
		"enough":              {"", "f:12:smp_wmb", ordering(lined(broken, map[uint64]rigtest.Guest{1: clean})), barrier.Silent, trial.Unpatched},
		"not enough":          {"", "f:12:smp_wmb", lined(broken, map[uint64]rigtest.Guest{1: bad}), barrier.Showed, trial.Unpatched},
		"no bug without it":   {"", "f:12:smp_wmb", lined(nil, nil), barrier.Unknown, trial.Unpatched},
		"needed":              {"f:11", "", lined(nil, map[uint64]rigtest.Guest{1: bad}), barrier.Showed, trial.Patched},
		"not shown":           {"f:14", "", lined(nil, map[uint64]rigtest.Guest{2: bad}), barrier.Silent, trial.Patched},
		"the fix shows none":  {"f:11", "", lined(nil, nil), barrier.Unknown, trial.Patched},
		"it shows it anyway":  {"f:11", "", lined(broken, map[uint64]rigtest.Guest{1: bad}), barrier.Unknown, trial.Patched},
		"nothing is executed": {"f:14", "", unexecuted(lined(nil, map[uint64]rigtest.Guest{2: bad}), start+16), barrier.NotExecuted, trial.Patched},
	} {
		t.Run(name, func(t *testing.T) {
			found, err := find(t, c.lab, func(cfg *Config) {
				cfg.Spec.Weaken, cfg.Spec.VirtualFix, cfg.Limits.Most = c.weaken, c.fix, 1024
			})
			require.NoError(t, err)
			require.NotNil(t, found.Altered)
			assert.Equal(t, c.want, found.Altered.Result.Effect, found.Altered.Result.Reason)
			assert.Equal(t, c.want == barrier.Showed || c.want == barrier.Silent, found.Answered())
			assert.Equal(t, c.want == barrier.Showed, found.Hit())
			assert.Equal(t, c.variant, found.Result.Spec.Variant)
			assert.Contains(t, found.Altered.What, "f.c:1")
			assert.Equal(t, found.Altered, found.Report().Altered)
			assert.Len(t, c.lab.Boots, 1)
		})
	}
}

// ordering is the lab whose emulator notes that alteration 1 orders the two writes.
func ordering(l *rigtest.Lab) *rigtest.Lab {
	passed := weakmem.Site{First: 0x104, Second: 0x300, Why: weakmem.WhyPassed, Count: 1}
	order := weakmem.Site{First: 0x104, Second: 0x300, By: start + 8, Why: "order-barrier", Count: 1}
	l.Noted = func(trial.Variant) ([]weakmem.Site, error) {
		if chosen := l.VMs[0].Chosen(); len(chosen) > 0 && chosen[len(chosen)-1] == 1 {
			order.Count += 50
		} else {
			passed.Count += 50
		}
		return []weakmem.Site{passed, order}, nil
	}
	return l
}

func unexecuted(l *rigtest.Lab, addr uint64) *rigtest.Lab {
	l.Skipped = map[uint64]bool{addr: true}
	return l
}

// What names nothing is refused, before a kernel is made where that can be seen.
func TestNamesOfNoAlterationAreTheUsersFault(t *testing.T) {
	for _, weaken := range []string{"f:x", "f:12", "h"} {
		l := lined(nil, nil)
		_, err := find(t, l, func(c *Config) { c.Spec.Weaken = weaken })
		assert.Equal(t, fault.User, fault.KindOf(err), "%v", err)
		assert.Empty(t, l.Boots)
	}
	_, err := find(t, lined(nil, nil), func(c *Config) { c.Spec.Weaken, c.Spec.MemoryModel = "f:11", trial.ModelNative })
	assert.ErrorContains(t, err, "--weaken")
	_, err = find(t, lined(nil, nil), func(c *Config) { c.Spec.Weaken, c.Spec.VirtualFix = "f:11", "f:12:smp_mb" })
	assert.ErrorContains(t, err, "one at a time")
}
