// SPDX-License-Identifier: Apache-2.0

package variant

import (
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/fault"
	"kcovrig/rig/kernelversion"
	"kcovrig/rig/trial"
)

// series is a folder of one patch per step, which replaces all of a file that has one line.
func series(path string, steps ...[2]string) fs.FS {
	f := fstest.MapFS{}
	for i, s := range steps {
		f[string(rune('1'+i))+".patch"] = &fstest.MapFile{Data: []byte("--- a/" + path + "\n+++ b/" + path + "\n@@ -1 +1 @@\n-" + s[0] + "\n+" + s[1] + "\n")}
	}
	return f
}

func setOf(t *testing.T, all ...fs.FS) Set {
	t.Helper()
	set, err := Choice{Series: seriesOf(all...)}.Read(t.Context())
	require.NoError(t, err)
	return set
}

// Which kernel a tree is follows from what goes on and what comes off, whatever
// the code looks like.
func TestTheFirstSeriesThatFitsDecides(t *testing.T) {
	set := setOf(t, series("f.c", [2]string{"old", "fixed"}), series("f.c", [2]string{"older", "old"}, [2]string{"old", "mended"}))
	for name, c := range map[string]struct {
		tree, unpatched, patched string
	}{
		"the first goes on":      {"old", "old", "fixed"},
		"the first comes off":    {"fixed", "old", "fixed"},
		"the second goes on":     {"older", "older", "mended"},
		"the second comes off":   {"mended", "older", "mended"},
		"neither":                {"other", "", ""},
		"a half of the second's": {"old", "old", "fixed"},
	} {
		t.Run(name, func(t *testing.T) {
			tree := files{"f.c": c.tree + "\n"}
			for v, want := range map[trial.Variant]string{trial.Unpatched: c.unpatched, trial.Patched: c.patched} {
				made, err := set.Content(t.Context(), v, tree.read)
				if want == "" {
					require.ErrorAs(t, err, new(*trial.NotApplicable))
					continue
				}
				require.NoError(t, err)
				by := 0
				if c.patched == "mended" {
					by = 1
				}
				assert.Equal(t, set.series[by].patches, made.Patches, "%s", v)
				got, err := Reader(tree.read).Over(made.Changes)("f.c")
				require.NoError(t, err)
				assert.Equal(t, want+"\n", got, "%s", v)
			}
		})
	}
}

// What undoes the fix goes on a tree that has it, and comes off one that lacks it; what
// is kept of how the variants differ is the fix all the same.
func TestASeriesThatUndoesTheFixSaysTheReverse(t *testing.T) {
	undo := Series{Files: series("f.c", [2]string{"fixed", "half"}, [2]string{"half", "old"}), Reverse: true}
	set, err := ReadFix([]Series{undo})
	require.NoError(t, err)
	for tree, other := range map[string]trial.Variant{"fixed": trial.Unpatched, "old": trial.Patched} {
		for _, v := range trial.Pair() {
			made, err := set.Content(t.Context(), v, files{"f.c": tree + "\n"}.read)
			require.NoError(t, err)
			if v != other {
				assert.Empty(t, made.Changes, "%s, %s", tree, v)
				continue
			}
			assert.Equal(t, map[trial.Variant]string{trial.Unpatched: "old\n", trial.Patched: "fixed\n"}[v], *made.Changes["f.c"])
			assert.Contains(t, made.Text, "-old\n+half\n", "the fix, not what undoes it")
		}
	}
	_, err = set.Content(t.Context(), trial.Patched, files{"f.c": "half\n"}.read)
	require.ErrorAs(t, err, new(*trial.NotApplicable))
	require.ErrorContains(t, err, "the reverse of 2.patch, the reverse of 1.patch does not go on")
}

