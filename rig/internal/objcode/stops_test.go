// SPDX-License-Identifier: Apache-2.0

package objcode

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWhatOrdersAccessesOrLeavesTheScopeIsListed(t *testing.T) {
	needCompiler(t, crossCompiler)
	binary := filepath.Join(t.TempDir(), "vmlinux")
	run(t, "testdata", crossCompiler, "-nostdlib", "-static", "-no-pie", "-Wl,-e,first", "-o", binary, "stops.S")
	scope, err := Functions(binary, []string{"first", "second"})
	require.NoError(t, err)
	stops, err := Stops(binary, scope, scope)
	require.NoError(t, err)
	var got []string
	for _, s := range stops {
		got = append(got, fmt.Sprintf("%s+%#x %s: %s", s.Symbol, s.Offset, s.Kind, s.Text))
	}
	require.Equal(t, []string{
		"first+0x8 call: bl outside",
		"first+0xc call: blr x3",
		"first+0x10 barrier: dmb ishst",
		"first+0x14 barrier: dmb ishld",
		"first+0x1c release: stlr x1, [x0]",
		"first+0x20 acquire: ldar x1, [x0]",
		"first+0x24 acquire: ldapr x1, [x0]",
		"first+0x2c atomic: ldaddal x1, x2, [x0]",
		"first+0x30 atomic: ldaxr x2, [x0]",
		"first+0x3c atomic: casl x1, x2, [x0]",
		"first+0x48 system: .word 0xd500419f", // MSR PAN
		"first+0x50 system: msr s3_0_c2_c0_0, x1",
		"first+0x54 system: tlbi vmalle1",
		"first+0x58 system: wfe",
		"first+0x60 exception: brk #0x800",
		"second+0x0 call: cbz x1, outside",
	}, got)
	one, err := Stops(binary, scope[1:], scope[1:])
	require.NoError(t, err)
	require.Len(t, one, 1, "only the functions that are asked for")
	alone, err := Stops(binary, scope[:1], scope[:1])
	require.NoError(t, err)
	require.Len(t, alone, 15+2, "what calls a function out of scope leaves it")
}

func TestAFunctionComesWithWhatTheCompilerMadeOfIt(t *testing.T) {
	needCompiler(t, crossCompiler)
	binary := filepath.Join(t.TempDir(), "vmlinux")
	run(t, "../linetable/testdata", crossCompiler, "-O2", "-freorder-blocks-and-partition", "-nostdlib", "-static", "-no-pie",
		"-Wl,-e,flush,--defsym=broken=0", "-o", binary, "ring.c")
	found, err := Functions(binary, []string{"post"})
	require.NoError(t, err)
	var names []string
	for _, r := range found {
		names = append(names, r.Symbol)
	}
	require.ElementsMatch(t, []string{"post.constprop.0", "post.constprop.0.cold"}, names)
	_, err = Functions(binary, []string{"pos"})
	require.ErrorContains(t, err, "no function pos")
}

func TestWhatTheEmulatorLetsPassAmongSystemInstructionsIsNoStop(t *testing.T) {
	source, err := os.ReadFile("../weakmem/plugin/a64_decode.c")
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
