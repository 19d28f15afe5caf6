// SPDX-License-Identifier: Apache-2.0

package objcode

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"kcovrig/rig/barrier/candidate"
	"kcovrig/rig/coderange"
	"kcovrig/rig/internal/objcode/elfcode"
	"kcovrig/rig/internal/objcode/objcodetest"
)

// ordering reads testdata's functions of those names.
func ordering(t *testing.T, names ...string) candidate.Code {
	t.Helper()
	objcodetest.NeedCompiler(t, objcodetest.Compiler)
	binary := filepath.Join(t.TempDir(), "vmlinux")
	objcodetest.Run(t, filepath.Join("objcodetest", "testdata"), objcodetest.Compiler, "-nostdlib", "-static", "-no-pie", "-Wl,-e,orders", "-o", binary, "ordering.S")
	in, err := elfcode.Functions(binary, names)
	require.NoError(t, err)
	code, err := Orderings(binary, in)
	require.NoError(t, err)
	return code
}

func TestWhatOrdersAccessesIsListedByWhatItOrders(t *testing.T) {
	var got []string
	for _, o := range ordering(t, "orders").Orderings {
		got = append(got, fmt.Sprintf("%s: %s %s, weaker %v", o.Text, o.Kind, o.Orders, o.Weaker()))
	}
	require.Equal(t, []string{
		"dmb ishst: barrier st, weaker [none]",
		"dmb ishld: barrier ld, weaker [none]",
		"dmb ish: barrier sy, weaker [none ld st]",
		"dsb ishst: dsb st, weaker [none]",
		"dsb sy: dsb sy, weaker [none ld st]",
		"dsb nsh: dsb sy, weaker [none ld st]",
		"isb: isb sy, weaker [none]",
		"ldar x1, [x0]: load acquire, weaker [none acquirePC]",
		"ldapr x1, [x0]: load acquirePC, weaker [none]",
		".word 0x99404001: load acquirePC, weaker [none]",
		"stlr x1, [x0]: store release, weaker [none]",
		".word 0x99004001: store release, weaker [none]",
		"ldaxr x2, [x0]: exclusive acquire, weaker [none]",
		"stlxr w4, x2, [x0]: exclusive release, weaker [none]",
		"ldaddal x1, x2, [x0]: atomic acquire+release, weaker [none acquire release]",
		"ldadda x1, x2, [x0]: atomic acquire, weaker [none]",
		"swpl x1, x2, [x0]: atomic release, weaker [none]",
		"casal x1, x2, [x0]: atomic acquire+release, weaker [none acquire release]",
	}, got[:18])
	require.Len(t, got, 19, "CASPL; what orders nothing is not listed")
}

func TestAccessesThatMayBeMadeToOrderAreOfOneRegister(t *testing.T) {
	var got []string
	for _, a := range ordering(t, "plain").Accesses {
		got = append(got, fmt.Sprintf("%s: store %v", a.Text, a.Store))
	}
	require.Equal(t, []string{
		"str x1, [x0]: store true", "strb w1, [x0,#1]: store true", "ldr x1, [x0,x2]: store false", "ldr x1, [x29,#16]: store false",
		"ldrsw x1, [x0]: store false",
	}, got)
}

func TestPlacesThatAreEqualForABarrierAreOne(t *testing.T) {
	list := func(names ...string) (got []string) {
		for _, p := range ordering(t, names...).Positions {
			got = append(got, fmt.Sprintf("%s, %d earlier, after %q, before %q: %v", p.Before.Place(), (p.Address-p.From)/4, p.After.Text, p.Before.Text, p.Kinds))
		}
		return got
	}
	require.Equal(t, []string{
		// Past the address and the barrier that is there.
		`places+0x10, 2 earlier, after "str x1, [x0]", before "str x1, [x4]": [st sy]`,
		`places+0x14, 0 earlier, after "str x1, [x4]", before "cbz x1, places+0x24": [st sy]`,
		`places+0x1c, 1 earlier, after "", before "ldr x2, [x0]": [sy]`,
		// Before the ways join, and behind.
		`places+0x20, 0 earlier, after "ldr x2, [x0]", before "b places+0x2c": [ld sy]`,
		`places+0x28, 1 earlier, after "", before "bl callee": [st sy]`,
		`places+0x30, 1 earlier, after "", before "ldr x2, [x0]": [ld sy]`,
	}, list("places"), "the head, which comes from where nothing waits, and the end, which goes there, are none")
	require.Equal(t, []string{
		`callee+0x4, 1 earlier, after "", before "ldr x2, [x0]": [ld st sy]`,
		`callee+0x8, 0 earlier, after "ldr x2, [x0]", before "ret": [ld st sy]`,
	}, list("places", "callee")[6:], "a function that is called from the scope has accesses around it")
	require.Empty(t, list("empty"))
}

func TestPlacesOutOfTheCodeAtHandAreNone(t *testing.T) {
	objcodetest.NeedCompiler(t, objcodetest.Compiler)
	binary := filepath.Join(t.TempDir(), "vmlinux")
	objcodetest.Run(t, filepath.Join("objcodetest", "testdata"), objcodetest.Compiler, "-nostdlib", "-static", "-no-pie", "-Wl,-e,orders", "-o", binary, "ordering.S")
	in, err := elfcode.Functions(binary, []string{"places"})
	require.NoError(t, err)
	part := in[0]
	part.Start, part.End = part.Start+12, part.Start+20
	code, err := Orderings(binary, []coderange.Range{part})
	require.NoError(t, err)
	require.Len(t, code.Orderings, 1)
	require.Len(t, code.Accesses, 1)
	require.Len(t, code.Positions, 1)
	require.Equal(t, part.Start, code.Positions[0].From, "a stretch ends with the code that is altered")
	require.Equal(t, "str x1, [x4]", code.Positions[0].Before.Text)
}
