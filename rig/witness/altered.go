// SPDX-License-Identifier: Apache-2.0

package witness

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"kcovrig/rig/trial"
)

const alteredRemark = "The emulator altered the kernel's code, which stands here as it was executed: "

// AsExecuted is a witness with the code that ran, each instruction that the emulator
// altered written as the one that orders what it did: where it ordered nothing, none.
// An alteration that no instruction stands for is an error.
func AsExecuted(w trial.Witness, code trial.Code) (trial.Witness, trial.Code, error) {
	if w.Under == "" {
		return w, code, nil
	}
	if len(w.Altered) == 0 {
		return w, code, errors.New("the emulator altered the code, and the run does not say which instructions")
	}
	w.Events, code.Between, code.Publish = slices.Clone(w.Events), slices.Clone(code.Between), slices.Clone(code.Publish)
	for _, a := range w.Altered {
		text, err := executed(a)
		if err != nil {
			return w, code, err
		}
		// A barrier before an access is noted as one at the access.
		is := func(e trial.WitnessEvent) bool {
			return instruction(e).Place() == a.Place() && (a.Before || ordersAlone(a.Text)) == (e.Kind == trial.Barrier)
		}
		if text == "" { // what is noted is of before the alteration
			w.Events = slices.DeleteFunc(w.Events, is)
		}
		for i, e := range w.Events {
			if is(e) {
				w.Events[i].Text = text
			}
		}
		if !a.Before {
			code.Between, code.Publish = written(code.Between, a, text), written(code.Publish, a, text)
		}
	}
	return w, code, nil
}

// written is a list of instructions with the altered one as it was executed: it stays
// among what orders only if it did.
func written(list []trial.Instruction, a trial.AlteredInstruction, text string) []trial.Instruction {
	for i := range list {
		if list[i].Place() == a.Place() {
			list[i].Text = text
		}
	}
	return slices.DeleteFunc(list, func(i trial.Instruction) bool { return i.Text == "" })
}

// ordersAlone says whether an instruction is a barrier.
func ordersAlone(text string) bool { return text == "isb" || barrierText.MatchString(text) }

// fences are the barriers of an order.
var fences = map[trial.Order]string{trial.OrderNone: "", trial.OrderLoads: "dmb ishld", trial.OrderStores: "dmb ishst", trial.OrderAll: "dmb ish"}

// plain are the accesses that order by themselves, by how they begin, without that.
var plain = []struct{ ordered, plain string }{{"stlr", "str"}, {"ldapr", "ldr"}, {"ldar", "ldr"}}

// executed is the instruction that orders what an altered one did; empty: none.
func executed(a trial.AlteredInstruction) (string, error) {
	if fence, ok := fences[a.To]; ok && (a.Before || ordersAlone(a.Text)) {
		return fence, nil
	}
	base := a.Text
	for _, p := range plain {
		if rest, ok := strings.CutPrefix(a.Text, p.ordered); ok {
			base = p.plain + rest
			break
		}
	}
	store, load := strings.HasPrefix(base, "str"), strings.HasPrefix(base, "ldr")
	switch {
	case a.Before:
	case a.To == trial.OrderNone && (store || load):
		return base, nil
	case a.To == trial.OrderRelease && store:
		return "stl" + base[len("st"):], nil
	case a.To == trial.OrderAcquire && load:
		return "lda" + base[len("ld"):], nil
	case a.To == trial.OrderAcquirePC && load:
		return "ldap" + base[len("ld"):], nil
	}
	return "", fmt.Errorf("the emulator altered %q to order as %q: no litmus instruction for that is known here", a.Text, a.To)
}
