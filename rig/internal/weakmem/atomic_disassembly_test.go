// SPDX-License-Identifier: Apache-2.0

package weakmem

import (
	"fmt"
	"regexp"
	"strings"
)

// atomicForm splits the mnemonic of an atomic whose every detail is compared.
var atomicForm = regexp.MustCompile(`^(?:(ld|st)(add|clr|eor|set|smax|smin|umax|umin)|(swp)|(cas)|(ld)(a?)xr|(st)(l?)xr)(a?)(l?)([bh]?)$`)

// atomicExpectation is of the atomics that the emulator does itself; false for the rest.
func atomicExpectation(mnemonic, operands string) (expectation, bool) {
	m := atomicForm.FindStringSubmatch(mnemonic)
	if m == nil {
		return expectation{class: "atomic", fields: map[string]string{"op": "other"}}, true
	}
	before, inside, _ := strings.Cut(operands, "[")
	data := strings.Split(strings.TrimSuffix(strings.TrimSpace(before), ","), ", ")
	base, _, _ := strings.Cut(inside, "]")
	op, status := m[2]+m[3]+m[4], zeroRegister
	acquire, release := m[9] == "a", m[10] == "l"
	switch {
	case m[5] != "":
		op, acquire = "ldx", m[6] == "a"
	case m[7] != "":
		op, release, status = "stx", m[8] == "l", registerNumber(data[0])
		data = data[1:]
	default:
		status = registerNumber(data[0])
	}
	// Without a result there is no acquire: ST<op>, and LD<op> and SWP to the zero register.
	result := registerNumber(data[len(data)-1])
	silent := m[1] == "st" || (m[1] == "ld" || m[3] != "") && result == zeroRegister
	e := expectation{class: "atomic", fields: map[string]string{
		"op": op, "rs": status, "rn": registerNumber(base), "no_result": fmt.Sprint(b2i(silent)),
		"acquire": fmt.Sprint(b2i(acquire && !silent)), "release": fmt.Sprint(b2i(release)),
		"bytes": fmt.Sprint(map[string]int{"b": 1, "h": 2, "": registerBytes[data[len(data)-1][0]]}[m[11]]),
	}}
	if m[1] != "st" {
		e.fields["rt"] = result
	}
	if op == "ldx" { // its field says nothing
		delete(e.fields, "rs")
	}
	return e, true
}

// plainMSR are the system registers that order nothing when they are written.
var plainMSR = regexp.MustCompile(`^(daif|nzcv|tpidr_el0|tpidrro_el0|tpidr_el1|sp_el0|icc_pmr_el1), [xw]`)

// interruptMRS are the registers of interrupts, read, by which others' doings are told:
// those of CRn 12, of which the CPU's own mask ICC_PMR_EL1 is none.
var interruptMRS = regexp.MustCompile(`, (ic[chv]_(?:[^p\W]|p[^m\W])\w*|r?vbar_el\d+|rmr_el\d|isr_el1|v?disr_el\d|s3_[0-7]_c12_\w+)$`)

// hintMSR are such fields of the process state, written with an immediate.
var hintMSR = regexp.MustCompile(`^(daifset|daifclr|dit|ssbs), #`)
