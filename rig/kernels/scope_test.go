// SPDX-License-Identifier: Apache-2.0

package kernels

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"kcovrig/rig/arch"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/kernel"
	"kcovrig/rig/internal/objcode/elfcode"
	"kcovrig/rig/internal/proc"
	"kcovrig/rig/scenario"
	"kcovrig/rig/trial"
)

const header = "From: A <a@example.org>\nSubject: [PATCH] x: order\n\nx\n---\n"

// fix changes what is inlined into post() and flush() of the example.
const fix = header + `diff --git a/lib/ring.c b/lib/ring.c
--- a/lib/ring.c
+++ b/lib/ring.c
@@ -12,7 +12,6 @@
 /* inlined wherever it is called */
 static inline __attribute__((always_inline)) void publish(struct ring *r)
 {
-	barrier();
 	r->length++;
 	WRITE_ONCE(r->head, r->head + 1);
 }
`

// example builds a kernel of one object.
func example(t *testing.T) Image {
	t.Helper()
	text, err := os.ReadFile("../internal/linetable/testdata/ring.c")
	require.NoError(t, err)
	return exampleOf(t, string(text))
}

func exampleOf(t *testing.T, text string) Image {
	t.Helper()
	const compiler = "aarch64-linux-gnu-gcc"
	if _, err := proc.LookPath(compiler); err != nil {
		t.Skip("needs " + compiler + ": apt-get install gcc-aarch64-linux-gnu, then go test ./rig/kernels")
	}
	dir := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "lib"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "lib/ring.c"), []byte(text), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "start.c"), []byte("void (*volatile out)(void);\nvoid broken(void) { out(); }\nvoid leave(void) {}\nvoid _start(void) {}\n"), 0o644))
	for _, args := range [][]string{
		{"-c", "-o", "lib/ring.o", "lib/ring.c"}, {"-g", "-c", "-o", "debug.o", "lib/ring.c"},
		{"-nostdlib", "-static", "-no-pie", "-o", "vmlinux", "lib/ring.o", "start.c"},
	} {
		res, err := proc.Run(t.Context(), proc.Command{Path: compiler, Args: append([]string{"-O2", "-fno-pie", "-freorder-blocks-and-partition"}, args...), Dir: dir})
		require.NoError(t, err, res.Tail)
	}
	return Image{
		Built: trial.Image{Key: "key", Variant: trial.Patched}, Vmlinux: filepath.Join(dir, "vmlinux"), BuildDir: dir,
		Objects:   []kernel.Object{{Name: "lib/ring.o", File: "lib/ring.c", Path: filepath.Join(dir, "lib/ring.o"), Debug: filepath.Join(dir, "debug.o"), Source: filepath.Join(dir, "lib/ring.c")}},
		PatchText: fix,
	}
}

func analyser(t *testing.T, s scenario.Scope) Analyser {
	t.Helper()
	row, err := arch.Lookup("arm64")
	require.NoError(t, err)
	return Analyser{Config{Arch: row, CacheDir: t.TempDir(), Scenario: scenario.Scenario{Scope: s}}}
}

func scopeOf(c trial.Code) []string {
	var out []string
	for _, f := range c.Scope {
		out = append(out, fmt.Sprintf("%s %s: %s", f.Role, f.Symbol, f.Why))
	}
	return out
}

