// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"debug/elf"
	"go/version"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"kcovrig/rig/arch"
	"kcovrig/rig/envtest"
	"kcovrig/rig/internal/kernel/kbuild"
	"kcovrig/rig/internal/kernel/variant"
	"kcovrig/rig/scenario"
	"kcovrig/rig/trial"
)

// configure makes of a scenario that comes with kcovrig what is particular to its kernels.
func configure(s scenario.Scenario, architecture string) Config {
	c := Config{MakeArgs: s.MakeArgs, Objects: s.Objects, Versions: s.Kernels, Fragments: []kbuild.Fragment{
		{Name: "all", Text: s.Fragments["all"]}, {Name: architecture, Text: s.Fragments[architecture]},
	}}
	for _, p := range s.Patches {
		c.Series = append(c.Series, variant.Series{Files: p.FS, Reverse: p.Reverse, Kernels: p.Kernels})
	}
	return c
}

// e2e returns settings for a real build, or skips.
func e2e(t *testing.T, name, tree string) Config {
	t.Helper()
	envtest.Real(t, "builds a kernel")
	a, err := arch.Lookup(name)
	require.NoError(t, err)
	cache := os.Getenv("KCOVRIG_CACHE")
	if cache == "" {
		cache = t.TempDir()
	}
	s, err := scenario.Load(scenario.Default)
	require.NoError(t, err)
	c := configure(s, name)
	c.Arch, c.Tree, c.CacheDir, c.Jobs = a, tree, cache, runtime.NumCPU()
	c.Progress = func(line string) { t.Log(line) }
	return c
}

func TestE2EBothVariants(t *testing.T) {
	for _, name := range arch.Names() {
		t.Run(name, func(t *testing.T) {
			c := e2e(t, name, os.Getenv("KCOVRIG_TREE"))
			tree, err := Open(t.Context(), c)
			require.NoError(t, err)
			defer tree.Close()
			texts := map[trial.Variant]string{}
			for _, v := range append(trial.Pair(), trial.Pair()...) {
				img, err := tree.Image(t.Context(), v)
				require.NoError(t, err)
				t.Logf("linux %s %s cached=%t: %v CPU, %v", img.Kernel.Version, v, img.Built.Cached, img.Built.CPUNS, img.Built.WallNS)
				for _, file := range []string{img.Built.Path, img.Vmlinux, img.Objects[0].Source, img.Objects[0].Path, img.Objects[0].Debug} {
					require.FileExists(t, file)
				}
				source, err := os.ReadFile(img.Objects[0].Source)
				require.NoError(t, err)
				require.Equal(t, v == trial.Patched, strings.Contains(string(source), "smp_wmb();"), "the variant's own source")
				text := section(t, img.Objects[0].Path, ".text")
				require.Equal(t, text, section(t, img.Objects[0].Debug, ".text"), "-g must not change the code")
				texts[v] = text
			}
			if !c.Arch.TSO {
				require.NotEqual(t, texts[trial.Unpatched], texts[trial.Patched])
			}
		})
	}
}

// TestE2ESupportedKernels configures the oldest and the newest kernel source at hand and
// compiles the one object that matters. Architectures that the emulator knows are left
// out: the tests of cmd/kcovrig build these kernels whole.
func TestE2ESupportedKernels(t *testing.T) {
	envtest.Real(t, "builds a kernel")
	trees, _ := filepath.Glob(filepath.Join("/usr/src", "linux-source-*.tar.*"))
	more, _ := filepath.Glob(filepath.Join(os.Getenv("KCOVRIG_TREES"), "linux-source-*.tar.*"))
	trees = append(trees, more...)
	require.GreaterOrEqual(t, len(trees), 2, "sources: scripts/setup source 5.10")
	slices.SortFunc(trees, func(a, b string) int { return version.Compare(release(a), release(b)) })
	for _, file := range []string{trees[0], trees[len(trees)-1]} {
		for _, name := range arch.Names() {
			if a, err := arch.Lookup(name); err == nil && a.Emulated {
				continue
			}
			t.Run(filepath.Base(file)+" "+name, func(t *testing.T) {
				t.Parallel()
				c := e2e(t, name, file)
				set, err := c.choice().Read(t.Context())
				require.NoError(t, err)
				c.Arch.ImageTarget = set.Units()[0].Object
				tree, err := Open(t.Context(), c)
				require.NoError(t, err)
				defer tree.Close()
				for _, v := range []trial.Variant{trial.Patched, trial.Unpatched} {
					_, err := tree.Image(t.Context(), v)
					require.ErrorContains(t, err, "make ended well and did not make "+c.Arch.ImagePath, "it was asked for the object alone")
					t.Log(v)
				}
			})
		}
	}
}

// release makes go1.5.10 of linux-source-5.10.tar.xz, which go/version can compare.
func release(file string) string {
	name, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(file), "linux-source-"), ".tar.")
	return "go1." + name
}

func section(t *testing.T, object, name string) string {
	t.Helper()
	f, err := elf.Open(object)
	require.NoError(t, err)
	defer f.Close()
	data, err := f.Section(name).Data()
	require.NoError(t, err)
	return string(data)
}
