// SPDX-License-Identifier: Apache-2.0

package kernels

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"kcovrig/rig/arch"
	"kcovrig/rig/coderange"
	"kcovrig/rig/envtest"
	"kcovrig/rig/internal/kernel"
	"kcovrig/rig/scenario"
	"kcovrig/rig/trial"
)

// The functions of the patch, with what they call, hold the scope that the look for the
// two writes finds.
func TestRealScopeFromThePatch(t *testing.T) {
	envtest.Real(t, "reads built kernels")
	known, err := scenario.Load(scenario.Default)
	require.NoError(t, err)
	patched := known
	patched.Function, patched.Scope = "", scenario.Scope{Callers: 1}
	for build, line := range map[string]int{"arm64-unpatched": 986, "arm64-patched": 995, "arm64-clang-unpatched": 941, "arm64-clang-patched": 950} {
		t.Run(build, func(t *testing.T) {
			file := envtest.Kernel(t, build).File
			present := analyseBuild(t, known, build)
			caller := present.Code.Container
			require.NotEqual(t, known.Function, caller, "the function is inlined")
			require.Equal(t, []string{
				"caller " + caller + ": calls what does the first write, and does the second", "callee __memcpy: does the first write",
			}, scopeOf(present.Code))
			require.Empty(t, present.Code.Stops)

			found := analyseBuild(t, patched, build)
			scope := scopeOf(found.Code)
			require.Contains(t, scope, fmt.Sprintf("body %s: %s:%d in hunk 1", caller, file, line))
			require.Contains(t, scope, "callee __memcpy: called by "+caller+", and calls nothing out of the scope")
			require.Equal(t, present.Compared, found.Compared)
			for _, s := range present.Scope {
				require.True(t, slices.ContainsFunc(found.Scope, func(o coderange.Range) bool { return s.Start >= o.Start && s.End <= o.End }), "%v", s)
			}
			if variantOf(build) == trial.Patched {
				require.Equal(t, []string{"barrier dmb ishst"}, stopsAt(found.Code.Stops, fmt.Sprintf("%s:%d", file, line)))
				line -= 9 // of the copy's end to the barrier
			}
			require.Empty(t, stopsAt(found.Code.Stops, fmt.Sprintf("%s:%d", file, line-1)), "the copy is none")
		})
	}
}

// The variant that is the tree itself has no patch of its own: the other one's tells.
func TestRealScopeOfTheTreeItself(t *testing.T) {
	cache := envtest.Real(t, "builds kernels")
	row, err := arch.Lookup("arm64")
	require.NoError(t, err)
	known, err := scenario.Load(scenario.Default)
	require.NoError(t, err)
	source, err := openTree(t.Context(), Config{Spec: trial.Spec{Arch: row.Name}, Arch: row, Scenario: known, CacheDir: cache})
	require.NoError(t, err)
	defer func() { require.NoError(t, source.Close()) }()
	source.Analyser.Config.CacheDir = t.TempDir()
	named := source.Analyser
	source.Analyser.Config.Scenario.Function, source.Analyser.Config.Scenario.Patches = "", nil
	own := 0
	for _, v := range []trial.Variant{trial.Unpatched, trial.Patched} {
		image, err := source.Build(t.Context(), v)
		require.NoError(t, err)
		if image.PatchText != "" {
			own++
		}
		present, err := named.Analyse(t.Context(), image, t.TempDir())
		require.NoError(t, err)
		a, err := source.Analyse(t.Context(), image, t.TempDir())
		require.NoError(t, err)
		require.NotEmpty(t, a.Code.Container)
		require.Equal(t, present.Code.Container, a.Code.Container)
		at := slices.IndexFunc(a.Code.Scope, func(f trial.ScopeFunction) bool { return f.Symbol == a.Code.Container })
		require.Contains(t, a.Code.Scope[at].Why, "in hunk 1")
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

// variantOf is the variant that a build's name ends with, else the patched one.
func variantOf(build string) trial.Variant {
	if strings.HasSuffix(build, "-"+string(trial.Unpatched)) {
		return trial.Unpatched
	}
	return trial.Patched
}

func analyseBuild(t *testing.T, s scenario.Scenario, build string) Analysis {
	t.Helper()
	built := envtest.Kernel(t, build)
	row, err := arch.Lookup(built.Arch)
	require.NoError(t, err)
	a, err := Analyser{Config{Arch: row, CacheDir: t.TempDir(), Scenario: s}}.Analyse(t.Context(), Image{
		Built: trial.Image{Key: "key", Variant: variantOf(build)}, Vmlinux: built.Vmlinux, BuildDir: built.Out,
		Objects: []kernel.Object{{Name: built.Object, File: built.File, Path: filepath.Join(built.Out, built.Object), Debug: built.Debug, Source: built.Source}},
	}, t.TempDir())
	require.NoError(t, err)
	return a
}
