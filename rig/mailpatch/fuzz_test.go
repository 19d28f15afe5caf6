// SPDX-License-Identifier: Apache-2.0

package mailpatch

import (
	"slices"
	"testing"

	"github.com/bluekeyes/go-gitdiff/gitdiff"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/fault"
	"kcovrig/rig/printable"
)

// A patch is anybody's. What is read of it changes files below the tree alone, holds
// nothing that a terminal obeys, and can be read again as it is kept.
func FuzzRead(f *testing.F) {
	for _, text := range []string{
		diff("a"), letter("Subject: s", diff("a")), mbox(letter("Subject: [PATCH v2 1/2] s", diff("a")), letter("Subject: [PATCH v2 2/2] s", diff("b"))),
		"Content-Type: multipart/mixed; boundary=XX\n\n" + part("text/plain", "Content-Transfer-Encoding: base64\n", "ZGlmZg==") + part("text/x-patch", "", diff("a")) + "--XX--\n",
		letter("Content-Transfer-Encoding: quoted-printable", "=3D\n"+diff("a")), sixteen(diff("a")), zipped(diff("a")),
		"diff --git a/x b/y\nsimilarity index 100%\nrename from x\nrename to y\n", "--- a/../x\n+++ b/../x\n@@ -1 +1 @@\n-a\n+b\n",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		patches, notes, err := Read("a.patch", content)
		if err != nil {
			require.Equal(t, fault.User, fault.KindOf(err), "%v", err)
			return
		}
		for _, n := range notes {
			assert.Equal(t, printable.Line(n), n)
		}
		for _, p := range patches {
			assert.Equal(t, printable.Line(p.Subject+p.From+p.Name), p.Subject+p.From+p.Name)
			files := p.Files(func(string) bool { return false })
			require.NoError(t, checkNames(files))
			files = slices.DeleteFunc(slices.Clone(files), func(f *gitdiff.File) bool { // of modes alone, which are not kept
				return !f.IsNew && !f.IsDelete && !f.IsRename && !f.IsCopy && f.BinaryFragment == nil && len(f.TextFragments) == 0
			})
			if len(files) > 0 {
				_, _, err := Read("kept.patch", []byte(Diff(files)))
				require.NoError(t, err, "%s", Diff(files))
			}
		}
		_, _ = Reversed(patches)
	})
}
