// SPDX-License-Identifier: Apache-2.0

package author

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/fault"
	"kcovrig/rig/internal/kernel/kbuild"
	"kcovrig/rig/internal/kernel/variant"
	"kcovrig/rig/internal/program"
	"kcovrig/rig/kernels"
	"kcovrig/rig/rigtest"
	"kcovrig/rig/scenario"
	"kcovrig/rig/trial"
)

// facts are a tree's, as a test has them.
type facts struct {
	has  bool
	err  error
	lost []kbuild.Lost
	set  map[string]string
	make map[string]string // Makefiles, by their folders
}

func (facts) Linux() string { return "6.12.117" }
func (f facts) HasFix(context.Context, []variant.Series) (bool, error) {
	return f.has, f.err
}
func (f facts) Configure(context.Context) (kbuild.Configured, error) {
	return kbuild.Configured{Lost: f.lost, Settings: f.set}, nil
}
func (facts) Symbols() (map[string]string, error) {
	return map[string]string{"INET": "net/Kconfig", "TLS": "net/tls/Kconfig", "TLRS": "arch/x86/Kconfig"}, nil
}
func (f facts) ReadFile(path string) (string, error) {
	text, there := f.make[strings.TrimSuffix(path, "/Makefile")]
	if !there && path != "net/tls/tls_sw.c" {
		return "", fs.ErrNotExist
	}
	return text, nil
}
func (facts) Close() error { return nil }

const good = `kcovrig: scenario/1
name: mine
title: a title
fix: [fix.patch]
config: |
  CONFIG_INET=y
  CONFIG_TLS=y
scope: {kernel: [helper]}
workload:
  source: mine.c
detect:
  - oops: victim
`

// folder writes a scenario; change are pairs of what is replaced in its file.
func folder(t *testing.T, change ...string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"scenario.yaml": strings.NewReplacer(change...).Replace(good), "fix.patch": string(tlsPatch(t).Text), "mine.c": "int main(void) { return 0; }\n",
		"bad.patch": "no patch\n", "headers.patch": "--- a/include/x.h\n+++ b/include/x.h\n@@ -1 +1,2 @@\n a\n+b\n",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	return dir
}

// looked checks a folder in a lab, where the tree tells f.
func looked(t *testing.T, dir string, f facts, change func(*CheckRequest)) Checked {
	t.Helper()
	lab := rigtest.NewLab(rigtest.Guest{}, rigtest.Guest{})
	o := CheckRequest{Config: lab.Config(t), Open: func(context.Context, kernels.Config) (Facts, error) { return f, nil }}
	o.Spec.Modes, o.Spec.Readers, o.Spec.Scenario = nil, nil, dir
	o.Tools.Program = func(context.Context, program.Config) ([]byte, error) { return armELF(t), nil }
	lab.Kernel = functions("helper", "victim")
	if change != nil {
		change(&o)
	}
	got, err := Check(t.Context(), o)
	require.NoError(t, err)
	for i, f := range got.Remarks {
		got.Remarks[i].File = strings.TrimPrefix(f.File, dir+"/")
	}
	return got
}

// functions are some of a kernel's.
func functions(names ...string) (all []rigtest.Function) {
	for i, name := range names {
		all = append(all, rigtest.Nops(name, 0x1000+uint64(i)*16, 4))
	}
	return all
}

// kernelsWith gives the request kernels that have these functions alone.
func kernelsWith(t *testing.T, o *CheckRequest, names ...string) {
	t.Helper()
	lab := rigtest.NewLab(rigtest.Guest{}, rigtest.Guest{})
	lab.Kernel, o.Kernels = functions(names...), lab.Config(t).Kernels
}

// armELF is as much of a static arm64 program as is looked at.
func armELF(t *testing.T) []byte {
	t.Helper()
	head := make([]byte, 64)
	copy(head, "\x7fELF\x02\x01\x01")
	head[16], head[18], head[20], head[52] = 2, 183, 1, 64
	return head
}

