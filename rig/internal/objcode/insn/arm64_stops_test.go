// SPDX-License-Identifier: Apache-2.0

package insn

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWhatTheEmulatorLetsPassAmongSystemInstructionsIsNoStop(t *testing.T) {
	source, err := os.ReadFile("../../weakmem/plugin/a64_decode.c")
	require.NoError(t, err)
	_, body, found := strings.Cut(string(source), "static bool orders_nothing(uint32_t word)\n{")
	require.True(t, found, "the function has another name or form now")
	body, _, found = strings.Cut(body, "\n}\n")
	require.True(t, found)
	numbers := func(pattern string) (out []uint32) {
		for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(body, -1) {
			n, err := strconv.ParseUint(m[1], 0, 32)
			require.NoError(t, err)
			out = append(out, uint32(n))
		}
		return out
	}
	require.ElementsMatch(t, numbers(`(?m)^\s+(0x[0-9a-f]{4}), /\*`), orderlessRegisters)
	require.ElementsMatch(t, numbers(`\bop == (0[0-7]+)\b`), orderlessFields)
}
