// SPDX-License-Identifier: Apache-2.0

package boot

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"kcovrig/rig/trial"
)

// listed is a function f of such instructions, from address 0x1000.
func listed(texts ...string) map[uint64]trial.Instruction {
	code := map[uint64]trial.Instruction{}
	for i, text := range texts {
		code[0x1000+4*uint64(i)] = trial.Instruction{Symbol: "f", Offset: 4 * uint64(i), Text: text}
	}
	return code
}

// The last instruction takes the exception, at address 0x50.
func TestTheLoadThatAnExceptionImplies(t *testing.T) {
	const fault = "ldr x5, [x5,#80]"
	for name, c := range map[string]struct {
		code  []string
		at    uint64 // of the load; where there is none, want is false
		value uint64
		want  bool
	}{
		"at once":                     {[]string{"ldr x5, [x5,#176]", fault}, 0, 0, true},
		"a pair":                      {[]string{"ldp x4, x5, [x5]", fault}, 0, 0, true},
		"past reads":                  {[]string{"ldr x5, [x0]", "cmp w1, #0x11a", "cbnz x5, g", "str x5, [sp,#8]", "ldr x6, [x5]", "add x7, x5, #1", fault}, 0, 0, true},
		"no offset":                   {[]string{"ldr x5, [x5,#176]", "ldr x5, [x5]"}, 0, 0x50, true},
		"a store took it":             {[]string{"ldr x2, [x5,#176]", "str x1, [x2,#16]"}, 0, 0x40, true},
		"the nearest":                 {[]string{"ldr x5, [x0]", "ldr x5, [x5]", fault}, 4, 0, true},
		"a branch leads in between":   {[]string{"ldr x5, [x0]", "cbz x1, f+0x8", fault}, 0, 0, false},
		"one leads to the load":       {[]string{"ldr x5, [x0]", "cbz x1, f", fault}, 0, 0, true},
		"computed":                    {[]string{"ldr x5, [x0]", "add x5, x5, #8", fault}, 0, 0, false},
		"of 32 bits":                  {[]string{"ldr w5, [x0]", fault}, 0, 0, false},
		"a call":                      {[]string{"ldr x5, [x0]", "bl g", fault}, 0, 0, false},
		"an atomic":                   {[]string{"ldr x5, [x0]", "ldadd x1, x5, [x2]", fault}, 0, 0, false},
		"the base changes":            {[]string{"ldr x5, [x0]", "ldr x1, [x5,#8]!", fault}, 0, 0, false},
		"not known":                   {[]string{"ldr x5, [x0]", ".word 0x12345678", fault}, 0, 0, false},
		"an argument":                 {[]string{"nop", fault}, 0, 0, false},
		"an index":                    {[]string{"ldr x5, [x0]", "ldr x5, [x5,x6]"}, 0, 0, false},
		"what takes it changes it":    {[]string{"ldr x5, [x0]", "ldr x1, [x5],#80"}, 0, 0, false},
		"brk":                         {[]string{"ldr x5, [x0]", "brk #0x800"}, 0, 0, false},
		"another one of x5's letters": {[]string{"ldr x5, [x0]", "ldr x15, [x0]", "mov x25, x5", fault}, 0, 0, true},
	} {
		e, ok := implied(listed(c.code...), 0x1000+4*uint64(len(c.code)-1), 0x50)
		assert.Equal(t, c.want, ok, name)
		if ok {
			assert.Equal(t, trial.Implied, e.Kind, name)
			assert.Equal(t, []uint64{c.at, c.value}, []uint64{e.Offset, e.Value}, name)
		}
	}
}
