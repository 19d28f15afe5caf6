// SPDX-License-Identifier: Apache-2.0

package objcode

import (
	"kcovrig/rig/coderange"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/objcode/elfcode"
	"kcovrig/rig/internal/objcode/insn"
)

// Chain is what may order two accesses of one function, the first a load.
// What stands on one path of several counts: an order too many makes a test
// stricter than the code, never more lenient.
type Chain struct {
	Barriers []string // DMB, DSB and ISB between the two, by address
	Control  bool     // a branch depends on what the first loaded
	Address  bool     // the second's address depends on it
	Unknown  string   // an instruction whose effect is not known; empty: none
}

// Between finds what may order the access at from before the one at to, both
// in the function at r of a linked ELF file.
func Between(binary string, r coderange.Range, from, to uint64) (Chain, error) {
	op := "find what orders two loads of " + r.Symbol
	im, err := elfcode.Open(binary, fault.Rig)
	if err != nil {
		return Chain{}, err
	}
	defer im.Close()
	if im.Set.Next == nil {
		return Chain{}, fault.Newf(fault.Rig, op, "no register analysis for %s", im.File.Machine)
	}
	code, err := im.Instructions(r)
	if err != nil {
		return Chain{}, fault.Wrap(fault.Rig, op, err)
	}
	g := newGraph(code)
	first, ok := g.at[from]
	last, ok2 := g.at[to]
	if !ok || !ok2 {
		return Chain{}, fault.Newf(fault.Rig, op, "%#x or %#x is not in it", from, to)
	}
	return g.chain(im.Set, first, last), nil
}

// chain follows what the first loads along every path that does not pass it again.
func (g *graph) chain(set insn.Set, first, last int) Chain {
	arrive := make([]insn.Taint, len(g.code))
	leads := g.leadsTo([]int{last}, map[int]bool{first: true})
	work := []int{first}
	for len(work) > 0 {
		i := work[len(work)-1]
		work = work[:len(work)-1]
		out := set.Next(arrive[i], g.code[i].Text)
		if i == first {
			out = set.First(g.code[i].Text)
		}
		for _, j := range g.next[i] {
			if joined := arrive[j].Join(out); joined != arrive[j] {
				arrive[j] = joined
				work = append(work, j)
			}
		}
	}
	c := Chain{Control: arrive[last].Control, Address: arrive[last].Any(set.Uses(g.code[last].Text))}
	for i, in := range g.code {
		if i == first || i == last || !arrive[i].Reached || !leads[i] {
			continue
		}
		if in.Barrier != "" || in.Synchronises() {
			c.Barriers = append(c.Barriers, in.Text)
		}
		if c.Unknown == "" && (in.Unknown || in.Flow == insn.FlowCall || in.Flow == insn.FlowCallIndirect || in.Flow == insn.FlowTrap) {
			c.Unknown = in.Text
		}
	}
	return c
}
