// SPDX-License-Identifier: Apache-2.0

package insn

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// What listings of A64 code say, in GNU syntax: a saved run has the text alone.

// a64Bytes is the size of every A64 instruction.
const a64Bytes = 4

// Before and After are the addresses of the instructions at either side of one.
func Before(addr uint64) uint64 { return addr - a64Bytes }
func After(addr uint64) uint64  { return addr + a64Bytes }

var (
	// based is the operand of an access whose address is a register's and a number; one
	// that changes the register goes on behind the bracket.
	based  = regexp.MustCompile(`\[x(\d+)(?:, ?#(-?\d+))?\]$`)
	landed = regexp.MustCompile(`([\w.$]+)(?:\+0x([0-9a-f]+))?$`) // where a branch goes
)

// Base is the register and the offset from it that make an access' address; false where
// more do, or it changes the register.
func Base(text string) (number string, offset int64, ok bool) {
	m := based.FindStringSubmatch(text)
	if m == nil {
		return "", 0, false
	}
	offset, _ = strconv.ParseInt(m[2], 10, 64) // none is 0
	return m[1], offset, true
}

// Loads says whether an instruction is a load.
func Loads(text string) bool { return strings.HasPrefix(text, "ld") }

// OnStack says whether an access is one to the own stack, by its pointer.
func OnStack(text string) bool { return strings.Contains(text, "[sp") }

// Branch is where a branch that is no call goes, by symbol and offset.
func Branch(text string) (symbol string, offset uint64, ok bool) {
	name, operands, _ := strings.Cut(text, " ")
	m := landed.FindStringSubmatch(operands)
	if m == nil || !arm64Conditional(name) && name != "b" {
		return "", 0, false
	}
	offset, _ = strconv.ParseUint(m[2], 16, 64) // none is the function's begin
	return m[1], offset, true
}

func arm64Conditional(name string) bool {
	return strings.HasPrefix(name, "b.") || slices.Contains([]string{"cbz", "cbnz", "tbz", "tbnz"}, name)
}

// Effect is what an instruction does to a register.
type Effect int

// The effects.
const (
	EffectUnknown Effect = iota
	EffectNone
	EffectLoads // 64 bits
)

// EffectOn is the instruction's effect on the general register of that number.
func EffectOn(text, number string) Effect {
	name, operands, _ := strings.Cut(text, " ")
	list := strings.Split(strings.ReplaceAll(operands, " ", ""), ",")
	is := func(operand string) bool { return operand == "x"+number || operand == "w"+number }
	mentioned := regexp.MustCompile(`\b[xw]` + number + `\b`).MatchString(operands)
	switch {
	case strings.HasPrefix(name, ".") || slices.Contains([]string{"b", "br", "ret", "eret", "bl", "blr", "brk", "svc", "hvc", "smc"}, name):
		return EffectUnknown // what is behind it is reached otherwise, or after code that may change anything
	case !mentioned || arm64Conditional(name):
		return EffectNone
	case strings.Contains(operands, "]!") || strings.Contains(operands, "],"):
		return EffectUnknown // it may change the base
	case slices.Contains([]string{"ldr", "ldur", "ldar", "ldapr"}, name):
		if list[0] == "x"+number {
			return EffectLoads
		}
	case name == "ldp" || name == "ldnp":
		if list[0] == "x"+number || len(list) > 1 && list[1] == "x"+number {
			return EffectLoads
		}
		if len(list) > 1 && is(list[1]) {
			return EffectUnknown
		}
	case strings.HasPrefix(name, "ld") && !strings.HasPrefix(name, "ldr") && !strings.HasPrefix(name, "ldur"), strings.HasPrefix(name, "swp"), strings.HasPrefix(name, "cas"):
		return EffectUnknown // atomics write other operands than the first, too
	case strings.HasPrefix(name, "st") && !strings.HasPrefix(name, "stx") && !strings.HasPrefix(name, "stlx"),
		slices.Contains([]string{"cmp", "cmn", "tst", "ccmp", "ccmn", "prfm", "prfum"}, name):
		return EffectNone // it reads its first operand
	}
	if is(list[0]) {
		return EffectUnknown // by something else than a load of 64 bits
	}
	return EffectNone
}