// Later commits changed lines beside the fix: it comes off no more, and goes on neither.
func TestASeriesAmongOtherLinesSaysWhatTheTreeSeemsToBe(t *testing.T) {
	set := setOf(t, fstest.MapFS{"1.patch": {Data: []byte("--- a/f.c\n+++ b/f.c\n@@ -1,6 +1,7 @@\n a\n b\n c\n+wmb\n d\n e\n f\n")}})
	for tree, want := range map[string]trial.Variant{"x\nb\nc\nwmb\nd\ne\ny\n": trial.Patched, "x\nb\nc\nd\ne\ny\n": trial.Unpatched, "x\ny\n": ""} {
		_, err := set.HasFix(t.Context(), files{"f.c": tree}.read)
		none := trial.Inapplicable(err)
		require.NotNil(t, none, tree)
		assert.Equal(t, want, none.Tries[0].Near, tree)
		assert.Equal(t, want != "", strings.Contains(err.Error(), "1.patch: with less context it "), tree)
	}
}

func TestASeriesIsTriedOnTheKernelsThatItIsFor(t *testing.T) {
	from, err := kernelversion.Parse(">=6.10")
	require.NoError(t, err)
	set, err := ReadFix([]Series{
		{Files: series("f.c", [2]string{"old", "fixed"}), Kernels: from},
		{Files: series("f.c", [2]string{"old", "mended"})},
	})
	require.NoError(t, err)
	for version, want := range map[string]string{"6.10.3": "fixed\n", "6.9.1": "mended\n"} {
		set.Version = version
		v, err := set.Content(t.Context(), trial.Patched, files{"f.c": "old\n"}.read)
		require.NoError(t, err)
		assert.Equal(t, want, *v.Changes["f.c"], version)
	}
	set.Version, set.series = "6.9.1", set.series[:1]
	_, err = set.Content(t.Context(), trial.Patched, files{"f.c": "old\n"}.read)
	require.ErrorAs(t, err, new(*trial.NotApplicable))
	require.ErrorContains(t, err, "1.patch is for kernels >=6.10")
}

// Either answer would make one of the variants the other.
func TestSeriesThatContradictEachOtherDecideNothing(t *testing.T) {
	has := series("f.c", [2]string{"old", "fixed"})   // comes off
	lacks := series("f.c", [2]string{"fixed", "two"}) // goes on
	for _, order := range [][]fs.FS{{has, lacks}, {lacks, has}} {
		_, err := setOf(t, order...).Content(t.Context(), trial.Patched, files{"f.c": "fixed\n"}.read)
		require.Equal(t, fault.User, fault.KindOf(err))
		require.ErrorContains(t, err, "says that it has it")
		require.Nil(t, trial.Inapplicable(err), "the scenario is wrong, and not for another tree")
	}
	whole := series("f.c", [2]string{"old", "fixed"}, [2]string{"fixed", "two"})
	v, err := setOf(t, lacks, whole).Content(t.Context(), trial.Patched, files{"f.c": "old\n"}.read)
	require.NoError(t, err, "both say that it lacks it")
	require.Equal(t, "two\n", *v.Changes["f.c"])
}

// A series of which a part is in, goes neither on nor comes off, and leaves nothing.
func TestAPartOfASeriesDecidesNothing(t *testing.T) {
	set := setOf(t, series("f.c", [2]string{"old", "half"}, [2]string{"half", "fixed"}))
	_, err := set.Content(t.Context(), trial.Patched, files{"f.c": "half\n"}.read)
	require.ErrorAs(t, err, new(*trial.NotApplicable))
}

