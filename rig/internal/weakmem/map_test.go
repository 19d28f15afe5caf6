// SPDX-License-Identifier: Apache-2.0

package weakmem

import (
	"os"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The plugin's map names each of its files, once in the table, and no other.
func TestMapNamesEachFile(t *testing.T) {
	text, err := os.ReadFile("plugin/README.md")
	require.NoError(t, err)
	table := regexp.MustCompile(`(?m)^\|.*$`).FindAllString(string(text), -1)
	var named []string
	for _, row := range table {
		for _, m := range regexp.MustCompile("`([a-z0-9_]+\\.[ch])`").FindAllStringSubmatch(row, -1) {
			named = append(named, m[1])
		}
	}
	src, err := own()
	require.NoError(t, err)
	var files []string
	for name := range src.files {
		files = append(files, name)
	}
	assert.ElementsMatch(t, files, named)
}

// Other pages name files of the plugin that are there.
func TestPagesNameFilesOfThePlugin(t *testing.T) {
	code := codeOf(t)
	for page, pattern := range map[string]string{
		"plugin/README.md":          "`([a-z0-9_]+\\.[ch])`",
		"../../../docs/emulator.md": "`([a-z0-9_]+\\.[ch])`",
		"../../../docs/replay.md":   "`plugin/([a-z0-9_]+\\.[ch])`",
	} {
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		names := namesOf(regexp.MustCompile(pattern), string(text))
		assert.NotEmpty(t, names, page)
		for _, name := range names {
			assert.NotEmpty(t, code[name], "%s names %s, which is not there", page, name)
		}
	}
}