func TestAScenarioWithNothingWrongIsSaidToBe(t *testing.T) {
	got := looked(t, folder(t), facts{}, nil)
	assert.True(t, got.OK, "%+v", got.Remarks)
	assert.Equal(t, Lacks, got.Side)
	assert.Len(t, got.Kernels, 2)
	assert.Equal(t, 64, got.Program)
	got = looked(t, folder(t), facts{has: true}, func(o *CheckRequest) { o.NoBuild = true })
	assert.True(t, got.OK)
	assert.Equal(t, Has, got.Side)
	assert.Empty(t, got.Kernels)
	assert.Len(t, got.Skipped, 1)
}

// A tree that a scenario is not for is another answer than one that something is wrong.
func TestATreeOfAnotherVersionIsSaidToBeThat(t *testing.T) {
	noBuild := func(o *CheckRequest) { o.NoBuild = true }
	assert.False(t, looked(t, folder(t), facts{}, noBuild).NotFor)
	got := looked(t, folder(t, "config: |", "kernels: \"<5.0\"\nconfig: |"), facts{}, noBuild)
	assert.True(t, got.NotFor, "%+v", got.Remarks)
	assert.False(t, got.OK)
	got = looked(t, folder(t, "config: |", "kernels: \"<5.0\"\nconfig: |\n  CONFIG_NOT_THERE=y"), facts{lost: []kbuild.Lost{{Name: "CONFIG_NOT_THERE", Value: "y"}}}, noBuild)
	assert.False(t, got.NotFor, "something else is wrong, too: %+v", got.Remarks)
}

// An object of a slip's name is looked for in vain, which else nothing says.
func TestAnObjectThatTheTreeHasNoSourceOfIsSaid(t *testing.T) {
	got := looked(t, folder(t, "config: |", "objects: [net/tls/tls_sw.o, net/tls/tls_sv.o]\nconfig: |"), facts{}, func(o *CheckRequest) { o.NoBuild = true })
	assert.True(t, got.OK)
	require.Len(t, got.Remarks, 1)
	assert.Equal(t, Remark{Level: Note, File: "scenario.yaml", Line: 5, Col: 29, Text: "linux 6.12.117 has no net/tls/tls_sv.c: nothing is looked at there"}, got.Remarks[0])
}

// compiling is a compiler that fails and says so.
func compiling(said string) func(*CheckRequest) {
	return func(o *CheckRequest) {
		o.Tools.Program = func(context.Context, program.Config) ([]byte, error) {
			return nil, &fault.Error{Kind: fault.User, Err: errors.New("exit status 1"), Tail: said}
		}
	}
}

