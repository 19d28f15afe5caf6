// SPDX-License-Identifier: Apache-2.0

package weakmem

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// expectation is what objdump's text says of a word, in the words of the
// harness's "decode" command. Fields that are not set are not compared.
type expectation struct {
	class  string
	fields map[string]string
}

var (
	single     = regexp.MustCompile(`^(ldr|ldur|ldtr|ldar|ldlar|ldapr|ldapur|str|stur|sttr|stlr|stllr|stlur)(s?[bhw])?$`)
	pairs      = regexp.MustCompile(`^(ldp|ldpsw|ldnp|stp|stnp)$`)
	atomics    = regexp.MustCompile(`^(lda?x[rp]|stl?x[rp]|casp?|swpp?|(ld|st)(add|clr|eor|set|[su](max|min))|ld64b|st64bv?0?)(a?l?)[bh]?$`)
	complexes  = regexp.MustCompile(`^(ld[1-4]r?|st[1-4]|stz?2?g|stz?gm|ldgm?|ldra[ab]|stgp|cpy.*|setg?[pme]t?n?)$`)
	prefetches = regexp.MustCompile(`^(prfm|prfum|rprfm)$`)
	branches   = regexp.MustCompile(`^(bc?|bc?\.[a-z]+|cbn?z|tbn?z)$`)
	indirects  = regexp.MustCompile(`^(br|blr|ret|br[ab][ab]z?|blra[ab]z?|reta[ab]|ereta?[ab]?|drps)$`)
	exceptions = regexp.MustCompile(`^(svc|hvc|smc|brk|hlt|dcps[123]|tcancel)$`)
	hints      = regexp.MustCompile(`^(nop|yield|sevl?|hint|(pac|aut)i[ab](z|sp|1716)|xpaclri|bti|csdb|esb|psb|tsb|dgh|clrbhb|clearbhb|chkfeat|gcsb|wfet|wfit)$`)
	systems    = regexp.MustCompile(`^(msr|sysl?|dc|ic|at|cfp|cpp|dvp|cosp|wfe|wfi|wfet|wfit|smstart|smstop|cfinv|xaflag|axflag|brb|gcs.*|mrrs|msrr|sysp)$`)
)

