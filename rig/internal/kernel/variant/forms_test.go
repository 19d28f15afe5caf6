// SPDX-License-Identifier: Apache-2.0

package variant

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/mailpatch"
	"kcovrig/rig/trial"
)

// ringTree is kernel/ring.c as far as patches look at it, each line at its place.
func ringTree(t *testing.T) files {
	t.Helper()
	text, err := os.ReadFile("testdata/ring_move_area.txt")
	require.NoError(t, err)
	return files{"kernel/ring.c": strings.Repeat("\n", 942) + string(text), "mm/util.c": "\n"}
}

const behindCopy = "\tmemcpy(dst_entries, src_entries, bytes_to_move);\n"

// formNotes are what is said of each form, in words.
var formNotes = map[string]string{
	"11k-U0-after-memcpy.patch":     "has no context: it went in behind line 985 as it says",
	"14-fuzz1.patch":                "fits with fuzz 1 only",
	"22-binary-git.patch":           "ring.png is left out: it is binary",
	"22b-binary-files-differ.patch": "ring.png is left out: it is binary",
	"23-rename-doc.patch":           "kernel-coverage.rst is left out: it does not fit",
	"23c-mode-change.patch":         "mm/util.c: its change of mode is left out",
	"24b-format-patch.patch.gz":     "",
	"39-unterminated-newline.patch": "",
	"04-mail-quoted-printable.eml":  "",
	"10-no-prefix.patch":            "",
	"28b-attachment-base64.eml":     "",
	"23d-empty-new-file.patch":      "",
	"12b-svn-index-p0.patch":        "",
	"09-p0.patch":                   "",
	"07-crlf.patch":                 "",
	"07b-crlf-diff.patch":           "",
	"05-mail-base64.eml":            "",
}

// Every form in which the same fix comes gives the same kernel, and says what was
// special about it.
func TestFormsInWhichPatchesCome(t *testing.T) {
	tree := ringTree(t)
	plain := ""
	paths, err := filepath.Glob("testdata/patches/[0-9]*[a-z]")
	require.NoError(t, err)
	seen := 0
	for _, path := range append([]string{"testdata/patches/07-crlf.patch"}, paths...) {
		name := filepath.Base(path)
		if strings.HasSuffix(name, ".license") {
			continue
		}
		seen++
		t.Run(name, func(t *testing.T) {
			set, err := Choice{Series: seriesOf(ringSeries("as-posted")), Patches: []string{path}}.Read(t.Context())
			require.NoError(t, err)
			made, err := set.Content(t.Context(), trial.Patched, tree.read)
			require.NoError(t, err)
			text := *made.Changes["kernel/ring.c"]
			assert.Contains(t, text, "\tsmp_wmb();\n")
			assert.NotContains(t, text, "\r")
			if plain == "" {
				plain = text
			}
			want := plain
			if strings.HasPrefix(name, "11k") { // the barrier alone
				want = strings.Replace(tree["kernel/ring.c"], behindCopy, behindCopy+"\tsmp_wmb();\n", 1)
			}
			assert.Equal(t, want, text)
			wanted, known := formNotes[name]
			require.True(t, known)
			if wanted == "" {
				assert.Empty(t, made.Notes)
			} else {
				require.Len(t, made.Notes, 1)
				assert.Contains(t, made.Notes[0], wanted)
			}
			if name == "23d-empty-new-file.patch" {
				assert.Empty(t, *made.Changes["include/linux/empty_ring.h"])
			}

			// What is kept of it makes the same kernel once more.
			again, _, err := mailpatch.Read("made-by.patch", []byte(made.Text))
			require.NoError(t, err)
			twice, err := apply(t.Context(), again, how{fuzz: maxFuzz}, tree.read)
			require.NoError(t, err)
			assert.Equal(t, made.Changes, twice.changes)

			patched := files{"kernel/ring.c": text, "include/linux/empty_ring.h": ""}
			off, err := set.Content(t.Context(), trial.Unpatched, patched.read)
			require.NoError(t, err)
			assert.Equal(t, tree["kernel/ring.c"], *off.Changes["kernel/ring.c"], "it is known to be in, and comes off")
		})
	}
	assert.Equal(t, len(formNotes)+1, seen)
}