func TestAllThatIsWrongIsSaidWithItsPlace(t *testing.T) {
	compilerSays := &fault.Error{Kind: fault.User, Err: errors.New("exit status 1"), Tail: "mine.c:3:5: warning: w\nmine.c:4:9: error: 'x' undeclared\nld: undefined reference to `y'\n"}
	lost := facts{
		lost: []kbuild.Lost{{Name: "CONFIG_INET", Value: "y", Is: "n", Unmet: []string{"NET (NET=n)"}}, {Name: "CONFIG_TLSS", Value: "y"}, {Name: "CONFIG_OTHER", Value: "n", Is: "y"}, {Name: "CONFIG_TLRS", Value: "y"}},
		err:  &trial.NotApplicable{Why: "no series", Tries: []trial.Tried{{Series: "fix.patch", On: "hunk 1", Off: "hunk 2", Near: trial.Patched}}},
	}
	known, err := scenario.Load(scenario.Default)
	require.NoError(t, err)
	for name, c := range map[string]struct {
		change []string
		facts  facts
		with   func(*CheckRequest)
		want   []string
	}{
		"the file":               {change: []string{"name: mine", "name: Mine", "fix.patch", "../x"}, want: []string{"2:7: name", "4:7: fix"}},
		"files that are missing": {change: []string{"fix.patch", "none.patch", "mine.c", "none.c"}, want: []string{"4:7: fix[0]: ", "10:11: workload.source: "}},
		"patches":                {change: []string{"[fix.patch]", "[bad.patch, headers.patch]"}, want: []string{"4:7: read patch"}},
		"headers":                {change: []string{"fix.patch", "headers.patch"}, want: []string{"4:6: it changes include/x.h"}},
		"a workload": {change: []string{"source: mine.c", "builtin: x" + known.Workload}, want: []string{
			"10:3: workload.builtin: it needs modes too", "10:3: workload.builtin: it needs readers too", fmt.Sprintf("10:12: unknown workload.builtin \"x%[1]s\"; did you mean %[1]q?", known.Workload),
		}},
		"what is left to do": {change: []string{"title: a", "# TODO(you): think\ntitle: a"}, want: []string{"3:3: think"}},
		"tree and program": {change: []string{"CONFIG_TLS=", "CONFIG_TLSS="}, facts: lost, with: func(o *CheckRequest) {
			o.Tools.Program = func(context.Context, program.Config) ([]byte, error) { return nil, compilerSays }
		}, want: []string{
			"mine.c:3:5: w", "mine.c:4:9: 'x' undeclared", "4:7: fix.patch neither applies to linux 6.12.117 (hunk 1) nor reverse-applies (hunk 2); with less context it comes off, so the tree seems to have the fix", "6:3: CONFIG_INET=y does not stay: it is n (net/Kconfig); it depends on NET (NET=n)",
			"7:3: linux 6.12.117 has no CONFIG_TLSS; did you mean CONFIG_TLS?", "10:3: the program does not link: nothing defines y", "linux 6.12.117 has no CONFIG_OTHER; kcovrig's own",
			"CONFIG_TLRS=y does not stay: it is none of arm64's (arch/x86/Kconfig)",
		}},
		"patches for other kernels": {
			facts: facts{err: &trial.NotApplicable{Why: "no series", Tries: []trial.Tried{{Series: "fix.patch", For: "<6.0"}}}},
			want:  []string{"4:6: none of its entries is for linux 6.12.117", "4:7: fix.patch is for kernels <6.0"},
		},
		"patches of files that it lacks": {facts: facts{err: &trial.NotApplicable{Why: "no net/x.c", Tries: []trial.Tried{}}}, want: []string{"no net/x.c"}},
		"a program of another machine": {with: func(o *CheckRequest) {
			o.Tools.Program = func(context.Context, program.Config) ([]byte, error) { return []byte("#!/bin/sh"), nil }
		}, want: []string{"10:3: the program is no ELF"}},
		"a system call of another architecture": {with: compiling("mine.c:3:5: error: '__NR_pipe' undeclared (first use in this function)\n"), want: []string{"mine.c:3:5: '__NR_pipe' undeclared (first use in this function); linux has no such system call on arm64: make the one in its place, such as pipe2 for pipe"}},
		"a header that is not the scenario's":   {with: compiling("/else/where.h:3:5: error: unknown type name 'x'\n"), want: []string{"\n/else/where.h:3:5: unknown type name 'x'"}},
		"names":                                 {with: func(o *CheckRequest) { kernelsWith(t, o, "helper", "victims") }, want: []string{"12:11: neither kernel has a function victim; what would match: victims"}},
	} {
		got := looked(t, folder(t, c.change...), c.facts, c.with)
		assert.False(t, got.OK, name)
		text := "\n"
		for _, f := range got.Remarks {
			text += (f.File + ":" + place(f) + ": " + f.Text + "\n")
		}
		for _, want := range c.want {
			assert.Contains(t, text, want, name)
		}
		assert.Len(t, got.Remarks, len(c.want), "%s: %s", name, text)
	}
}

func TestWhatASignAsksOfTheConfigurationIsNoted(t *testing.T) {
	notes := func(change ...string) (texts []string) {
		got := looked(t, folder(t, change...), facts{}, func(o *CheckRequest) { o.NoBuild = true })
		assert.True(t, got.OK, "%+v", got.Remarks)
		for _, f := range got.Remarks {
			texts = append(texts, place(f)+" "+f.Text)
		}
		return texts
	}
	hang := []string{"  - oops: victim", "  - {hang: 2s, in: victim}\n  - warn"}
	assert.Empty(t, notes(hang...), "all kernels of programs have it")
	got := notes(append(hang, "  CONFIG_TLS=y", "  CONFIG_TLS=y\n  # CONFIG_STACKTRACE is not set\n  CONFIG_DEBUG_FS=n")...)
	require.Len(t, got, 2)
	assert.Contains(t, got[0], "14:20 without CONFIG_STACKTRACE=y")
	assert.Contains(t, got[1], "15:5 without CONFIG_DEBUG_FS=y")
	got = notes("  - oops: victim", "  - bug: victim")
	require.Len(t, got, 1)
	assert.Contains(t, got[0], "12:5 after a BUG() arm64 kernels warn")
	assert.Empty(t, notes("  - oops: victim", "  - {bug: victim, after: reboot}"))
}

