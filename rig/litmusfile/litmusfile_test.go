// SPDX-License-Identifier: Apache-2.0

package litmusfile

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/fault"
)

// Lists name files and other lists, beside themselves; a folder is all below it.
func TestListsAndFolders(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"@all": "# all of them\na.litmus b.litmus # two\nsub/@all\ngone.litmus\n@all\nsub\n", "sub/@all": "../a.litmus\nc.litmus\n",
		"a.litmus": "", "b.litmus": "", "sub/c.litmus": "", "sub/d.litmus": "", "only/@all": "../b.litmus",
	} {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	for path, want := range map[string]string{
		"@all": "a b sub/c", ".": "a b sub/c sub/d", "sub": "sub/c sub/d", "only": "b", "sub/d.litmus": "sub/d",
	} {
		found := New()
		require.NoError(t, found.Find(filepath.Join(dir, path)))
		var got []string
		for _, file := range found.Found {
			name, err := filepath.Rel(dir, file)
			require.NoError(t, err)
			got = append(got, strings.TrimSuffix(name, ".litmus"))
		}
		assert.Equal(t, want, strings.Join(got, " "), path)
		if path == "@all" {
			assert.Len(t, found.Lost, 2)
			assert.Contains(t, found.Lost[filepath.Join(dir, "gone.litmus")], "no such file")
		} else {
			assert.Empty(t, found.Lost)
		}
	}
	for _, path := range []string{"none", filepath.Dir(t.TempDir()) + "/empty"} {
		found := New()
		assert.Equal(t, fault.User, fault.KindOf(found.Find(path)))
	}
}