// expect reads one line of objdump: a mnemonic and its operands, at an address.
func expect(word uint32, mnemonic, operands string, at uint64) (e expectation, known bool) {
	set := func(class string, pairs ...string) (expectation, bool) {
		e := expectation{class: class, fields: map[string]string{}}
		for i := 0; i < len(pairs); i += 2 {
			e.fields[pairs[i]] = pairs[i+1]
		}
		return e, true
	}
	switch {
	case strings.HasPrefix(mnemonic, ".") || mnemonic == "udf" || strings.Contains(operands, "undefined"):
		return e, false
	case strings.Contains(operands, "s0_"): // not allocated
		return e, false
	case mnemonic == "sys": // objdump 2.40 has no names for TLBI nXS, CRn 9
		return set("system")
	case mnemonic == "tcommit": // of FEAT_TME, which QEMU lacks
		return set("unknown")
	case word>>25&0xf < 4: // reserved, SME, SVE: Arm ARM C4.1
		return set("unknown")
	case single.MatchString(mnemonic), pairs.MatchString(mnemonic):
		return memoryExpectation(mnemonic, operands, at), true
	case atomics.MatchString(mnemonic):
		return atomicExpectation(mnemonic, operands)
	case mnemonic == "clrex":
		return set("atomic", "op", "clear")
	case mnemonic == "mrs" && interruptMRS.MatchString(operands):
		return set("system")
	case mnemonic == "msr" && plainMSR.MatchString(operands):
		return set("plain")
	case mnemonic == "msr" && hintMSR.MatchString(operands):
		return set("hint")
	case complexes.MatchString(mnemonic):
		return set("complex")
	case prefetches.MatchString(mnemonic):
		return set("prefetch")
	case branches.MatchString(mnemonic):
		return set("branch", "imm", relative(operands, at))
	case mnemonic == "bl":
		return set("call", "imm", relative(operands, at))
	case indirects.MatchString(mnemonic):
		return set("indirect")
	case exceptions.MatchString(mnemonic):
		return set("exception")
	case mnemonic == "tlbi":
		return set("system", "tlbi", "1")
	case systems.MatchString(mnemonic):
		return set("system", "tlbi", "0")
	case hints.MatchString(mnemonic):
		return set("hint")
	}
	if kind := barrierKind(mnemonic, operands); kind != "" {
		dsb := fmt.Sprint(b2i(strings.HasPrefix(mnemonic, "dsb") || strings.HasSuffix(mnemonic, "ssbb") || mnemonic == "dfb"))
		return set("barrier", "barrier", kind, "dsb", dsb)
	}
	return set("plain")
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

func barrierKind(mnemonic, operands string) string {
	switch mnemonic {
	case "isb":
		return "insn"
	case "sb", "ssbb", "pssbb", "dfb":
		return "full"
	case "dmb", "dsb":
		switch {
		case strings.HasSuffix(operands, "ld"):
			return "load"
		case strings.HasSuffix(operands, "st") && mnemonic == "dsb":
			return "done"
		case strings.HasSuffix(operands, "st"):
			return "store"
		}
		return "full"
	}
	return ""
}

func relative(operands string, at uint64) string {
	operands, _, _ = strings.Cut(operands, " <")
	parts := strings.Split(operands, ", ")
	target, err := strconv.ParseUint(strings.TrimSpace(parts[len(parts)-1]), 0, 64)
	if err != nil {
		return operands
	}
	return fmt.Sprint(int64(target - at))
}

// zeroRegister is ISA_ZERO, which is none of the registers from 0 to 31.
const zeroRegister = "32"

func registerNumber(name string) string {
	switch name {
	case "sp", "wsp":
		return "31"
	case "xzr", "wzr":
		return zeroRegister
	}
	return name[1:]
}

var registerBytes = map[byte]int{'b': 1, 'h': 2, 's': 4, 'w': 4, 'd': 8, 'x': 8, 'q': 16}

// memoryExpectation is of loads and stores whose every detail is compared.
func memoryExpectation(mnemonic, operands string, at uint64) expectation {
	before, inside, indirect := strings.Cut(operands, "[")
	data := strings.Split(strings.TrimSuffix(strings.TrimSpace(before), ","), ", ")
	simd := strings.ContainsRune("bhsdq", rune(data[0][0]))
	bytes := registerBytes[data[0][0]]
	if m := single.FindStringSubmatch(mnemonic); m != nil && m[2] != "" && !simd {
		bytes = map[byte]int{'b': 1, 'h': 2, 'w': 4}[m[2][len(m[2])-1]]
	}
	sign := strings.Contains(mnemonic, "rs") || mnemonic == "ldpsw"
	if mnemonic == "ldpsw" {
		bytes = 4
	}
	class := "store"
	if strings.HasPrefix(mnemonic, "ld") {
		class = "load"
	}
	e := expectation{class: class, fields: map[string]string{
		"bytes": fmt.Sprint(bytes), "rt": registerNumber(data[0]), "elements": "1", "simd": fmt.Sprint(b2i(simd)),
		"sign": fmt.Sprint(b2i(sign)), "to64": fmt.Sprint(b2i(sign && data[0][0] == 'x')),
		"acquire":    fmt.Sprint(b2i(strings.HasPrefix(mnemonic, "ldar") || strings.HasPrefix(mnemonic, "ldlar"))),
		"acquire_pc": fmt.Sprint(b2i(strings.HasPrefix(mnemonic, "ldap"))),
		"release":    fmt.Sprint(b2i(strings.HasPrefix(mnemonic, "stl"))),

		"unprivileged": fmt.Sprint(b2i(strings.HasPrefix(mnemonic, "ldtr") || strings.HasPrefix(mnemonic, "sttr"))),
	}}
	if pairs.MatchString(mnemonic) {
		e.fields["elements"], e.fields["rt2"] = "2", registerNumber(data[1])
	}
	if !indirect {
		e.fields["mode"], e.fields["imm"] = "literal", relative(operands, at)
		return e
	}
	addressExpectation(e.fields, inside)
	return e
}

// addressExpectation reads "x1, #8]!" and its kin.
func addressExpectation(fields map[string]string, inside string) {
	inner, tail, _ := strings.Cut(inside, "]")
	parts := strings.Split(inner, ", ")
	fields["rn"], fields["mode"], fields["imm"] = registerNumber(parts[0]), "offset", "0"
	switch {
	case strings.HasPrefix(tail, ", #"):
		fields["mode"], fields["imm"] = "post", strings.TrimPrefix(tail, ", #")
	case strings.HasPrefix(tail, "!"):
		fields["mode"] = "pre"
	}
	if len(parts) == 1 {
		return
	}
	if imm, ok := strings.CutPrefix(parts[1], "#"); ok {
		fields["imm"] = imm
		return
	}
	fields["mode"], fields["rm"], fields["shift"], fields["extend"] = "register", registerNumber(parts[1]), "0", "0"
	if len(parts) > 2 {
		kind, amount, _ := strings.Cut(parts[2], " #")
		fields["extend"] = map[string]string{"lsl": "0", "sxtx": "0", "uxtw": "1", "sxtw": "2"}[kind] // enum index_extend
		if amount != "" {
			fields["shift"] = amount
		}
	}
}
