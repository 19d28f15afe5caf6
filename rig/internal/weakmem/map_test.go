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
