// SPDX-License-Identifier: Apache-2.0

package weakmem

import (
	"fmt"
	"os"
	"regexp"
	"strings"
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

// The map says of what headers declare extern whose it is, and counts what is asked of an
// architecture and its kinds of barriers as the headers have them.
func TestMapFollowsHeaders(t *testing.T) {
	text, err := os.ReadFile("plugin/README.md")
	require.NoError(t, err)
	code := codeOf(t)
	says := func(what, of string) {
		assert.True(t, strings.Contains(string(text), what), "of %s the map does not say: %s", of, what) // Contains would print all of it
	}
	shared := 0
	for file, header := range code {
		for _, name := range namesOf(regexp.MustCompile(`(?m)^extern [^;]*?(\w+)\)?(?:\[\w+\])*;`), header) {
			says("`"+name+"`", file)
			shared++
		}
	}
	assert.GreaterOrEqual(t, shared, 7)
	says(fmt.Sprintf("`isa.h` asks, %d functions", len(namesOf(regexp.MustCompile(`\b(isa_\w+)\(`), code["isa.h"]))), "isa.h")
	var kinds []string
	for _, kind := range namesOf(regexp.MustCompile(`(?m)^    BARRIER_(\w+),`), code["insn.h"]) {
		if kind != "NONE" {
			kinds = append(kinds, strings.ToLower(kind))
		}
	}
	says("`enum barrier_kind`: "+strings.Join(kinds, ", ")+";", "insn.h")
}