// What the configuration leaves out is told before a build, which would fail at its end.
func TestAConfigurationThatCompilesNoCodeOfTheFixIsToldBeforeABuild(t *testing.T) {
	const objects = "config: |"
	of := map[string]string{"net": "obj-$(CONFIG_TLS) += tls/\n", "net/tls": "obj-$(CONFIG_TLS) += tls.o\ntls-y := tls_main.o\ntls-$(CONFIG_TLS_DEVICE) += tls_sw.o\n", "Makefile": "obj-y += net/\n"}
	check := func(f facts, change ...string) (said []string) {
		for _, r := range looked(t, folder(t, change...), f, func(o *CheckRequest) { o.NoBuild = true }).Remarks {
			said = append(said, string(r.Level)+" "+place(r)+" "+r.Text)
		}
		return said
	}
	on := map[string]string{"CONFIG_TLS": "y"}
	assert.Empty(t, check(facts{make: of, set: on}))
	assert.Empty(t, check(facts{set: map[string]string{}}), "where no Makefile says it")
	got := check(facts{make: of, set: map[string]string{"CONFIG_TLS": "m"}})
	require.Len(t, got, 1)
	assert.Equal(t, string(Wrong)+" 5:9 the kernel has no code of the fix: net/tls/tls_main.c is compiled where CONFIG_TLS=y, which it is not here (net/tls/Makefile)", got[0])
	got = check(facts{make: of, set: on}, objects, "objects: [net/tls/tls_sw.o]\n"+objects)
	require.Len(t, got, 1)
	assert.Contains(t, got[0], " net/tls/tls_sw.c is compiled where CONFIG_TLS_DEVICE=y, which it is not here (net/tls/Makefile): nothing is looked at there")
	got = check(facts{make: of, set: map[string]string{"CONFIG_TLS": "n", "CONFIG_TLS_DEVICE": "y"}}, objects, "objects: [net/ring.o]\n"+objects)
	require.Len(t, got, 1+1)
	assert.Contains(t, got[1], "6:9 of the fix the kernel has code in objects alone: net/tls/tls_main.c is compiled where CONFIG_TLS=y")

	twice := map[string]string{"net": of["net"], "Makefile": of["Makefile"], "net/tls": "obj-$(CONFIG_TLS) += tls_main.o\nobj-$(CONFIG_OTHER) += tls_main.o\n"}
	assert.Empty(t, check(facts{make: twice, set: map[string]string{"CONFIG_OTHER": "y"}}), "either may")
	twice = map[string]string{"net": "obj-$(CONFIG_INET) += tls/\n" + of["net"], "Makefile": of["Makefile"], "net/tls": of["net/tls"]}
	assert.Empty(t, check(facts{make: twice, set: on}), "either folder may")
}

func place(f Remark) string {
	return strings.Join([]string{strconv.Itoa(f.Line), strconv.Itoa(f.Col)}, ":")
}

// unscoped are kernels in which the scope cannot be found.
type unscoped struct{ kernels.Source }

func (unscoped) Analyse(_ context.Context, image kernels.Image, _ string) (kernels.Analysis, error) {
	return kernels.Analysis{}, &fault.Error{Kind: fault.User, Op: "find the scope", Err: errors.New(image.Vmlinux + " has no code of it"), Try: "another scope"}
}

