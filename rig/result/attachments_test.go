// SPDX-License-Identifier: Apache-2.0

package result

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"kcovrig/rig/trial"
)

func put(t *testing.T, folder, name, text string) {
	t.Helper()
	path := filepath.Join(folder, name)
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
}

// booted is a document of two kernels in two modes, whose paths are those of a folder
// somewhere else.
func booted() Document {
	d := Document{}
	for _, v := range trial.Pair() {
		dir := "/somewhere/else/" + string(v)
		d.Code = append(d.Code, trial.Code{Variant: v, Listing: dir + "/code.lst"})
		for range 2 {
			d.Measured = append(d.Measured, ModeDocument{Variant: v, Console: dir + "/console.log"})
		}
	}
	return d
}

func TestWhatLiesBesideADocument(t *testing.T) {
	folder := t.TempDir()
	assert.Equal(t, Attachments{}, ReadAttachments(folder, booted()), "folders of earlier versions have nothing")
	assert.Equal(t, Attachments{}, ReadAttachments(filepath.Join(folder, "absent"), booted()))

	put(t, folder, "patched/made-by.patch", "+a\n")
	put(t, folder, "unpatched/console.log", strings.Repeat("x", maxConsole)+"the end\n")
	put(t, folder, "patched/console.log", "short\n")
	put(t, folder, "patched/code.lst", strings.Repeat("y", maxListing)+"more")
	b := ReadAttachments(folder, booted())
	assert.Equal(t, []File{{trial.Patched, "patched/made-by.patch", "+a\n", 0}}, b.Patches)
	require.Len(t, b.Consoles, 2, "each once, whatever the number of modes")
	assert.Equal(t, File{trial.Patched, "patched/console.log", "short\n", 0}, b.Consoles[1])
	assert.Len(t, b.Consoles[0].Text, maxConsole)
	assert.True(t, strings.HasSuffix(b.Consoles[0].Text, "the end\n"), "of a console the end is read")
	assert.Equal(t, int64(len("the end\n")), b.Consoles[0].Left)
	require.Len(t, b.Listings, 1)
	assert.True(t, strings.HasPrefix(b.Listings[0].Text, "yy"))
	assert.Equal(t, int64(len("more")), b.Listings[0].Left)
	_, ok := Of(b.Listings, trial.Unpatched)
	assert.False(t, ok)
}

// A folder that somebody else made leads nowhere else, and makes nobody wait.
func TestAFolderLeadsNowhereElse(t *testing.T) {
	folder, outside := t.TempDir(), t.TempDir()
	put(t, outside, "secret", "a secret\n")
	put(t, folder, "patched/kept", "")
	require.NoError(t, os.Symlink(filepath.Join(outside, "secret"), filepath.Join(folder, "patched/made-by.patch")))
	require.NoError(t, os.Symlink(outside, filepath.Join(folder, "unpatched")))
	require.NoError(t, unix.Mkfifo(filepath.Join(folder, "patched/console.log"), 0o600))
	require.NoError(t, os.Mkdir(filepath.Join(folder, "patched/code.lst"), 0o755))
	d := booted()
	d.Measured[0].Console = filepath.Join(outside, "secret")
	d.Code[0].Listing = "../" + filepath.Base(outside) + "/secret"
	assert.Equal(t, Attachments{}, ReadAttachments(folder, d))
}
