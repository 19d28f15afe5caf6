// SPDX-License-Identifier: Apache-2.0

package insn

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Taint says what depends on a loaded value.
type Taint struct {
	Reached   bool
	registers uint32 // X0 to X30
	flags     bool
	memory    bool // it was stored, and may be loaded again
	Control   bool // a branch was taken on it
}

func (t Taint) Join(u Taint) Taint {
	return Taint{
		t.Reached || u.Reached, t.registers | u.registers, t.flags || u.flags, t.memory || u.memory, t.Control || u.Control,
	}
}

func (t Taint) Any(registers []int) bool {
	return slices.ContainsFunc(registers, func(r int) bool { return t.registers>>r&1 == 1 })
}

func (t Taint) set(registers []int, on bool) Taint {
	for _, r := range registers {
		if t.registers &^= 1 << r; on {
			t.registers |= 1 << r
		}
	}
	return t
}

// register names general registers in GNU syntax: the stack pointer and the
// zero register carry nothing.
var register = regexp.MustCompile(`\b[wx]([0-9]+)\b`)

func registersIn(text string) []int {
	var out []int
	for _, m := range register.FindAllStringSubmatch(text, -1) {
		if n, err := strconv.Atoi(m[1]); err == nil && n <= 30 {
			out = append(out, n)
		}
	}
	return out
}

func arm64AddressRegisters(text string) []int {
	_, address, _ := strings.Cut(text, "[")
	return registersIn(address)
}

// arm64Loaded is the taint behind the first load.
func arm64Loaded(text string) Taint {
	_, operands, _ := strings.Cut(text, " ")
	data, _, _ := strings.Cut(operands, "[")
	return Taint{Reached: true}.set(registersIn(data), true)
}

// setsFlags and usesFlags are the mnemonics that do so beside the conditional
// branches (Arm ARM, C3.5).
var (
	setsFlags = []string{"cmp", "cmn", "tst", "ccmp", "ccmn", "adds", "subs", "ands", "adcs", "sbcs", "bics", "negs", "ngcs", "fcmp", "fcmpe"}
	usesFlags = []string{
		"ccmp", "ccmn", "csel", "csinc", "csinv", "csneg", "cset", "csetm", "cinc", "cinv", "cneg", "adc", "adcs", "sbc", "sbcs", "ngc", "ngcs",
	}
)

// arm64After is the taint behind the instruction of that text.
func (t Taint) arm64After(text string) Taint {
	name, operands, _ := strings.Cut(text, " ")
	data, _, memory := strings.Cut(operands, "[")
	switch {
	case strings.HasPrefix(name, "b.") || strings.HasPrefix(name, "bc."):
		t.Control = t.Control || t.flags
		return t
	case slices.Contains([]string{"cbz", "cbnz", "tbz", "tbnz", "br", "blr", "ret"}, name):
		t.Control = t.Control || t.Any(registersIn(operands))
		return t
	case memory && strings.HasPrefix(name, "ld"):
		return t.set(registersIn(data), t.memory || t.Any(arm64AddressRegisters(operands)))
	case memory:
		t.memory = t.memory || t.Any(registersIn(data))
		return t
	}
	to, from, _ := strings.Cut(operands, ",")
	sources := registersIn(from)
	compares := slices.Contains([]string{"cmp", "cmn", "tst", "ccmp", "ccmn"}, name)
	if compares || name == "movk" || name == "bfi" || name == "bfxil" || name == "bfm" {
		sources = append(sources, registersIn(to)...)
	}
	on := t.Any(sources) || t.flags && slices.Contains(usesFlags, name)
	if slices.Contains(setsFlags, name) {
		t.flags = on
	}
	if compares {
		return t
	}
	return t.set(registersIn(to), on)
}

// Synchronises says that it is ISB, behind which everything is fetched anew.
func (in Instruction) Synchronises() bool { return in.Text == "isb" }
