// SPDX-License-Identifier: Apache-2.0

package litmus

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

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