func TestTheScopeFollowsFromThePatch(t *testing.T) {
	image := example(t)
	a, err := analyser(t, scenario.Scope{Callers: 1, Kernel: []string{"leaf", "leave"}, Callees: []string{"second"}}).Analyse(t.Context(), image, t.TempDir())
	require.NoError(t, err)
	require.ElementsMatch(t, []string{
		"body post.constprop.0: lib/ring.c:16 in hunk 1", "body flush: lib/ring.c:16 in hunk 1",
		"body post.constprop.0.cold: a part of post.constprop.0", "body post_even: calls post.constprop.0", "body post_all: calls post.constprop.0",
		"body leaf: named", "body first: calls leaf", "body leave: named", "callee second: named, where it is called from the scope",
	}, scopeOf(a.Code))
	require.ElementsMatch(t, []string{"post.constprop.0", "post.constprop.0.cold", "flush", "post_even", "post_all", "leaf", "first", "leave"}, a.Compared)
	require.Len(t, a.Scope, 9)
	for _, f := range a.Code.Scope {
		require.Equal(t, strings.Contains("post_even post_all first", f.Symbol), OnlyCalls(f), f.Symbol)
	}
	require.Len(t, a.Notes, 1)
	require.Contains(t, a.Notes[0], "no instruction on the lines that the patch adds orders accesses")
	require.Equal(t, "unknown", a.Code.Ordered)
	var stops []string
	for _, x := range a.Code.Stops {
		stops = append(stops, fmt.Sprintf("%s %s: %s at %s", x.Symbol, x.Kind, x.Text, x.Source))
	}
	require.Equal(t, []string{"post.constprop.0.cold call: bl broken at lib/ring.c:26"}, stops)
	require.NotEmpty(t, a.Lines)
	require.Contains(t, DescribeScope(a.Code), "post.constprop.0")
}

// Where a function that is in scope calls one that leaves nothing open, that one is in
// scope too: the call is no reason to make what waits visible. What could order in it is
// no candidate for the search for barriers.
func TestWhatTheScopeCallsIsInItWhereNothingIsUncertain(t *testing.T) {
	without := example(t)
	text, err := os.ReadFile(without.Objects[0].Source)
	require.NoError(t, err)
	const before = "void flush(struct ring *r)\n{\n"
	with := exampleOf(t, strings.Replace(string(text), before,
		"noinline void settle(struct ring *r) { r->length = 0; __asm__ volatile(\"dmb ish\" : : : \"memory\"); }\n"+before+"\tsettle(r);\n", 1))
	a, err := analyser(t, scenario.Scope{}).Analyse(t.Context(), with, t.TempDir())
	require.NoError(t, err)
	require.ElementsMatch(t, []string{
		"body post.constprop.0: lib/ring.c:16 in hunk 1", "body flush: lib/ring.c:16 in hunk 1",
		"body post.constprop.0.cold: a part of post.constprop.0", "callee settle: called by flush, and calls nothing out of the scope",
	}, scopeOf(a.Code))
	require.Len(t, a.Code.Stops, 1, "broken() calls by a pointer: %v", a.Code.Stops)
	require.NotContains(t, a.Compared, "settle")
	require.Contains(t, DescribeScope(a.Code), "; of what they call: settle; in order there: 1 call")
	code, err := Orderings(with, a)
	require.NoError(t, err)
	require.Empty(t, code.Orderings)

	a, err = analyser(t, scenario.Scope{NoCalls: true}).Analyse(t.Context(), with, t.TempDir())
	require.NoError(t, err)
	require.Len(t, a.Code.Scope, 3, "the scenario says so")

	ordered := analyser(t, scenario.Scope{})
	ordered.Config.Arch.TSO = true
	a, err = ordered.Analyse(t.Context(), with, t.TempDir())
	require.NoError(t, err)
	require.Len(t, a.Code.Scope, 3, "nothing is reordered there")
}

// withBarrier is the example with a barrier of that kind put in by the patch, and without.
func withBarrier(t *testing.T, kind string) (with, without Image) {
	t.Helper()
	without = example(t)
	text, err := os.ReadFile(without.Objects[0].Source)
	require.NoError(t, err)
	const before = "\tr->length++;\n"
	barrier := "\t__asm__ volatile(\"dmb " + kind + "\" : : : \"memory\");\n"
	with = exampleOf(t, strings.Replace(string(text), before, before+barrier, 1))
	with.PatchText = header + "diff --git a/lib/ring.c b/lib/ring.c\n--- a/lib/ring.c\n+++ b/lib/ring.c\n@@ -14,4 +14,5 @@\n {\n " + before + "+" + barrier + " \tWRITE_ONCE(r->head, r->head + 1);\n }\n"
	without.Built.Variant, without.PatchText = trial.Unpatched, with.PatchText
	return with, without
}

