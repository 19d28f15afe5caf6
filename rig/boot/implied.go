// SPDX-License-Identifier: Apache-2.0

package boot

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"kcovrig/rig/trial"
)

var (
	// based is the operand of an access whose address is a register's and a number; one
	// that changes the register goes on behind the bracket.
	based  = regexp.MustCompile(`\[x(\d+)(?:, ?#(-?\d+))?\]$`)
	landed = regexp.MustCompile(`([\w.$]+)(?:\+0x([0-9a-f]+))?$`) // where a branch goes
)

// implied is the load that gave the register which the access at pc took its address
// from, where straight code leads from one to the other, and what it had loaded: the
// exception tells the address. The place that it loaded from is not known.
func implied(code map[uint64]trial.Instruction, pc, address uint64) (trial.WitnessEvent, bool) {
	m := based.FindStringSubmatch(code[pc].Text)
	if m == nil {
		return trial.WitnessEvent{}, false
	}
	offset, _ := strconv.ParseInt(m[2], 10, 64) // none is 0
	targets := targetsOf(code, code[pc].Symbol)
	for at := pc; !targets[code[at].Offset]; {
		at -= 4
		in, known := code[at]
		if !known || in.Symbol != code[pc].Symbol {
			break
		}
		switch effectOn(in.Text, m[1]) {
		case effectLoads:
			e := trial.WitnessEvent{Kind: trial.Implied, Value: address - uint64(offset)}
			e.Symbol, e.Offset, e.Text, e.Source, e.SourceText = in.Symbol, in.Offset, in.Text, in.Source, in.SourceText
			return e, true
		case effectUnknown:
			return trial.WitnessEvent{}, false
		}
	}
	return trial.WitnessEvent{}, false
}

// targetsOf are the offsets in the function to which one of its branches goes.
func targetsOf(code map[uint64]trial.Instruction, symbol string) map[uint64]bool {
	targets := map[uint64]bool{}
	for _, in := range code {
		name, operands, _ := strings.Cut(in.Text, " ")
		if in.Symbol != symbol || !isConditional(name) && name != "b" {
			continue
		}
		if m := landed.FindStringSubmatch(operands); m != nil && m[1] == symbol {
			offset, _ := strconv.ParseUint(m[2], 16, 64) // none is the function's begin
			targets[offset] = true
		}
	}
	return targets
}

func isConditional(name string) bool {
	return strings.HasPrefix(name, "b.") || slices.Contains([]string{"cbz", "cbnz", "tbz", "tbnz"}, name)
}

// effect is what an instruction does to a register.
type effect int

const (
	effectUnknown effect = iota
	effectNone
	effectLoads
)

// effectOn is the instruction's effect on the general register of that number.
func effectOn(text, number string) effect {
	name, operands, _ := strings.Cut(text, " ")
	list := strings.Split(strings.ReplaceAll(operands, " ", ""), ",")
	is := func(operand string) bool { return operand == "x"+number || operand == "w"+number }
	mentioned := regexp.MustCompile(`\b[xw]` + number + `\b`).MatchString(operands)
	switch {
	case strings.HasPrefix(name, ".") || slices.Contains([]string{"b", "br", "ret", "eret", "bl", "blr", "brk", "svc", "hvc", "smc"}, name):
		return effectUnknown // what is behind it is reached otherwise, or after code that may change anything
	case !mentioned || isConditional(name):
		return effectNone
	case strings.Contains(operands, "]!") || strings.Contains(operands, "],"):
		return effectUnknown // it may change the base
	case slices.Contains([]string{"ldr", "ldur", "ldar", "ldapr"}, name):
		if list[0] == "x"+number {
			return effectLoads
		}
	case name == "ldp" || name == "ldnp":
		if list[0] == "x"+number || len(list) > 1 && list[1] == "x"+number {
			return effectLoads
		}
		if len(list) > 1 && is(list[1]) {
			return effectUnknown
		}
	case strings.HasPrefix(name, "ld") && !strings.HasPrefix(name, "ldr") && !strings.HasPrefix(name, "ldur"), strings.HasPrefix(name, "swp"), strings.HasPrefix(name, "cas"):
		return effectUnknown // atomics write other operands than the first, too
	case strings.HasPrefix(name, "st") && !strings.HasPrefix(name, "stx") && !strings.HasPrefix(name, "stlx"),
		slices.Contains([]string{"cmp", "cmn", "tst", "ccmp", "ccmn", "prfm", "prfum"}, name):
		return effectNone // it reads its first operand
	}
	if is(list[0]) {
		return effectUnknown // by something else than a load of 64 bits
	}
	return effectNone
}