func TestATreeThatNothingFitsIsToldWithTheHunks(t *testing.T) {
	const odd = "void ring_move_area(void) { memcpy(a, b, c); smp_wmb(); WRITE_ONCE(*d, e); }\n"
	for _, v := range trial.Pair() {
		_, err := allSeries(t).Content(t.Context(), v, files{"kernel/ring.c": odd}.read)
		require.Equal(t, fault.User, fault.KindOf(err))
		none := (*trial.NotApplicable)(nil)
		require.ErrorAs(t, err, &none)
		require.Len(t, none.Tries, 2, "every series")
		for _, tried := range none.Tries {
			assert.Contains(t, tried.Series, ".patch")
			for _, why := range []string{tried.On, tried.Off} {
				assert.Contains(t, why, "kernel/ring.c: hunk \"@@ -9")
				assert.Contains(t, why, "WRITE_ONCE(*(unsigned long *)dst_area", "the hunk is shown")
			}
			assert.Contains(t, err.Error(), tried.On)
			assert.Contains(t, err.Error(), tried.Off)
		}
	}
	_, err := allSeries(t).Content(t.Context(), trial.Patched, files{}.read)
	require.ErrorAs(t, err, new(*trial.NotApplicable))
	require.ErrorContains(t, err, "kernel/ring.c: no such file in the tree")
}

// What could not be tried says nothing of the tree.
func TestAFaultWhileTryingIsNoAnswer(t *testing.T) {
	t.Setenv("TMPDIR", "/nowhere")
	_, err := allSeries(t).Content(t.Context(), trial.Patched, ringTree(t).read)
	require.Equal(t, fault.Rig, fault.KindOf(err))
}

// A fix that is in where it belongs does not go in once more where the same lines stand again.
func TestAFixThatIsInGoesInOnceOnly(t *testing.T) {
	twice := files{"f.c": "0\n1\na\nb\nfix\nc\nd\n7\n8\na\nb\nc\nd\n13\n"}
	set := setOf(t, fstest.MapFS{"1.patch": {Data: []byte("--- a/f.c\n+++ b/f.c\n@@ -3,4 +3,5 @@\n a\n b\n+fix\n c\n d\n")}})
	made, err := set.Content(t.Context(), trial.Patched, twice.read)
	require.NoError(t, err)
	require.Empty(t, made.Changes)
}

func TestSourcesAndObjectsAreThePatchesFiles(t *testing.T) {
	with := func(path string) fs.FS { return series(path, [2]string{"a", "b"}) }
	set := setOf(t, with("net/b.c"), with("arch/arm64/entry.S"), with("net/b.c"), with("include/b.h"), with("Documentation/b.rst"))
	assert.Equal(t, []string{"arch/arm64/entry.S", "include/b.h", "net/b.c"}, set.sources)
	assert.Equal(t, []Unit{{"arch/arm64/entry.S", "arch/arm64/entry.o"}, {"net/b.c", "net/b.o"}}, set.Units())
	assert.Equal(t, []any{"kernel/ring.c", "kernel/ring.o"}, allSeries(t).Key(), "as kernels that are kept have it")
}

// Nothing is compiled from a header by itself: somebody has to say what includes it.
func TestAFixOfHeadersNeedsObjectsByName(t *testing.T) {
	c := Choice{Series: seriesOf(series("include/net/ring.h", [2]string{"old", "fixed"}))}
	_, err := c.Read(t.Context())
	require.ErrorContains(t, err, "it changes include/net/ring.h: no file that is compiled by itself")
	c.Objects = []string{"net/ring/ring_main.o", "net/ring/ring_sw.o"}
	set, err := c.Read(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []Unit{{"net/ring/ring_main.c", "net/ring/ring_main.o"}, {"net/ring/ring_sw.c", "net/ring/ring_sw.o"}}, set.Units())
	assert.Equal(t, []any{"net/ring/ring_main.c", "net/ring/ring_main.o", "net/ring/ring_sw.c", "net/ring/ring_sw.o", "include/net/ring.h"}, set.Key())
}

func seriesOf(all ...fs.FS) []Series {
	var out []Series
	for _, s := range all {
		out = append(out, Series{Files: s})
	}
	return out
}

// ringSeries is one of the two ways in which a made-up bug in kernel/ring.c is fixed.
func ringSeries(name string) fs.FS { return os.DirFS("testdata/series/" + name) }