// As a diff of a fix may show a barrier that goes before a store, it may show a store that goes
// behind the barrier: the barrier is the fix's all the same.
func TestABarrierThatAFixMovesAStoreOverIsTheFixs(t *testing.T) {
	text, err := os.ReadFile("../internal/linetable/testdata/ring.c")
	require.NoError(t, err)
	const first, barrier, second = "\tr->length++;\n", "\t__asm__ volatile(\"dmb ishst\" : : : \"memory\");\n", "\tWRITE_ONCE(r->head, r->head + 1);\n"
	with := exampleOf(t, strings.Replace(string(text), first+second, first+barrier+second, 1))
	with.PatchText = header + "diff --git a/lib/ring.c b/lib/ring.c\n--- a/lib/ring.c\n+++ b/lib/ring.c\n@@ -14,5 +14,5 @@\n {\n " + first + "-" + second + " " + barrier + "+" + second + " }\n"
	a, err := analyser(t, scenario.Scope{}).Analyse(t.Context(), with, t.TempDir())
	require.NoError(t, err)
	require.Len(t, a.FixOrders, 2, "inlined into post() and flush(): %v", a.Code.Stops)
	require.Empty(t, a.Notes)
}

// What the fix's own lines order by is found wherever it was inlined, in the kernel
// that has them; other instructions that order are not the fix's.
func TestTheFixsOwnOrdersAreFound(t *testing.T) {
	with, without := withBarrier(t, "ishst")
	a, err := analyser(t, scenario.Scope{}).Analyse(t.Context(), with, t.TempDir())
	require.NoError(t, err)
	require.Len(t, a.FixOrders, 2, "inlined into post() and flush(): %v", a.Code.Stops)
	for _, addr := range a.FixOrders {
		i := slices.IndexFunc(a.Lines, func(l elfcode.Line) bool { return l.Addr == addr })
		require.Contains(t, a.Lines[i].Text, "dmb")
	}
	for _, s := range a.Code.Stops {
		require.Equal(t, strings.Contains(s.Text, "dmb"), s.Near, "%s %s", s.Symbol, s.Text)
	}
	require.Empty(t, a.Notes)
	a, err = analyser(t, scenario.Scope{}).Analyse(t.Context(), without, t.TempDir())
	require.NoError(t, err)
	require.NotEmpty(t, a.Scope)
	require.Empty(t, a.FixOrders)
}

// A line that calls what is inlined is the fix's with all that comes of it: a barrier that
// stands in a header that the fix does not change, as wq_has_sleeper()'s does. Calls of the
// same on other lines are not.
func TestTheFixsOrdersAreFoundInWhatItsLinesInline(t *testing.T) {
	text, err := os.ReadFile(example(t).Objects[0].Source)
	require.NoError(t, err)
	const call, head = "\tordered(r);\n", "/* inlined wherever it is called */\n"
	const inline = "static inline void really(void)\n{\n\t__asm__ volatile(\"dmb ish\" : : : \"memory\");\n}\nstatic inline void ordered(struct ring *r)\n{\n\treally();\n}\n"
	with := strings.Replace(string(text), head, inline+head, 1)
	with = strings.Replace(with, "\tr->length++;\n", "\tr->length++;\n"+call, 1)
	image := exampleOf(t, strings.Replace(with, "\treturn r->head;\n", call+"\treturn r->head;\n", 1))
	image.PatchText = header + "diff --git a/lib/ring.c b/lib/ring.c\n--- a/lib/ring.c\n+++ b/lib/ring.c\n@@ -14,4 +14,5 @@\n {\n \tr->length++;\n+" + call + " \tWRITE_ONCE(r->head, r->head + 1);\n }\n"
	a, err := analyser(t, scenario.Scope{Kernel: []string{"nothing"}}).Analyse(t.Context(), image, t.TempDir())
	require.NoError(t, err)
	require.Len(t, a.Code.Stops, 4, "three barriers, and one call: %v", a.Code.Stops)
	require.Len(t, a.FixOrders, 2, "inlined into post() and flush(): %v", a.Code.Stops)
	require.Empty(t, a.Notes)
}

