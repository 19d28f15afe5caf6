// SPDX-License-Identifier: Apache-2.0

package yamlfile

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/fault"
)

func TestAllThatIsWrongIsSaidInTheFilesOrder(t *testing.T) {
	r := &Reader{File: "a.yaml"}
	root, ok := r.Root([]byte("nam: x\nsize: 3\nname: 4\n"), "a thing")
	require.True(t, ok)
	pairs := r.Pairs(root, "a thing", []string{"name", "size"})
	require.Len(t, pairs, 2)
	_, ok = r.Text(pairs[1].Value, "name")
	assert.False(t, ok)
	_, ok = r.Text(pairs[0].Value, "size")
	assert.False(t, ok)
	err := r.Err("read the thing", "look again")
	assert.Equal(t, fault.User, fault.KindOf(err))
	assert.ErrorContains(t, err, "read the thing: a.yaml:1:1: unknown key \"nam\"; did you mean \"name\"?\n"+
		"a.yaml:2:7: size: want a text, not a number; did you mean \"3\", in quotes?\n"+
		"a.yaml:3:7: name: want a text")
}

func TestAFileIsOneDocument(t *testing.T) {
	for text, want := range map[string]string{
		"":                          "the file is empty",
		"a: 1\n---\nb":              "a second document; a thing is one",
		"a: [":                      "a.yaml:1:1: no YAML: did not find expected node content",
		"a: 1\nb:\n  c: [x\nd: 2\n": "a.yaml:3:1: no YAML: did not find expected ',' or ']'",
		"a: 1\nb: c: d\n":           "a.yaml:2:1: no YAML: mapping values are not allowed in this context; a text with \": \" in it needs quotes",
		"a:\n  b: 1\n\tc: 2\n":      "a.yaml:2:1: no YAML: found a tab character that violates indentation; YAML is indented by blanks",
		"a: 1\nb:\n\tc: 2\n":        "a.yaml:3:1: no YAML: found character that cannot start any token; YAML is indented by blanks",
		"a: 1\nb: @c\n":             "a.yaml:2:1: no YAML: found character that cannot start any token; a text that begins with @, ` or % needs quotes",
		"a: 1\nb: B\xf6se\n":        "a.yaml:2:5: no YAML: the byte 0xf6 is no UTF-8: save the file as UTF-8",
		"a: 1\nb: \u00f6\x00\n":     "a.yaml:2:5: no YAML: the character U+0000 belongs in no text",
		"\ufeffa: 1\nb: \x1b[2J\n":  "a.yaml:2:4: no YAML: the character U+001B belongs in no text",
	} {
		r := &Reader{File: "a.yaml"}
		_, ok := r.Root([]byte(text), "a thing")
		assert.False(t, ok, text)
		assert.ErrorContains(t, r.Err("read", ""), want, text)
	}
}

func TestAFileMayBeginWithAMarkOfItsEncoding(t *testing.T) {
	for _, text := range []string{"\ufeffa: \u00f6\r\n", "\xff\xfea\x00:\x00 \x001\x00"} {
		r := &Reader{File: "a.yaml"}
		_, ok := r.Root([]byte(text), "a thing")
		assert.True(t, ok, text)
		assert.NoError(t, r.Err("read", ""))
	}
}

func TestAFileWithNothingWrongIsNoError(t *testing.T) {
	r := &Reader{}
	_, ok := r.Root([]byte("a: b"), "a thing")
	assert.True(t, ok)
	assert.NoError(t, r.Err("read", ""))
	assert.False(t, r.Failed())
}

func TestValuesHavePlacesByTheirWays(t *testing.T) {
	got := Places([]byte("a: [x, {b: y}]\nc: &n\n  d: |\n    text\ne: *n\n"))
	assert.Equal(t, map[string]Place{
		"": {1, 1}, "a": {1, 4}, "a[0]": {1, 5}, "a[1]": {1, 8}, "a[1].b": {1, 12}, "c": {2, 4}, "c.d": {3, 6}, "e": {5, 4},
	}, got)
	assert.Empty(t, Places([]byte("a: [")))
}
