// SPDX-License-Identifier: Apache-2.0

package modelcheck

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/guest/wire"
	"kcovrig/rig/trial"
)

// oopsed is a result with one witness of an oops on vCPU 1.
func oopsed(events ...trial.WitnessEvent) trial.Result {
	return trial.Result{Witnesses: []trial.Witness{{
		Variant: trial.Unpatched, Reader: trial.InKernel, Detection: wire.Detection{Kind: wire.KindOops},
		Events: append(events, trial.WitnessEvent{VCPU: 1, Kind: trial.Fault}),
	}}}
}

// shapes are events of each kind of shape: x is at 0x10, y at 0x20.
func shapes() map[string]trial.Result {
	at := func(cpu int, kind trial.WitnessKind, text string, address, version uint64) trial.WitnessEvent {
		return trial.WitnessEvent{VCPU: cpu, Kind: kind, Text: text, Address: address, Value: version, Version: version}
	}
	held, lands := at(0, trial.Delayed, "str x1, [x2]", 0x10, 1), at(0, trial.Drained, "str x1, [x2]", 0x10, 1)
	flag, sees, misses := at(0, trial.Executed, "stlrb w1, [x3]", 0x20, 1), at(1, trial.Load, "ldrb w1, [x3]", 0x20, 1), at(1, trial.Load, "ldr x1, [x2]", 0x10, 0)
	return map[string]trial.Result{
		"stores":          oopsed(held, at(0, trial.Executed, "strb w1, [x3]", 0x20, 1), sees, misses),
		"loads":           oopsed(held, lands, flag, sees, misses),
		"store buffering": oopsed(held, at(1, trial.Delayed, "str w1, [x3]", 0x20, 1), at(0, trial.Load, "ldr w1, [x3]", 0x20, 0), misses),
		// What the emulator must not show: a release that passes what is before it, and
		// loads in the wrong order behind an acquire.
		"a release that passed":    oopsed(held, flag, sees, misses),
		"loads behind an acquire":  oopsed(held, lands, flag, at(1, trial.Load, "ldarb w1, [x3]", 0x20, 1), misses),
		"no shape":                 oopsed(held, flag),
		"an instruction not known": oopsed(at(0, trial.Delayed, "stp q0, q1, [x2]", 0x10, 1), flag, sees, misses),
	}
}

func TestHerdOnTheShapesOfHits(t *testing.T) {
	for name, r := range shapes() {
		if name == "no shape" || name == "an instruction not known" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			c := certify(t, r)
			require.Len(t, c.Tests, 2)
			sound := name == "stores" || name == "loads" || name == "store buffering"
			assert.Equal(t, sound, c.Certified(), "%+v", c.Tests)
			assert.Equal(t, !sound, c.Contradicted(), "%+v", c.Tests)
		})
	}
}

func TestAHitWithoutAShapeGivesNoTest(t *testing.T) {
	for name, want := range map[string]string{"no shape": "no load of vCPU 1", "an instruction not known": "no litmus instruction"} {
		c, err := Certify(t.Context(), CertifyConfig{Result: shapes()[name], Number: 1})
		require.NoError(t, err)
		assert.Empty(t, c.Tests)
		assert.Contains(t, c.Why, want)
	}
}
