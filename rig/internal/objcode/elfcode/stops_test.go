// SPDX-License-Identifier: Apache-2.0

package elfcode

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"kcovrig/rig/internal/objcode/objcodetest"
)

func TestWhatOrdersAccessesOrLeavesTheScopeIsListed(t *testing.T) {
	objcodetest.NeedCompiler(t, objcodetest.Compiler)
	binary := filepath.Join(t.TempDir(), "vmlinux")
	objcodetest.Run(t, "testdata", objcodetest.Compiler, "-nostdlib", "-static", "-no-pie", "-Wl,-e,first", "-o", binary, "stops.S")
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
	objcodetest.NeedCompiler(t, objcodetest.Compiler)
	binary := filepath.Join(t.TempDir(), "vmlinux")
	objcodetest.Run(t, "../../linetable/testdata", objcodetest.Compiler, "-O2", "-freorder-blocks-and-partition", "-nostdlib", "-static", "-no-pie",
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
