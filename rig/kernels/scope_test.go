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
	"kcovrig/rig/envtest"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/kernel"
	"kcovrig/rig/internal/objcode"
	"kcovrig/rig/internal/proc"
	"kcovrig/rig/internal/weakmem"
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
	require.NoError(t, os.WriteFile(filepath.Join(dir, "start.c"), []byte("void broken(void) {}\nvoid leave(void) { broken(); }\nvoid _start(void) {}\n"), 0o644))
	for _, args := range [][]string{
		{"-c", "-o", "lib/ring.o", "lib/ring.c"}, {"-g", "-c", "-o", "debug.o", "lib/ring.c"},
		{"-nostdlib", "-static", "-no-pie", "-o", "vmlinux", "lib/ring.o", "start.c"},
	} {
		res, err := proc.Run(t.Context(), proc.Command{Path: compiler, Args: append([]string{"-O2", "-fno-pie", "-freorder-blocks-and-partition"}, args...), Dir: dir})
		require.NoError(t, err, res.Tail)
	}
	return Image{
		Image: trial.Image{Key: "key", Patched: true}, Vmlinux: filepath.Join(dir, "vmlinux"), BuildDir: dir,
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
	require.Empty(t, a.Notes)
	require.Equal(t, "unknown", a.Ordered)
	var stops []string
	for _, x := range a.Stops {
		stops = append(stops, fmt.Sprintf("%s %s: %s at %s", x.Symbol, x.Kind, x.Text, x.Source))
	}
	require.Equal(t, []string{"post.constprop.0.cold call: bl broken at lib/ring.c:26"}, stops)
	require.NotEmpty(t, a.Lines)
	require.Contains(t, DescribeScope(a.Code), "post.constprop.0")
}

// What the fix's own lines order by is found wherever it was inlined, in the kernel
// that has them; other instructions that order are not the fix's.
func TestTheFixsOwnOrdersAreFound(t *testing.T) {
	without := example(t)
	text, err := os.ReadFile(without.Objects[0].Source)
	require.NoError(t, err)
	const before, barrier = "\tr->length++;\n", "\t__asm__ volatile(\"dmb ishst\" : : : \"memory\");\n"
	with := exampleOf(t, strings.Replace(string(text), before, before+barrier, 1))
	with.PatchText = header + "diff --git a/lib/ring.c b/lib/ring.c\n--- a/lib/ring.c\n+++ b/lib/ring.c\n@@ -14,4 +14,5 @@\n {\n " + before + "+" + barrier + " \tWRITE_ONCE(r->head, r->head + 1);\n }\n"
	a, err := analyser(t, scenario.Scope{}).Analyse(t.Context(), with, t.TempDir())
	require.NoError(t, err)
	require.Len(t, a.FixOrders, 2, "inlined into post() and flush(): %v", a.Stops)
	for _, addr := range a.FixOrders {
		i := slices.IndexFunc(a.Lines, func(l objcode.Line) bool { return l.Addr == addr })
		require.Contains(t, a.Lines[i].Text, "dmb")
	}
	without.Image.Patched, without.PatchText = false, with.PatchText
	a, err = analyser(t, scenario.Scope{}).Analyse(t.Context(), without, t.TempDir())
	require.NoError(t, err)
	require.NotEmpty(t, a.Scope)
	require.Empty(t, a.FixOrders)
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
	require.Len(t, a.FixOrders, 2, "inlined into two: %v", a.Stops)
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
	image.PatchText, image.Patched, image.AsIs = "", false, true
	r := analyser(t, scenario.Scope{})
	r.Config.Scenario.Patches = []scenario.Series{{FS: fstest.MapFS{"1.patch": {Data: []byte(fix)}}}}
	a, err := r.Analyse(t.Context(), image, t.TempDir())
	require.NoError(t, err)
	require.ElementsMatch(t, []string{"body post.constprop.0: lib/ring.c:16 in hunk 1", "body flush: lib/ring.c:16 in hunk 1", "body post.constprop.0.cold: a part of post.constprop.0"}, scopeOf(a.Code))
	require.Empty(t, a.Notes)
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
}

