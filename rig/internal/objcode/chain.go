// SPDX-License-Identifier: Apache-2.0

package objcode

import (
	"debug/elf"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"kcovrig/rig/fault"
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
// in the function at r of a linked arm64 ELF file.
func Between(binary string, r Range, from, to uint64) (Chain, error) {
	op := "find what orders two loads of " + r.Symbol
	im, err := openImage(binary, fault.Rig)
	if err != nil {
		return Chain{}, err
	}
	defer im.close()
	if im.file.Machine != elf.EM_AARCH64 {
		return Chain{}, fault.Newf(fault.Rig, op, "no register analysis for %s", im.file.Machine)
	}
	code, err := im.instructions(r)
	if err != nil {
		return Chain{}, fault.Wrap(fault.Rig, op, err)
	}
	g := newGraph(code)
	first, ok := g.at[from]
	last, ok2 := g.at[to]
	if !ok || !ok2 {
		return Chain{}, fault.Newf(fault.Rig, op, "%#x or %#x is not in it", from, to)
	}
	return g.chain(first, last), nil
}

// chain follows what the first loads along every path that does not pass it again.
func (g *graph) chain(first, last int) Chain {
	arrive := make([]taint, len(g.code))
	leads := g.leadsTo([]int{last}, map[int]bool{first: true})
	work := []int{first}
	for len(work) > 0 {
		i := work[len(work)-1]
		work = work[:len(work)-1]
		out := arrive[i].after(g.code[i].text)
		if i == first {
			out = loadedBy(g.code[i].text)
		}
		for _, j := range g.next[i] {
			if joined := arrive[j].join(out); joined != arrive[j] {
				arrive[j] = joined
				work = append(work, j)
			}
		}
	}
	c := Chain{Control: arrive[last].control, Address: arrive[last].any(addressRegisters(g.code[last].text))}
	for i, in := range g.code {
		if i == first || i == last || !arrive[i].reached || !leads[i] {
			continue
		}
		if in.barrier != "" || in.text == "isb" {
			c.Barriers = append(c.Barriers, in.text)
		}
		if c.Unknown == "" && (in.unknown || in.flow == flowCall || in.flow == flowCallIndirect || in.flow == flowTrap) {
			c.Unknown = in.text
		}
	}
	return c
}

// taint says what depends on a loaded value.
type taint struct {
	reached   bool
	registers uint32 // X0 to X30
	flags     bool
	memory    bool // it was stored, and may be loaded again
	control   bool // a branch was taken on it
}

func (t taint) join(u taint) taint {
	return taint{
		t.reached || u.reached, t.registers | u.registers, t.flags || u.flags, t.memory || u.memory, t.control || u.control,
	}
}

func (t taint) any(registers []int) bool {
	return slices.ContainsFunc(registers, func(r int) bool { return t.registers>>r&1 == 1 })
}

func (t taint) set(registers []int, on bool) taint {
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

func addressRegisters(text string) []int {
	_, address, _ := strings.Cut(text, "[")
	return registersIn(address)
}

// loadedBy is the taint behind the first load.
func loadedBy(text string) taint {
	_, operands, _ := strings.Cut(text, " ")
	data, _, _ := strings.Cut(operands, "[")
	return taint{reached: true}.set(registersIn(data), true)
}

// setsFlags and usesFlags are the mnemonics that do so beside the conditional
// branches (Arm ARM, C3.5).
var (
	setsFlags = []string{"cmp", "cmn", "tst", "ccmp", "ccmn", "adds", "subs", "ands", "adcs", "sbcs", "bics", "negs", "ngcs", "fcmp", "fcmpe"}
	usesFlags = []string{
		"ccmp", "ccmn", "csel", "csinc", "csinv", "csneg", "cset", "csetm", "cinc", "cinv", "cneg", "adc", "adcs", "sbc", "sbcs", "ngc", "ngcs",
	}
)

// after is the taint behind the instruction of that text.
func (t taint) after(text string) taint {
	name, operands, _ := strings.Cut(text, " ")
	data, _, memory := strings.Cut(operands, "[")
	switch {
	case strings.HasPrefix(name, "b.") || strings.HasPrefix(name, "bc."):
		t.control = t.control || t.flags
		return t
	case slices.Contains([]string{"cbz", "cbnz", "tbz", "tbnz", "br", "blr", "ret"}, name):
		t.control = t.control || t.any(registersIn(operands))
		return t
	case memory && strings.HasPrefix(name, "ld"):
		return t.set(registersIn(data), t.memory || t.any(addressRegisters(operands)))
	case memory:
		t.memory = t.memory || t.any(registersIn(data))
		return t
	}
	to, from, _ := strings.Cut(operands, ",")
	sources := registersIn(from)
	compares := slices.Contains([]string{"cmp", "cmn", "tst", "ccmp", "ccmn"}, name)
	if compares || name == "movk" || name == "bfi" || name == "bfxil" || name == "bfm" {
		sources = append(sources, registersIn(to)...)
	}
	on := t.any(sources) || t.flags && slices.Contains(usesFlags, name)
	if slices.Contains(setsFlags, name) {
		t.flags = on
	}
	if compares {
		return t
	}
	return t.set(registersIn(to), on)
}
