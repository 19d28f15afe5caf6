// SPDX-License-Identifier: Apache-2.0

package weakmem

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

var (
	generalRegister = regexp.MustCompile(`^(?:([xw])([0-9]+)|(w?sp)|[xw]zr)$`)
	vectorRegister  = regexp.MustCompile(`\b[vqdshb]([0-9]+)(?:\.[0-9]*[bhsdq])?\b`)
	vectorRange     = regexp.MustCompile(`\bv([0-9]+)\.[0-9]*[bhsdq]-v([0-9]+)\.`)
	registerLike    = regexp.MustCompile(`[a-z][a-z0-9_]*`)
	immediate       = regexp.MustCompile(`#[^,\]]*`)
	target          = regexp.MustCompile(`0x[0-9a-f]+`)
	noResult        = regexp.MustCompile(`^(cmp|cmn|tst|ccmp|ccmn|setf8|setf16|rmif|cmpp|fcmpe?|fccmpe?)$`)
	readsResult     = regexp.MustCompile(`^(movk|bf[cim]|bfxil|(pac|aut)[id]z?[ab]|xpac[id]|bsl|bi[ft]|[fsu]?ml[as][a-z0-9]*|fcmla|tbx|ins|sri|sli|[su]aba.*|` +
		`[su]sra|[su]rsra|[su]adalp|sq?r?dml[as][lh].*|[sufb]{1,2}dot|usmmla|[su]mmla|bfml.*|.*xtu?n2|.*addhn2|.*subhn2|fcvtx?n2|bfcvtn2|.*shru?n2|aes[ed]|sha[0-9].*|sm3.*|suqadd|usqadd)$`)
	setsFlags  = regexp.MustCompile(`^(cmp|cmn|tst|ccmp|ccmn|adds|subs|adcs|sbcs|negs|ngcs|ands|bics|rmif|setf8|setf16|cmpp|subps|fcmpe?|fccmpe?|fjcvtzs)$`)
	readsFlags = regexp.MustCompile(`^(csel|csinc|csinv|csneg|cset|csetm|cinc|cinv|cneg|adcs?|sbcs?|ngcs?|ccmp|ccmn|fcsel|fccmpe?|rmif|bc?\..*)$`)
)

// registerSet is bit n for register n.
type registerSet uint32

func field32(fields map[string]string, name string) registerSet {
	n, _ := strconv.ParseUint(fields[name], 10, 32)
	return registerSet(n)
}

// namedRegisters are those that a part of the text names; the zero register is none.
func namedRegisters(text string) (general, vectors registerSet) {
	text = immediate.ReplaceAllString(text, "")
	for _, word := range registerLike.FindAllString(text, -1) {
		m := generalRegister.FindStringSubmatch(word)
		switch {
		case m == nil:
		case m[3] != "":
			general |= 1 << 31
		case m[1] != "":
			n, _ := strconv.Atoi(m[2])
			general |= 1 << n
		}
	}
	for _, m := range vectorRegister.FindAllStringSubmatch(text, -1) {
		n, _ := strconv.Atoi(m[1])
		vectors |= 1 << n
	}
	for _, m := range vectorRange.FindAllStringSubmatch(text, -1) {
		first, _ := strconv.Atoi(m[1])
		last, _ := strconv.Atoi(m[2])
		for n := first; n != last; n = (n + 1) % 32 {
			vectors |= 1 << n
		}
	}
	return general, vectors
}

// complaintOfUses checks that the registers and flags that the text names are
// among those that a computation or branch is taken to read and write. More is sound.
func complaintOfUses(mnemonic, operands string, fields map[string]string) string {
	operands, _, _ = strings.Cut(operands, " <")
	result, sources, _ := strings.Cut(operands, ", ")
	branch := mnemonic == "bl" || branches.MatchString(mnemonic) || indirects.MatchString(mnemonic)
	if branch || noResult.MatchString(mnemonic) {
		result, sources = "", operands
	}
	x, v := namedRegisters(target.ReplaceAllString(sources, ""))
	writeX, writeV := namedRegisters(result)
	if readsResult.MatchString(mnemonic) {
		if fields["keep"] != "1" {
			x, v = x|writeX, v|writeV
		}
	}
	if mnemonic == "bl" || strings.HasPrefix(mnemonic, "blr") {
		writeX |= 1 << 30
	}
	if (mnemonic == "ret" || strings.HasPrefix(mnemonic, "reta")) && operands == "" {
		x |= 1 << 30
	}
	for _, c := range []struct {
		what string
		want registerSet
	}{{"read_x", x}, {"read_v", v}, {"write_x", writeX}, {"write_v", writeV}} {
		if lost := c.want &^ field32(fields, c.what); lost != 0 {
			return fmt.Sprintf("%s lacks %#x", c.what, uint32(lost))
		}
	}
	if setsFlags.MatchString(mnemonic) && fields["write_flags"] != "1" {
		return "the flags are not written"
	}
	if readsFlags.MatchString(mnemonic) && fields["read_flags"] != "1" {
		return "the flags are not read"
	}
	return ""
}

// Computation alone: random words, and enumerated ones where an operand is more
// than a field of its own.
func TestUsesOfComputation(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	var words []uint32
	for i := range 250000 {
		group := []uint32{0x0e000000, 0x1e000000, 0x0a000000, 0x1a000000, 0x10000000, 0x12000000}[i%6]
		words = append(words, random.Uint32()&^0x1e000000|group)
	}
	for form := range uint32(1 << 9) { // TBL, TBX: Q, len, op; the first register
		words = append(words, 0x0e020003|form&1<<30|form>>1&7<<12|form>>4<<5)
	}
	for form := range uint32(1 << 12) { // by element: U, size, L, M, opcode, H, and scalar
		words = append(words, 0x0f020020|form&1<<29|form>>1&7<<21|form>>4&1<<20|form>>5&0x1f<<11|form>>10&1<<30|form>>11<<28)
	}
	counts := compareWords(t, build{sanitized: true}, words)
	logCounts(t, counts)
	assert.Greater(t, counts["(plain)"], 80000)
}

// The check itself: what it takes a text to name.
func TestNamedRegisters(t *testing.T) {
	for text, want := range map[string][2]registerSet{
		"x1, xzr, w30":                     {1<<1 | 1<<30, 0},
		"sp, #0x10":                        {1 << 31, 0},
		"{v30.16b-v1.16b}, v4.16b":         {0, 1<<30 | 1<<31 | 1<<0 | 1<<1 | 1<<4},
		"{v3.8b, v4.8b}, v9.8b":            {0, 1<<3 | 1<<4 | 1<<9},
		"v2.h[3]":                          {0, 1 << 2},
		"d7, s31, #0xb1, lsl #3, #1.5e+01": {0, 1<<7 | 1<<31},
	} {
		x, v := namedRegisters(text)
		assert.Equal(t, want, [2]registerSet{x, v}, text)
	}
}
