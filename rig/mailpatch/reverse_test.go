// SPDX-License-Identifier: Apache-2.0

package mailpatch

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func none(string) bool { return false }

func TestTheReverseOfPatchesUndoesThemFromTheLastOn(t *testing.T) {
	first := "From: Me <me@here>\nSubject: [PATCH] swap\n\nwhy\n---\ndiff --git a/f.c b/f.c\n--- a/f.c\n+++ b/f.c\n@@ -1,4 +1,5 @@ f()\n a\n-b\n+B\n+c\n d\n-e\n\\ No newline at end of file\n+e\n"
	second := "diff --git a/old.h b/old.h\ndeleted file mode 100644\n--- a/old.h\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n" +
		"diff --git a/new.h b/new.h\nnew file mode 100644\n--- /dev/null\n+++ b/new.h\n@@ -0,0 +1 @@\n+y\n"
	var all []Patch
	for name, text := range map[string]string{"1.patch": first} {
		p, _, err := Read(name, []byte(text))
		require.NoError(t, err)
		all = append(all, p...)
	}
	p, _, err := Read("2.patch", []byte(second))
	require.NoError(t, err)
	undo, err := Reversed(append(all, p...))
	require.NoError(t, err)
	require.Len(t, undo, 2)
	assert.Equal(t, "the reverse of 2.patch", undo[0].Name)
	assert.Equal(t, "diff --git a/new.h b/new.h\ndeleted file mode 100644\n--- a/new.h\n+++ /dev/null\n@@ -1,1 +0,0 @@\n-y\n"+
		"diff --git a/old.h b/old.h\nnew file mode 100644\n--- /dev/null\n+++ b/old.h\n@@ -0,0 +1,1 @@\n+x\n", Diff(undo[0].Files(none)))
	assert.Equal(t, `Revert "[PATCH] swap"`, undo[1].Subject)
	assert.Equal(t, "diff --git a/f.c b/f.c\n--- a/f.c\n+++ b/f.c\n@@ -1,5 +1,4 @@ f()\n a\n-B\n-c\n+b\n d\n-e\n+e\n\\ No newline at end of file\n", Diff(undo[1].Files(none)))
	assert.Contains(t, Diff(all[0].Files(none)), "-b\n+B\n", "what was given stays as it is")
	again, err := Reversed(undo)
	require.NoError(t, err)
	assert.Equal(t, Diff(all[0].Files(none)), Diff(again[0].Files(none)))
}

func TestACopyHasNoReverse(t *testing.T) {
	p, _, err := Read("c.patch", []byte("diff --git a/f.c b/g.c\nsimilarity index 100%\ncopy from f.c\ncopy to g.c\n"))
	require.NoError(t, err)
	_, err = Reversed(p)
	assert.ErrorContains(t, err, "g.c: a copy has no reverse")
}
