// SPDX-License-Identifier: Apache-2.0

package weakmem

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var comment = regexp.MustCompile(`(?s)/\*.*?\*/|//[^\n]*`)

// codeOf are the plugin's files without their comments, which may name examples.
func codeOf(t testing.TB) map[string]string {
	t.Helper()
	src, err := own()
	require.NoError(t, err)
	code := map[string]string{}
	for name, text := range src.files {
		code[name] = comment.ReplaceAllStringFunc(string(text), func(c string) string {
			return strings.Repeat("\n", strings.Count(c, "\n"))
		})
	}
	return code
}

// a64Shows is what an architecture looks like in code. A constant of sixteen digits
// is a hash's.
var a64Shows = map[string]*regexp.Regexp{
	"an encoding, or an instruction's word": regexp.MustCompile(`\b0[xX][0-9a-fA-F]{1,8}[uUlL]*\b`),
	"a field of a word":                     regexp.MustCompile(`\b(signed_)?bits\(|\bword\s*(>>|<<|&|\^|%)`),
	"the kernel's half":                     regexp.MustCompile(`>> ?55 ?& ?1`),
	"an instruction's length":               regexp.MustCompile(`\bpc \+ 4\b|[^,;{] / 4\b|(start|end|pc|addr)\) ?& ?3\b`),
	"the target's name":                     regexp.MustCompile(`aarch64|arm64`),
	"a register of A64":                     regexp.MustCompile(`"([xwvq](%u|\d+)|sp|wsp|xzr|cpsr|nzcv)"|\b\w+_EL[0-3]n?\b|\b(ttbr[01]?|cpsr|spsr|elr|nzcv|daif|tpidr)\b|(->|\.)(x|sp)\b`),
	"what is behind isa.h":                  regexp.MustCompile(`\ba64_|"a64`),
}

// a64File says which files may know A64: isa.h is what the others ask.
func a64File(name string) bool { return strings.HasPrefix(name, "a64") || name == "isa.h" }

// All that is A64 is in a64.h and a64_*; a port replaces these and nothing else.
func TestA64IsInItsFilesAlone(t *testing.T) {
	found := map[string]bool{}
	for name, text := range codeOf(t) {
		for what, look := range a64Shows {
			at := look.FindStringIndex(text)
			if at == nil {
				continue
			}
			found[what] = true
			line := 1 + strings.Count(text[:at[0]], "\n")
			assert.True(t, a64File(name), "plugin/%s:%d: %s: %s", name, line, what, text[at[0]:at[1]])
		}
	}
	for what := range a64Shows { // what is found nowhere is not looked for as it is written
		if what != "an instruction's length" { // that has a name, ISA_INSN_BYTES
			assert.True(t, found[what], "%s: in no file at all", what)
		}
	}
}
