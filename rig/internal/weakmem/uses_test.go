// SPDX-License-Identifier: Apache-2.0

package weakmem

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

var (
	generalRegister = regexp.MustCompile(`^(?:([xw])([0-9]+)|(w?sp)|[xw]zr)$`)
	noResult        = regexp.MustCompile(`^(cmp|cmn|tst|ccmp|ccmn|setf8|setf16|rmif|cmpp)$`)
	setsFlags       = regexp.MustCompile(`^(cmp|cmn|tst|ccmp|ccmn|adds|subs|adcs|sbcs|negs|ngcs|ands|bics|rmif|setf8|setf16|cmpp|subps|fcmpe?|fccmpe?)$`)
	readsFlags      = regexp.MustCompile(`^(csel|csinc|csinv|csneg|cset|csetm|cinc|cinv|cneg|adcs?|sbcs?|ngcs?|ccmp|ccmn|fcsel|fccmpe?|rmif)$`)
)

// complaintOfUses checks that the registers and flags that the text names are
// among those that a computation is taken to read and write. More is sound.
func complaintOfUses(mnemonic, operands string, fields map[string]string) string {
	reads, _ := strconv.ParseUint(fields["read_x"], 10, 32)
	writes, _ := strconv.ParseUint(fields["write_x"], 10, 32)
	operands, _, _ = strings.Cut(operands, " <")
	for i, operand := range strings.Split(operands, ", ") {
		m := generalRegister.FindStringSubmatch(strings.TrimSpace(operand))
		if m == nil || (m[1] == "" && m[3] == "") { // another, or the zero register
			continue
		}
		n := uint64(31)
		if m[1] != "" {
			n, _ = strconv.ParseUint(m[2], 10, 8)
		}
		result := i == 0 && !noResult.MatchString(mnemonic)
		if result && writes>>n&1 == 0 {
			return fmt.Sprintf("%s is not among the written registers %#x", operand, writes)
		}
		if !result && reads>>n&1 == 0 {
			return fmt.Sprintf("%s is not among the read registers %#x", operand, reads)
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
