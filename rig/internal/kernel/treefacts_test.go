// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/disk"
	"kcovrig/rig/trial"
)

// What a tree says of a scenario before anything is built: which settings are lost,
// whether it has the fix, and what it holds.
func TestATreeTellsWhatItIsWithoutABuild(t *testing.T) {
	c, fake := fakeRig(t)
	require.NoError(t, os.WriteFile(filepath.Join(fake, "linux", "Kconfig"), []byte("config ONE\nmenuconfig TWO\n# config THREE\n"), 0o644))
	for path, text := range map[string]string{"arch/alpha/Kconfig": "config TWO\nconfig SMP\nconfig ALPHA\n", "arch/arm64/Kconfig": "config SMP\n"} {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(fake, "linux", path)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(fake, "linux", path), []byte(text), 0o644))
	}
	own := c.Series
	c.Series = nil
	tree := openTree(t, c)

	got, err := tree.Configure(t.Context())
	require.NoError(t, err)
	assert.Empty(t, got.Lost)
	assert.Equal(t, "y", got.Settings["CONFIG_RING"])
	again, err := tree.Configure(t.Context())
	require.NoError(t, err)
	assert.Equal(t, got.Settings, again.Settings)
	assert.Equal(t, "allnoconfig olddefconfig", calls(t, fake), "asked once")

	names, err := tree.Symbols()
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"ONE": "Kconfig", "TWO": "Kconfig", "SMP": "arch/arm64/Kconfig", "ALPHA": "arch/alpha/Kconfig"}, names)

	has, err := tree.HasFix(t.Context(), own)
	require.NoError(t, err)
	assert.False(t, has)
	_, err = tree.HasFix(t.Context(), fixedBy(lineFix("net/other.c", "old", "fixed")))
	assert.NotNil(t, trial.Inapplicable(err), "%v", err)

	text, err := tree.ReadFile("Makefile")
	require.NoError(t, err)
	assert.True(t, strings.HasPrefix(text, "VERSION"))
	_, err = tree.ReadFile("none")
	assert.ErrorIs(t, err, fs.ErrNotExist)
}

// A setting that kbuild drops is told with what it depends on, before a build and in one.
func TestALostSettingIsToldWithWhatIsOff(t *testing.T) {
	c, fake := fakeRig(t)
	require.NoError(t, os.WriteFile(filepath.Join(fake, "linux", "Kconfig"), []byte("config LOST\n\tbool \"lost\"\n\tdepends on RING && OTHER\n"), 0o644))
	drops := strings.Replace(fakeMake, "olddefconfig) exit", "olddefconfig) sed -i /LOST/d \"$out/.config\"; exit", 1)
	require.NoError(t, os.WriteFile(filepath.Join(fake, "bin/make"), []byte(drops), 0o755))
	c.Fragments[0].Text += "CONFIG_LOST=y\n"
	tree := openTree(t, c)
	got, err := tree.Configure(t.Context())
	require.NoError(t, err)
	require.Len(t, got.Lost, 1)
	assert.Equal(t, []string{"OTHER (OTHER=n)"}, got.Lost[0].Unmet)
	_, err = tree.Image(t.Context(), trial.Unpatched)
	assert.ErrorContains(t, err, "CONFIG_LOST=y (fragment all) is not offered: it depends on OTHER (OTHER=n)")
}

// Whoever waits for another is told so, once, not only in the lines that are shown on request.
func TestAWaitForAnotherIsTold(t *testing.T) {
	c, _ := fakeRig(t)
	var told []string
	var held *disk.Lock
	c.Waiting = func(sentence string) {
		told = append(told, sentence)
		assert.NoError(t, held.Close())
	}
	c.Progress = func(line string) { assert.NotContains(t, line, "waiting") }
	tree := openTree(t, c)
	take := func(kind, name string) {
		var err error
		held, err = disk.OpenLock(tree.store.LockPath(kind, name))
		require.NoError(t, err)
		free, err := held.Try(true)
		require.NoError(t, err)
		require.True(t, free)
	}
	take("tree", tree.Hash)
	_, err := tree.Configure(t.Context())
	require.NoError(t, err)
	image, err := tree.Image(t.Context(), trial.Unpatched)
	require.NoError(t, err)
	other := openTree(t, c)
	require.NoError(t, tree.Close())
	take("build", image.Built.Key)
	_, err = other.Image(t.Context(), trial.Unpatched)
	require.NoError(t, err)
	assert.Equal(t, []string{"waiting for another kcovrig, which uses the same tree", "waiting for another kcovrig, which builds the same kernel, or removes it"}, told)
}
