// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAShippedScenarioIsTheSameByThePathOfItsFolderInACheckout(t *testing.T) {
	for _, name := range Names() {
		want, err := Load(name)
		require.NoError(t, err)
		for _, ref := range []string{"../../scenarios/" + name, "../../scenarios/" + name + "/" + FileName} {
			got, err := Load(ref)
			require.NoError(t, err, ref)
			assert.Equal(t, want.Hash, got.Hash, ref)
			assert.True(t, got.Shipped, ref)
		}
	}
}

// What was changed in the checkout counts, not what the program was built with.
func TestAShippedScenarioThatWasChangedInACheckoutIsReadFromThere(t *testing.T) {
	top := t.TempDir()
	for _, folder := range []string{"scenarios", "kernel", "images"} {
		require.NoError(t, os.CopyFS(filepath.Join(top, folder), os.DirFS(filepath.Join("../..", folder))))
	}
	require.NoError(t, os.WriteFile(filepath.Join(top, "go.mod"), []byte(theModule), 0o644))
	config := filepath.Join(top, "images", Default, Default+".config")
	require.NoError(t, os.WriteFile(config, []byte("CONFIG_MINE=y\n"), 0o644))
	s, err := Load(filepath.Join(top, "scenarios", Default))
	require.NoError(t, err)
	assert.False(t, s.Shipped)
	assert.Contains(t, s.Fragments["all"], "CONFIG_MINE=y\n")
	assert.NotContains(t, s.Fragments["all"], "CONFIG_VHOST_VSOCK")
}

// A folder of a user's that is only called like one of kcovrig's stays in itself.
func TestAFolderElsewhereDoesNotReachOutOfItself(t *testing.T) {
	for name, module := range map[string]string{Default: "module other\n", "mine": theModule} {
		top := t.TempDir()
		dir := filepath.Join(top, "scenarios", name)
		require.NoError(t, os.MkdirAll(filepath.Dir(dir), 0o755))
		require.NoError(t, os.Rename(write(t, "fix.patch", "kernel/fix.patch"), dir))
		require.NoError(t, os.Mkdir(filepath.Join(top, "kernel"), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(top, "kernel", "fix.patch"), []byte("a patch\n"), 0o644))
		require.NoError(t, os.WriteFile(filepath.Join(top, "go.mod"), []byte(module), 0o644))
		_, err := Load(dir)
		assert.ErrorContains(t, err, "kernel/fix.patch", name)
	}
}