// The functions of kcov's patch hold the scope that the look for its two writes finds,
// but for the copy itself: that the emulator would drain at its call is said.
func TestRealScopeFromKcovsPatch(t *testing.T) {
	envtest.Real(t, "reads built kernels")
	known, err := scenario.Load("kcov")
	require.NoError(t, err)
	patched := known
	patched.Function, patched.Scope = "", scenario.Scope{Callers: 1}
	whole := patched
	whole.Scope.Callees = []string{"__memcpy"}
	for build, line := range map[string]int{"arm64-unpatched": 986, "arm64-patched": 995, "arm64-clang-unpatched": 986, "arm64-clang-patched": 995} {
		t.Run(build, func(t *testing.T) {
			present := analyseBuild(t, known, build)
			require.Equal(t, []string{
				"caller kcov_remote_stop: calls what does the first write, and does the second", "callee __memcpy: does the first write",
			}, scopeOf(present.Code))
			require.Empty(t, present.Stops)

			found := analyseBuild(t, patched, build)
			require.Equal(t, []string{fmt.Sprintf("body kcov_remote_stop: kernel/kcov.c:%d in hunk 1", line)}, scopeOf(found.Code))
			require.Equal(t, present.Compared, found.Compared)
			outside := slices.DeleteFunc(slices.Clone(present.Scope), func(s weakmem.Scope) bool {
				return s.Start >= found.Scope[0].Start && s.End <= found.Scope[0].End
			})
			require.Len(t, outside, 1)
			require.Equal(t, "__memcpy", outside[0].Symbol)
			stops := stopsAt(found.Stops, "kernel/kcov.c:985")
			require.Equal(t, []string{"call bl __memcpy"}, stops)
			if line == 995 {
				require.Equal(t, []string{"barrier dmb ishst"}, stopsAt(found.Stops, "kernel/kcov.c:995"))
			}

			named := analyseBuild(t, whole, build)
			require.Empty(t, stopsAt(named.Stops, "kernel/kcov.c:985"))
			require.Equal(t, outside[0], named.Scope[1], "the copy, as a callee")
		})
	}
}

// The variant that is the tree itself has no patch of its own: the other one's tells.
func TestRealScopeOfTheTreeItself(t *testing.T) {
	cache := envtest.Real(t, "builds kernels")
	row, err := arch.Lookup("arm64")
	require.NoError(t, err)
	known, err := scenario.Load("kcov")
	require.NoError(t, err)
	source, err := openTree(t.Context(), Config{Spec: trial.Spec{Arch: row.Name}, Arch: row, Scenario: known, CacheDir: cache})
	require.NoError(t, err)
	defer func() { require.NoError(t, source.Close()) }()
	source.Analyser.Config.CacheDir = t.TempDir()
	source.Analyser.Config.Scenario.Function, source.Analyser.Config.Scenario.Patches = "", nil
	own := 0
	for _, v := range []trial.Variant{trial.Unpatched, trial.Patched} {
		image, err := source.Build(t.Context(), v)
		require.NoError(t, err)
		if image.PatchText != "" {
			own++
		}
		a, err := source.Analyse(t.Context(), image, t.TempDir())
		require.NoError(t, err)
		require.Equal(t, "kcov_remote_stop", a.Code.Scope[0].Symbol)
		require.Contains(t, a.Code.Scope[0].Why, "in hunk 1")
	}
	require.Equal(t, 1, own, "one of them is the tree")
}

func stopsAt(stops []trial.ScopeStop, source string) (out []string) {
	for _, s := range stops {
		if s.Source == source {
			out = append(out, s.Kind+" "+s.Text)
		}
	}
	return out
}

func analyseBuild(t *testing.T, s scenario.Scenario, build string) Analysis {
	t.Helper()
	row, err := arch.Lookup("arm64")
	require.NoError(t, err)
	entry, err := filepath.EvalSymlinks(filepath.Join(os.Getenv("KCOVRIG_E2E_BUILDS"), build))
	require.NoError(t, err, "KCOVRIG_E2E_BUILDS names no built kernels: run scripts/test")
	out := filepath.Join(entry, "out")
	a, err := Analyser{Config{Arch: row, CacheDir: t.TempDir(), Scenario: s}}.Analyse(t.Context(), Image{
		Image: trial.Image{Key: "key", Patched: !strings.HasSuffix(build, "-unpatched")}, Vmlinux: filepath.Join(out, "vmlinux"), BuildDir: out,
		Objects: []kernel.Object{{
			Name: "kernel/kcov.o", File: "kernel/kcov.c", Path: filepath.Join(out, "kernel/kcov.o"), Debug: filepath.Join(entry, "debug.o"), Source: filepath.Join(entry, "kcov.c"),
		}},
	}, t.TempDir())
	require.NoError(t, err)
	return a
}