// A fix may order loads alone: they are weighed as stores are.
func TestAFixThatOrdersLoadsAloneOrders(t *testing.T) {
	with, without := withBarrier(t, "ishld")
	a, err := analyser(t, scenario.Scope{}).Analyse(t.Context(), with, t.TempDir())
	require.NoError(t, err)
	require.NotEmpty(t, a.FixOrders)
	require.Empty(t, a.Notes)
	a, err = analyser(t, scenario.Scope{}).Analyse(t.Context(), without, t.TempDir())
	require.NoError(t, err)
	require.Empty(t, a.Notes)
}

// What a header's lines became is in the objects that include it.
func TestTheLinesOfAHeaderAreFoundWhereItIsIncluded(t *testing.T) {
	text, err := os.ReadFile("../internal/linetable/testdata/ring.c")
	require.NoError(t, err)
	const begin, end = "/* inlined wherever it is called */\n", "\nstatic"
	before, rest, ok := strings.Cut(string(text), begin)
	require.True(t, ok)
	inline, after, ok := strings.Cut(rest, "}\n")
	require.True(t, ok)
	inline = strings.Replace(inline, "\tr->length++;\n", "\tr->length++;\n\t__asm__ volatile(\"dmb ishst\" : : : \"memory\");\n", 1) + "}\n"
	dir := t.TempDir()
	kept := filepath.Join(dir, "ring.h")
	require.NoError(t, os.WriteFile(kept, []byte(inline), 0o644))
	image := exampleOf(t, before+"#line 1 \"include/ring.h\"\n"+inline+"#line 20 \"lib/ring.c\"\n"+after)
	image.Headers = []kernel.Header{{File: "include/ring.h", Source: kept}}
	image.PatchText = header + "diff --git a/include/ring.h b/include/ring.h\n--- a/include/ring.h\n+++ b/include/ring.h\n@@ -2,4 +2,5 @@\n {\n \tr->length++;\n+\t__asm__ volatile(\"dmb ishst\" : : : \"memory\");\n \tWRITE_ONCE(r->head, r->head + 1);\n }\n"
	a, err := analyser(t, scenario.Scope{}).Analyse(t.Context(), image, t.TempDir())
	require.NoError(t, err)
	require.ElementsMatch(t, []string{"post.constprop.0", "post.constprop.0.cold", "flush"}, a.Compared)
	require.Contains(t, scopeOf(a.Code), "body flush: include/ring.h:4 in hunk 1")
	require.Len(t, a.FixOrders, 2, "inlined into two: %v", a.Code.Stops)
}

func TestAPatchThatChangesNoCodeHasNoScope(t *testing.T) {
	image := example(t)
	for name, c := range map[string]struct{ patch, says string }{
		"none":            {"", "there is no patch"},
		"of another file": {header + "diff --git a/lib/x.c b/lib/x.c\n--- a/lib/x.c\n+++ b/lib/x.c\n@@ -1,2 +1,3 @@\n int a;\n+int c;\n int b;\n", "lib/x.c: the scope follows from lib/ring.c alone"},
		"of declarations": {header + "diff --git a/lib/ring.c b/lib/ring.c\n--- a/lib/ring.c\n+++ b/lib/ring.c\n@@ -5,5 +5,5 @@\n \n struct ring {\n-\tunsigned long head;\n+\tunsigned long head, length;\n \tunsigned long entries[8];\n };\n", "no code of lib/ring.c holds a line that the patch changes"},
	} {
		t.Run(name, func(t *testing.T) {
			image.PatchText = c.patch
			_, err := analyser(t, scenario.Scope{}).Analyse(t.Context(), image, t.TempDir())
			require.ErrorContains(t, err, c.says)
			require.Equal(t, fault.User, fault.KindOf(err))
			a, err := analyser(t, scenario.Scope{Kernel: []string{"nothing"}}).Analyse(t.Context(), image, t.TempDir())
			require.NoError(t, err, "a function is named")
			require.Equal(t, []string{"body nothing: named"}, scopeOf(a.Code))
		})
	}
	_, err := analyser(t, scenario.Scope{Kernel: []string{"nothin"}}).Analyse(t.Context(), example(t), t.TempDir())
	require.ErrorContains(t, err, "nothing", "what was probably meant")
}

