// SPDX-License-Identifier: Apache-2.0

package litmus

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A condition is parsed and looked at by recursion, and Go ends a program whose stack is full.
func TestAConditionIsBounded(t *testing.T) {
	for name, text := range map[string]string{
		"deep":    "exists " + strings.Repeat("(", 1<<20) + "x=1" + strings.Repeat(")", 1<<20),
		"negated": "exists " + strings.Repeat("~", 1<<20) + "x=1",
		"long":    "exists x=1" + strings.Repeat(` /\ x=1`, 1<<20),
	} {
		_, err := ParseCondition(text)
		require.ErrorContains(t, err, "more than 10000", name)
		assert.Less(t, len(err.Error()), 500, name)
	}
}

func FuzzParseCondition(f *testing.F) {
	for _, text := range []string{`exists (0:X1=1 /\ ~(x=0x2 \/ not [y]=-1))`, "~exists true", "forall (1:R0=x)", "exists ((("} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := ParseCondition(text)
		if err != nil {
			return
		}
		again, err := ParseCondition(string(c.Quantifier) + " " + c.Text)
		require.NoError(t, err)
		require.Equal(t, c, again)
	})
}

func FuzzParseHerdLog(f *testing.F) {
	const whole = "Test MP Allowed\nStates 2\n1:X0=0; 1:X2=0;\n1:X0=1; 1:X2=0;\nOk\nWitnesses\nPositive: 1 Negative: 3\n" +
		"Condition exists (1:X0=1 /\\ 1:X2=0)\nObservation MP Sometimes 1 3\nTime MP 0.01\nHash=211d5b298572012a0869d4ded6a40b7f\n\n"
	f.Add(whole)
	f.Add(whole + strings.ReplaceAll(whole, "MP", "MP2"))
	f.Add(strings.ReplaceAll(whole, "States 2", "States 99999999999"))
	f.Fuzz(func(t *testing.T, text string) {
		answers, err := ParseHerdLog(strings.NewReader(text))
		if err != nil {
			return
		}
		for name, v := range answers {
			assert.Equal(t, name, v.Name)
			for _, s := range v.States {
				assert.True(t, v.Allows(s))
			}
		}
	})
}

func FuzzWithPointers(f *testing.F) {
	f.Add("AArch64 T\n{ int64_t 0:X0; 0:X1=x; }\n P0 ;\n NOP ;\nexists (0:X0=x)")
	f.Fuzz(func(_ *testing.T, text string) { WithPointers(text) })
}
