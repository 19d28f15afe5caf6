// SPDX-License-Identifier: Apache-2.0

package goldentest

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestOutputsOfADocumentAreHeldAgainstWhatCommandsPrint(t *testing.T) {
	assert.Regexp(t, Pattern("a\n...\nb ... c\n"), "a\nx\ny\nb 12 c\n")
	assert.Regexp(t, Pattern("a\n...\nb\n"), "a\nb\n")
	assert.NotRegexp(t, Pattern("a\n...\nb\n"), "a\nx\nbb\n")
	assert.NotRegexp(t, Pattern("a\nb\n"), "a\nb\nc\n")
	assert.NotRegexp(t, Pattern("b ... c\n"), "b 1\n2 c\n")
}

func TestAShapeLeavesOutWhatDiffersFromRunToRun(t *testing.T) {
	const shown = "  unpatched   pc   4970  25.69 %  2.4 ms\nseen: 0x5ca1 at kernel/ring.c:995, miss 2.9e-10, 2026-11-30 00:57:52\n"
	again := "unpatched pc 12 7 % 93 us\nseen: 0xffff8000 at kernel/ring.c:12, miss 1, 2027-01-02 03:04:05\n"
	assert.Equal(t, Shape(shown), Shape(again))
	Like(t, shown, again)
	assert.NotEqual(t, Shape("93 us\n"), Shape("93\n"))
	for _, other := range []string{"unpatched pc 12 7 93 us\n", "patched pc 12 7 % 93 us\n", again + again} {
		assert.NotEqual(t, Shape(shown), Shape(other))
		assert.NotRegexp(t, Pattern(Shape(shown)), Shape(other))
	}
}

func TestABlockOfADocument(t *testing.T) {
	path := filepath.Join(t.TempDir(), "page.md")
	require.NoError(t, os.WriteFile(path, []byte("text\n\n    a 1\n      b\n\n    c\n\nmore\n\n    d\n\n```console\n$ x\ny\n\nz\n```\nend\n"), 0o600))
	assert.Equal(t, "a 1\n  b\n\nc\n", Block(t, path, "a "))
	assert.Equal(t, "d\n", Block(t, path, "d"))
	assert.Equal(t, "$ x\ny\n\nz\n", Block(t, path, "$ x"))
	assert.Equal(t, "y\n\nz\n", Block(t, path, "y"))
}
