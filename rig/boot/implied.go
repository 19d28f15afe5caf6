// SPDX-License-Identifier: Apache-2.0

package boot

import (
	"kcovrig/rig/internal/objcode/insn"
	"kcovrig/rig/trial"
)

// implied is the load that gave the register which the access at pc took its address
// from, where straight code leads from one to the other, and what it had loaded: the
// exception tells the address. The place that it loaded from is not known.
func implied(code map[uint64]trial.Instruction, pc, address uint64) (trial.WitnessEvent, bool) {
	register, offset, ok := insn.Base(code[pc].Text)
	if !ok {
		return trial.WitnessEvent{}, false
	}
	targets := targetsOf(code, code[pc].Symbol)
	for at := pc; !targets[code[at].Offset]; {
		at = insn.Before(at)
		in, known := code[at]
		if !known || in.Symbol != code[pc].Symbol {
			break
		}
		switch insn.EffectOn(in.Text, register) {
		case insn.EffectLoads:
			e := trial.WitnessEvent{Kind: trial.Implied, Value: address - uint64(offset)}
			e.Symbol, e.Offset, e.Text, e.Source, e.SourceText = in.Symbol, in.Offset, in.Text, in.Source, in.SourceText
			return e, true
		case insn.EffectUnknown:
			return trial.WitnessEvent{}, false
		}
	}
	return trial.WitnessEvent{}, false
}

// targetsOf are the offsets in the function to which one of its branches goes.
func targetsOf(code map[uint64]trial.Instruction, of string) map[uint64]bool {
	targets := map[uint64]bool{}
	for _, in := range code {
		if symbol, offset, ok := insn.Branch(in.Text); ok && in.Symbol == symbol && in.Symbol == of {
			targets[offset] = true
		}
	}
	return targets
}