func TestAScopeThatIsNotThereIsSaidByTheNamesThatAreMissing(t *testing.T) {
	open := func(o *CheckRequest) {
		lab := o.Kernels
		o.Kernels = func(ctx context.Context, cfg kernels.Config) (kernels.Source, error) {
			source, err := lab(ctx, cfg)
			return unscoped{source}, err
		}
	}
	got := looked(t, folder(t), facts{}, open)
	require.Len(t, got.Remarks, 2)
	assert.Equal(t, Remark{Wrong, "scenario.yaml", 8, 8, "find the scope: the unpatched kernel has no code of it (try: another scope)"}, got.Remarks[0])
	got = looked(t, folder(t), facts{}, func(o *CheckRequest) {
		kernelsWith(t, o, "victim")
		open(o)
	})
	require.Len(t, got.Remarks, 1)
	assert.Equal(t, Remark{Wrong, "scenario.yaml", 8, 18, "neither kernel has a function helper, nor anything like it among 1"}, got.Remarks[0])
	assert.Equal(t, []string{
		"the scope in the unpatched kernel: it was not found", "the scope in the patched kernel: it was not found",
		"whether the kernels' code differs where the bug is: that takes both, and the scope of each",
		"the program in the guest: it runs in the unpatched kernel, with its scope",
	}, got.Skipped)
}

func TestAWrongNameOfASignLeavesNothingOut(t *testing.T) {
	got := looked(t, folder(t), facts{}, func(o *CheckRequest) { kernelsWith(t, o, "helper", "victims") })
	assert.Len(t, got.Remarks, 1)
	assert.Len(t, got.Kernels, 2)
	assert.NotNil(t, got.Tried)
	assert.Empty(t, got.Skipped)
}

func TestWhatAKernelThatDoesNotBuildLeavesOutIsSaid(t *testing.T) {
	got := looked(t, folder(t), facts{}, func(o *CheckRequest) {
		lab := rigtest.NewLab(rigtest.Guest{}, rigtest.Guest{})
		lab.Broken = func(kernels.Config, trial.Variant) error {
			return &fault.Error{Kind: fault.Kernel, Err: errors.New("make failed"), Tail: "net/x.c:3: error"}
		}
		o.Kernels = lab.Config(t).Kernels
	})
	require.Len(t, got.Remarks, 1)
	assert.Contains(t, got.Remarks[0].Text, "the unpatched kernel does not build: make failed: net/x.c:3: error")
	require.Len(t, got.Skipped, 3)
	assert.Equal(t, "the functions that are named, the scope, and the patched kernel: the unpatched kernel does not build", got.Skipped[0])
}

func TestAPatchThatIsNoneLeavesTheTreesSideOpen(t *testing.T) {
	got := looked(t, folder(t, "fix.patch", "bad.patch"), facts{}, nil)
	assert.Empty(t, got.Side)
	assert.Contains(t, got.Skipped, "whether the tree has the fix: the fix itself is wrong")
}

func TestAPatchThatTheTreeHasAmongOtherLinesIsSaidToBeThere(t *testing.T) {
	err := &trial.NotApplicable{Tries: []trial.Tried{{On: "hunk 1"}}}
	assert.Equal(t, "hunk 1", why(err))
	err.Tries[0].Near = trial.Patched
	assert.Contains(t, why(err), "take a tree from before the fix")
}

func TestKernelsWithTheSameCodeAreWrong(t *testing.T) {
	got := looked(t, folder(t), facts{}, func(o *CheckRequest) {
		lab := rigtest.NewLab(rigtest.Guest{}, rigtest.Guest{})
		lab.Same, lab.Kernel = trial.CodeSame, functions("helper", "victim")
		o.Kernels = lab.Open
	})
	require.Len(t, got.Remarks, 1)
	assert.Contains(t, got.Remarks[0].Text, "the same code")
}

// What is no fault of the scenario's is no remark: the check itself failed.
func TestAFaultOfTheRigIsNoRemark(t *testing.T) {
	lab := rigtest.NewLab(rigtest.Guest{}, rigtest.Guest{})
	o := CheckRequest{Config: lab.Config(t), Open: func(context.Context, kernels.Config) (Facts, error) {
		return nil, fault.Newf(fault.Rig, "open the tree", "the disk is full")
	}}
	o.Spec.Modes, o.Spec.Readers, o.Spec.Scenario = nil, nil, folder(t)
	o.Tools.Program = func(context.Context, program.Config) ([]byte, error) { return armELF(t), nil }
	got, err := Check(t.Context(), o)
	assert.Equal(t, fault.Rig, fault.KindOf(err))
	assert.False(t, got.OK)
	o.Spec.Scenario = "none"
	_, err = Check(t.Context(), o)
	assert.ErrorContains(t, err, "unknown scenario")
}
