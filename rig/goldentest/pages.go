// SPDX-License-Identifier: Apache-2.0

package goldentest

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Block is the part of a document in which a command's output stands, from the line that
// begins with first (its indentation aside) to the end of the indented or fenced block.
func Block(t *testing.T, path, first string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	indented := regexp.MustCompile(`(?m)^(    )?` + regexp.QuoteMeta(first))
	at := indented.FindStringIndex(string(text))
	require.NotNil(t, at, "%s has no line that begins with %q", path, first)
	found := string(text)[at[0]:]
	if !strings.HasPrefix(found, "    ") {
		found, _, _ = strings.Cut(found, "\n```")
		return found + "\n"
	}
	var b strings.Builder
	for line := range strings.Lines(found) {
		inside, ok := strings.CutPrefix(line, "    ")
		if !ok && strings.TrimSpace(line) != "" {
			break
		}
		b.WriteString(strings.TrimLeft(inside, map[bool]string{true: "", false: "\n"}[ok]))
		if !ok {
			b.WriteString("\n")
		}
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}

// Pattern is the pattern of an output as a document has it: `...` stands for anything,
// alone on a line for lines, or none. Columns may have other widths.
func Pattern(output string) *regexp.Regexp {
	pattern := "(?s)^"
	for line := range strings.Lines(output) {
		if line == "...\n" || line == "[...]\n" {
			pattern += "(?:.*\n)?"
			continue
		}
		var parts []string
		for part := range strings.SplitSeq(strings.TrimSuffix(line, "\n"), "...") {
			parts = append(parts, strings.ReplaceAll(regexp.QuoteMeta(part), "  ", " +"))
		}
		pattern += strings.Join(parts, "[^\n]*") + "\n"
	}
	return regexp.MustCompile(pattern + "$")
}

var volatile = []struct {
	is *regexp.Regexp
	as string
}{
	{regexp.MustCompile(`0x[0-9a-f]+`), "0x"},
	{regexp.MustCompile(`\b[0-9]{12,}\b`), "0"},
	{regexp.MustCompile(`\b[0-9a-f]{12,}\b`), "HASH"},
	{regexp.MustCompile(`[0-9]+(?:[.,:-][0-9]+)*(?:e[-+]?[0-9]+)?`), "N"},
	{regexp.MustCompile(`N (?:ns|us|ms|s)\b`), "N s"},
	{regexp.MustCompile(` +`), " "},
	{regexp.MustCompile(`(?m)^ | $`), ""},
}

// Shape is text without what differs from run to run: numbers, addresses, hashes, units of
// time, and how wide columns are.
func Shape(text string) string {
	for _, v := range volatile {
		text = v.is.ReplaceAllString(text, v.as)
	}
	return text
}

// Like wants an output to have the shape of the one that a document shows.
func Like(t *testing.T, document, output string) {
	t.Helper()
	assert.Regexp(t, Pattern(Shape(document)), Shape(output), "the document has\n%s", document)
}
