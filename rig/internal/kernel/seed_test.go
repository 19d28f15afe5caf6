// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/disk"
	"kcovrig/rig/internal/kernel/kbuild"
	"kcovrig/rig/internal/kernel/store"
	"kcovrig/rig/trial"
)

// dependOn puts command files into a build folder, as if objects had been made there:
// each depends on the setting of its name.
func dependOn(t *testing.T, out string, settings ...string) {
	t.Helper()
	for _, s := range settings {
		file := filepath.Join(out, "lib", "."+s+".o.cmd")
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		text := "savedcmd_lib/x.o := gcc\n\nsource_lib/x.o := x.c\n\ndeps_lib/x.o := \\\n  x.h \\\n    $(wildcard include/config/" + s + ") \\\n"
		require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
	}
}

// seededRig has built one family whose objects depend on three settings, and tells how
// another one is to be configured.
func seededRig(t *testing.T) (next Config, first Image, fake string, told *[]string) {
	t.Helper()
	c, fake := fakeRig(t)
	first, err := openTree(t, c).Image(t.Context(), trial.Unpatched)
	require.NoError(t, err)
	dependOn(t, first.BuildDir, "RING", "NET", "ZED")
	told = &[]string{}
	c.Progress = func(line string) { *told = append(*told, line) }
	c.Fragments = []kbuild.Fragment{{Name: "all", Text: "CONFIG_RING=y\nCONFIG_NET=n\nCONFIG_ZED=y\n"}}
	return c, first, fake, told
}

func recordOf(t *testing.T, c Config, img Image) record {
	t.Helper()
	var r record
	require.True(t, store.ReadJSON(filepath.Join(store.Store{Dir: c.CacheDir}.Build(img.Built.Key), "image.json"), &r))
	return r
}

func TestAnotherConfigurationStartsFromAFolderThatSharesObjects(t *testing.T) {
	c, first, fake, told := seededRig(t)
	before, err := os.ReadFile(filepath.Join(first.BuildDir, ".config"))
	require.NoError(t, err)
	img, err := openTree(t, c).Image(t.Context(), trial.Unpatched)
	require.NoError(t, err)
	require.Equal(t, "allnoconfig olddefconfig Image allnoconfig olddefconfig Image reused stale", calls(t, fake))
	require.Contains(t, *told, "starting from the folder of build "+first.Built.Key[:12]+", another configuration: 2 of its 3 objects can stay")
	require.FileExists(t, filepath.Join(img.BuildDir, "lib", ".NET.o.cmd"))

	config, err := os.ReadFile(filepath.Join(img.BuildDir, ".config"))
	require.NoError(t, err)
	require.Equal(t, "# CONFIG_NET is not set\nCONFIG_RING=y\nCONFIG_ZED=y\n", string(config), "its own")
	after, err := os.ReadFile(filepath.Join(first.BuildDir, ".config"))
	require.NoError(t, err)
	require.Equal(t, before, after, "the folder that was copied")

	r := recordOf(t, c, img)
	require.Equal(t, first.Built.Key, r.Seed)
	require.Zero(t, r.Steps, "no measure for a build that starts from nothing")
	entries, err := List(t.Context(), c.CacheDir)
	require.NoError(t, err)
	abouts := ""
	for _, e := range entries {
		abouts += e.About + "\n"
	}
	require.Contains(t, abouts, "linux 6.12.3 arm64 unpatched, started from "+first.Built.Key[:12]+"\n")
}

func TestWhereFewObjectsCanStayABuildStartsFromNothing(t *testing.T) {
	c, _, fake, told := seededRig(t)
	c.Fragments = []kbuild.Fragment{{Name: "all", Text: "CONFIG_RING=y\nCONFIG_NET=y\nCONFIG_ZED=y\n"}}
	first := strings.TrimSpace(calls(t, fake))
	builds, err := filepath.Glob(filepath.Join(c.CacheDir, "builds", "*", "out"))
	require.NoError(t, err)
	for _, dir := range []string{"mm", "fs"} { // with those of seededRig, RING's is one of five
		dependOn(t, filepath.Join(builds[0], dir), "NET")
	}
	img, err := openTree(t, c).Image(t.Context(), trial.Unpatched)
	require.NoError(t, err)
	require.Equal(t, first+" allnoconfig olddefconfig Image", calls(t, fake))
	require.NotContains(t, strings.Join(*told, "\n"), "starting from")
	require.Contains(t, strings.Join(*told, "\n"), "building from nothing: no build in the cache will do as a start (1 of another configuration, for which 1 of 5 objects could stay (build ")
	require.Empty(t, recordOf(t, c, img).Seed)
}

