// SPDX-License-Identifier: Apache-2.0

package witness

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// The litmus mnemonic of an access of one 64-bit word. A pair is two accesses
// without an order between them (Arm ARM, B2.2.1): the half that is meant
// stands for it.
var accesses = map[string]string{
	"str": "STR", "stur": "STR", "stp": "STR", "stnp": "STR", "stlr": "STLR", "stlur": "STLR",
	"ldr": "LDR", "ldur": "LDR", "ldp": "LDR", "ldnp": "LDR", "ldar": "LDAR", "ldapr": "LDAPR", "ldapur": "LDAPR",
}

// errOlder is about results without the texts of all instructions.
var errOlder = errors.New("an instruction's text is missing: the run was made by an older kcovrig; run it again")

// operand is an access of up to 64 bits, in a general register: its name, and what says
// how many.
var operand = regexp.MustCompile(`^([a-z]+) ([wx])(?:[0-9]+|zr)\b`)

// anyAccess is access for a word of any size, in bytes. A size tells of what the test
// cannot have: two accesses of one place that differ in it.
func anyAccess(text, prefix string) (op string, bytes int, err error) {
	m := operand.FindStringSubmatch(text)
	if text == "" {
		return "", 0, errOlder
	}
	if m == nil {
		return "", 0, fmt.Errorf("no litmus instruction for %q is known here", text)
	}
	name := m[1]
	bytes = map[string]int{"w": 4, "x": 8}[m[2]]
	for _, s := range []struct {
		suffix string
		bytes  int
	}{{"sb", 1}, {"sh", 2}, {"sw", 4}, {"b", 1}, {"h", 2}} {
		if base, ok := strings.CutSuffix(name, s.suffix); ok && accesses[base] != "" {
			name, bytes = base, s.bytes
			break
		}
	}
	if op = accesses[name]; op == "" || !strings.HasPrefix(op, prefix) {
		return "", 0, fmt.Errorf("no litmus instruction for %q is known here", text)
	}
	return op, bytes, nil
}

var doubleword = regexp.MustCompile(`^(x[0-9]+|xzr)\b`)

// access turns an instruction into its litmus mnemonic. What is not understood
// is an error: a test says what ran or is not made.
func access(text, prefix string) (string, error) {
	name, operands, _ := strings.Cut(text, " ")
	op := accesses[name]
	switch {
	case text == "":
		return "", errOlder
	case !strings.HasPrefix(op, prefix) || op == "":
		return "", fmt.Errorf("no litmus instruction for %q is known here", text)
	case !doubleword.MatchString(strings.TrimSpace(operands)):
		return "", fmt.Errorf("%q accesses no doubleword", text)
	}
	return op, nil
}

var barrierText = regexp.MustCompile(`^(dmb|dsb) (sy|st|ld|ish|ishst|ishld|osh|oshst|oshld|nsh|nshst|nshld)$`)

// barrier turns a barrier instruction into litmus's.
func barrier(text string) (string, error) {
	if text == "isb" || barrierText.MatchString(text) {
		return strings.ToUpper(text), nil
	}
	return "", fmt.Errorf("no litmus barrier for %q is known here", text)
}

// storeBarrier says whether the emulator notes the barrier in the witness when
// it finds stores waiting: it does for those that order stores.
func storeBarrier(text string) bool {
	_, kind, _ := strings.Cut(text, " ")
	return text != "isb" && !strings.HasSuffix(kind, "ld")
}