// The scenario's own series says where the bug is in a tree that is tested as it is.
func TestATreeAsItIsHasTheScopeOfTheScenariosSeries(t *testing.T) {
	image := example(t)
	image.PatchText, image.Built.Variant = "", trial.AsIs
	r := analyser(t, scenario.Scope{})
	r.Config.Scenario.Patches = []scenario.Series{{FS: fstest.MapFS{"1.patch": {Data: []byte(fix)}}}}
	a, err := r.Analyse(t.Context(), image, t.TempDir())
	require.NoError(t, err)
	require.ElementsMatch(t, []string{"body post.constprop.0: lib/ring.c:16 in hunk 1", "body flush: lib/ring.c:16 in hunk 1", "body post.constprop.0.cold: a part of post.constprop.0"}, scopeOf(a.Code))
	require.Empty(t, a.Notes)
}

// A tree that has the scenario's fix has its orders, whoever says which tree that is.
func TestATreeAsItIsHasTheOrdersOfTheScenariosSeries(t *testing.T) {
	with, without := withBarrier(t, "ishst")
	for _, image := range []Image{with, without} {
		series := []scenario.Series{{FS: fstest.MapFS{"1.patch": {Data: []byte(image.PatchText)}}}}
		orders := map[bool]int{true: 2, false: 0}[image.Built.Variant == trial.Patched]
		image.PatchText, image.Built.Variant, image.Built.Key = "", trial.AsIs, string(image.Built.Variant)
		r := analyser(t, scenario.Scope{})
		r.Config.Scenario.Patches = series
		a, err := r.Analyse(t.Context(), image, t.TempDir())
		require.NoError(t, err)
		require.Len(t, a.FixOrders, orders, image.Built.Key)
	}
}

func TestAScopeInALine(t *testing.T) {
	var code trial.Code
	require.Empty(t, DescribeScope(code))
	for i := range 8 {
		code.Scope = append(code.Scope, trial.ScopeFunction{Symbol: fmt.Sprintf("f%d", i)})
	}
	require.Equal(t, "scope: f0, f1, f2, f3, f4, f5 and 2 more", DescribeScope(code))
	code.Scope = []trial.ScopeFunction{{Symbol: "f\x1b[2J"}}
	code.Stops = []trial.ScopeStop{{Kind: "call"}, {Kind: "barrier"}, {Kind: "call"}}
	require.Equal(t, `scope: f?[2J; in order there: 1 barrier, 2 call`, DescribeScope(code), "what comes from a binary is made safe")
	code.Stops[1] = trial.ScopeStop{Kind: "barrier", Near: true, Instruction: trial.Instruction{Text: "dmb ish", Source: "net/x.c:7"}}
	code.Stops = append(code.Stops, trial.ScopeStop{Kind: "call", Near: true, AtBoot: true})
	for range 3 {
		code.Stops = append(code.Stops, trial.ScopeStop{Kind: "call", Near: true, Instruction: trial.Instruction{Text: "bl g", Symbol: "f"}})
	}
	require.Equal(t, `scope: f?[2J; in order there: 1 barrier, 6 call; near the patch: dmb ish at net/x.c:7, bl g in f, bl g in f and 1 more`, DescribeScope(code))
}
