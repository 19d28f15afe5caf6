// SPDX-License-Identifier: Apache-2.0

package linetable

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"kcovrig/rig/internal/proc"
	"kcovrig/rig/objfile"
)

// ring compiles testdata/ring.c.
func ring(t *testing.T, options ...string) string {
	t.Helper()
	const compiler = "aarch64-linux-gnu-gcc"
	if _, err := proc.LookPath(compiler); err != nil {
		t.Skip("needs " + compiler + ": apt-get install gcc-aarch64-linux-gnu, then go test ./rig/internal/linetable")
	}
	object := filepath.Join(t.TempDir(), "ring.o")
	res, err := proc.Run(t.Context(), proc.Command{
		Path: compiler, Args: append([]string{"-O2", "-freorder-blocks-and-partition", "-c", "-o", object, "ring.c"}, options...), Dir: "testdata",
	})
	require.NoError(t, err, res.Tail)
	return object
}

func find(t *testing.T, object string, req Request) []string {
	t.Helper()
	req.Object, req.Source = object, "ring.c"
	found, err := Find(req)
	require.NoError(t, err)
	out := []string{}
	for _, f := range found {
		out = append(out, f.Section+" "+f.Symbol+": "+f.Why)
	}
	return out
}

func at(lines ...int) []Change { return []Change{{Path: "ring.c", Hunk: 1, Lines: lines}} }

func TestTheFunctionsThatHoldChangedLines(t *testing.T) {
	object := ring(t, "-g")
	for name, c := range map[string]struct {
		req  Request
		want []string
	}{
		"inlined into two": {Request{Changes: at(17)}, []string{
			".text post.constprop.0: ring.c:17 in hunk 1", ".text flush: ring.c:17 in hunk 1", ".text.unlikely post.constprop.0.cold: a part of post.constprop.0",
		}},
		"in a part that was split off": {Request{Changes: at(26)}, []string{
			".text post.constprop.0: has code of post, which holds ring.c:26 in hunk 1", ".text.unlikely post.constprop.0.cold: ring.c:26 in hunk 1",
		}},
		"lines without code": {Request{Changes: at(19, 20)}, []string{}},
		"the nearest with code beside a change": {Request{Changes: []Change{{Path: "ring.c", Hunk: 2, Before: []int{45, 44}, After: []int{46}}}}, []string{
			".text flush: ring.c:44 in hunk 2",
		}},
		"another file's lines": {Request{Changes: []Change{{Path: "sub/ring.c", Hunk: 1, Lines: []int{17}}}}, []string{}},
		"who calls it": {Request{Changes: at(30), Callers: 1}, []string{
			".text post.constprop.0: ring.c:30 in hunk 1", ".text post_even: calls post.constprop.0", ".text post_all: calls post.constprop.0",
			".text.unlikely post.constprop.0.cold: has code of post, which holds ring.c:30 in hunk 1",
		}},
		"a jump is a call too": {Request{Changes: at(37), Callers: 1}, []string{
			".text post_even: ring.c:37 in hunk 1", ".text post_all: calls post_even",
		}},
		"named, and its clones": {Request{Named: []string{"post"}}, []string{
			".text post.constprop.0: named", ".text.unlikely post.constprop.0.cold: named",
		}},
		"named, and inlined everywhere": {Request{Named: []string{"publish"}}, []string{
			".text post.constprop.0: named", ".text flush: named", ".text.unlikely post.constprop.0.cold: a part of post.constprop.0",
		}},
		"named, and nowhere": {Request{Named: []string{"pos"}}, []string{}},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.want, find(t, object, c.req))
		})
	}
}

func TestCallsAreFollowedAsFarAsAsked(t *testing.T) {
	object := ring(t, "-g")
	steps := func(n int) []string {
		return find(t, object, Request{Changes: []Change{{Path: "ring.c", Hunk: 1, Lines: []int{61}}}, Callers: n})
	}
	leaf, first := ".text leaf: ring.c:61 in hunk 1", ".text first: calls leaf"
	require.Equal(t, []string{leaf}, steps(0))
	require.Equal(t, []string{leaf, first}, steps(1))
	require.Equal(t, []string{leaf, first, ".text second: calls first"}, steps(2))
	require.Equal(t, steps(2), steps(9))
	require.Empty(t, find(t, object, Request{Named: []string{"broken"}, Callers: 9}), "another object has it")
}

func TestAFunctionHasItsLines(t *testing.T) {
	found, err := Find(Request{Object: ring(t, "-g"), Source: "ring.c", Named: []string{"nothing"}})
	require.NoError(t, err)
	require.Len(t, found, 1)
	last := found[0].Lines.At(found[0].Size - 4)
	require.Equal(t, objfile.Row{Addr: 4, File: "ring.c", Line: 57}, last)
}

func TestAnObjectThatCannotBeReadIsAnError(t *testing.T) {
	object := ring(t, "-g")
	_, err := Find(Request{Object: ring(t), Source: "ring.c", Changes: at(17)})
	require.ErrorContains(t, err, "read the debug information")
	_, err = Find(Request{Object: object, Source: "kernel/ring.c", Changes: at(17)})
	require.ErrorContains(t, err, "no unit was compiled from kernel/ring.c")
	_, err = Find(Request{Object: "testdata/ring.c", Source: "ring.c"})
	require.ErrorContains(t, err, "read testdata/ring.c")
}

func TestABranchGoesWhereItsWordSays(t *testing.T) {
	for word, want := range map[uint32]uint64{
		0x94000001: 0x1004, // bl +4
		0x17ffffff: 0xffc,  // b -4
		0x95ffffff: 0x1000 + 0x7fffffc,
		0x54000041: 0, // b.ne
		0xd65f03c0: 0, // ret
	} {
		got, _ := branchTarget(word, 0x1000)
		require.Equal(t, want, got, "%#x", word)
	}
}