func TestABuildThatFailsInAnotherFamilysFolderStartsFromNothing(t *testing.T) {
	c, first, fake, told := seededRig(t)
	picky := strings.Replace(fakeMake, "mkdir -p", "[ -e \"$cmd\" ] && { echo 'x.c:1: error: no'; exit 2; }\nmkdir -p", 1)
	require.NoError(t, os.WriteFile(filepath.Join(fake, "bin/make"), []byte(picky), 0o755))
	img, err := openTree(t, c).Image(t.Context(), trial.Unpatched)
	require.NoError(t, err)
	require.Equal(t, "allnoconfig olddefconfig Image allnoconfig olddefconfig Image reused allnoconfig olddefconfig Image", calls(t, fake))
	log := strings.TrimSuffix(img.Built.Log, ".log") + ".seeded.log"
	require.Contains(t, *told, "the build that started from build "+first.Built.Key[:12]+" failed (log: "+log+"); building from nothing")
	require.FileExists(t, log)
	require.NoFileExists(t, filepath.Join(img.BuildDir, "lib", ".NET.o.cmd"), "nothing of the folder that was left")
	require.Empty(t, recordOf(t, c, img).Seed)

	require.NoError(t, os.WriteFile(filepath.Join(fake, "fail"), []byte("y.c:1: error: broken\n"), 0o644))
	c.Fragments = []kbuild.Fragment{{Name: "all", Text: "CONFIG_RING=y\nCONFIG_NET=n\nCONFIG_ZED=m\n"}}
	_, err = openTree(t, c).Image(t.Context(), trial.Unpatched)
	require.ErrorContains(t, err, "build linux 6.12.3", "the tree is to blame where both fail")
}

// A folder helps only where all but the configuration and the patch are the same, and
// nobody has it for themselves.
func TestWhatIsNoStartForAnotherConfiguration(t *testing.T) {
	for why, spoil := range map[string]func(t *testing.T, c Config, img Image, r *record){
		"1 of another tree, linux 6.12.3": func(_ *testing.T, _ Config, _ Image, r *record) { r.TreeHash = "x" },
		"1 for x86_64":                    func(_ *testing.T, _ Config, _ Image, r *record) { r.Arch = "x86_64" },
		"1 by another compiler, gcc 9":    func(_ *testing.T, _ Config, _ Image, r *record) { r.Compiler = "gcc 9" },
		"1 by another version of kcovrig": func(_ *testing.T, _ Config, _ Image, r *record) { r.Format = cacheFormat + 1 },
		"1 older than this copy of the tree": func(_ *testing.T, _ Config, _ Image, r *record) {
			r.Built = r.Built.Add(-time.Hour)
		},
		"1 later than the clock, which was set back": func(_ *testing.T, _ Config, _ Image, r *record) {
			r.Built = r.Built.Add(time.Hour)
		},
		"1 being removed": func(t *testing.T, c Config, img Image, _ *record) {
			l, err := disk.OpenLock(store.Store{Dir: c.CacheDir}.LockPath("build", img.Built.Key))
			require.NoError(t, err)
			t.Cleanup(func() { _ = l.Close() })
			require.NoError(t, l.Wait(t.Context(), true, func() {}))
		},
		"1 of another configuration, for which 0 of 0 objects could stay": func(t *testing.T, _ Config, img Image, _ *record) {
			require.NoError(t, os.Remove(filepath.Join(img.BuildDir, ".config")))
		},
	} {
		t.Run(why, func(t *testing.T) {
			c, fake := fakeRig(t)
			told := []string{}
			c.Progress = func(line string) { told = append(told, line) }
			tree := openTree(t, c)
			first, err := tree.Image(t.Context(), trial.Unpatched)
			require.NoError(t, err)
			dependOn(t, first.BuildDir, "RING")
			require.NoError(t, tree.Close())
			r := recordOf(t, c, first)
			spoil(t, c, first, &r)
			require.NoError(t, store.WriteJSON(filepath.Join(store.Store{Dir: c.CacheDir}.Build(first.Built.Key), "image.json"), r))
			c.Fragments = []kbuild.Fragment{{Name: "all", Text: "CONFIG_RING=y\nCONFIG_NET=n\nCONFIG_ZED=y\n"}}
			img, err := openTree(t, c).Image(t.Context(), trial.Unpatched)
			require.NoError(t, err)
			require.NotContains(t, calls(t, fake), "reused")
			require.Contains(t, told, "building from nothing: the cache holds no other build", "the first")
			require.Contains(t, told[len(told)-1], "building from nothing: no build in the cache will do as a start ("+why)
			require.Empty(t, recordOf(t, c, img).Seed)
		})
	}
}

func TestSettingsOfACommandFile(t *testing.T) {
	assert.Nil(t, dependencies("savedcmd_kernel/built-in.a := ar\n"))
	assert.Equal(t, []string{}, dependencies("savedcmd_x.o := as\n\ndeps_x.o := \\\n  x.h \\\n"))
	assert.Equal(t, []string{"CONFIG_RING", "CONFIG_ARM64_4K_PAGES"},
		dependencies("cmd_x.o := gcc\n\ndeps_x.o := \\\n    $(wildcard include/config/RING) \\\n  y.h \\\n    $(wildcard include/config/arm64/4k/pages.h) \\\n"), "either form")
}
