// SPDX-License-Identifier: Apache-2.0

package litmus

import (
	"regexp"
	"strings"
)

var (
	closing    = regexp.MustCompile(`(?m)\b(exists|forall|filter)\b`)
	comparison = regexp.MustCompile(`\b(\d+)\s*:\s*(X\d+)\s*(?:=|<>)\s*(&?[A-Za-z_]\w*)([\[:]?)`)
	declared   = regexp.MustCompile(`\b(?:u?int64_t|long|u?intptr_t)(\s+(\d+)\s*:\s*(X\d+)\s*[;}])`)
)

// WithPointers declares the registers that the condition compares with addresses
// as pointers, where the test declares them as numbers. To herd7 that is the
// same; litmus7's program prints the names of what they point to, as herd7 does,
// and not the addresses that it has there.
func WithPointers(text string) string {
	at := closing.FindAllStringIndex(text, -1)
	if at == nil {
		return text
	}
	pointers := map[string]bool{}
	for _, c := range comparison.FindAllStringSubmatch(text[at[0][0]:], -1) {
		if c[4] != ":" { // P0:L0, a label
			pointers[c[1]+":"+c[2]] = true
		}
	}
	return declared.ReplaceAllStringFunc(text, func(item string) string {
		found := declared.FindStringSubmatch(item)
		if !pointers[found[2]+":"+found[3]] {
			return item
		}
		return strings.TrimSuffix(item, found[1]) + "*" + found[1]
	})
}
