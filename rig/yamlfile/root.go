// SPDX-License-Identifier: Apache-2.0

package yamlfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

var yamlLine = regexp.MustCompile(`^yaml: line (\d+): `)

// remedies are what mostly helps, by the library's words.
var remedies = map[string]string{
	"mapping values are not allowed in this context":  `; a text with ": " in it needs quotes`,
	"found a tab character that violates indentation": "; YAML is indented by blanks",
}

// remedy is what mostly helps against the library's words about a line of the text.
func remedy(words, line string) string {
	if words != "found character that cannot start any token" {
		return remedies[words]
	}
	if strings.HasPrefix(strings.TrimLeft(line, " "), "\t") {
		return remedies["found a tab character that violates indentation"]
	}
	return "; a text that begins with @, ` or % needs quotes"
}

// unreadable is the first character that no YAML holds, and what is wrong with it. The
// library says no place of these. A text of two bytes to a character is left to it.
func unreadable(text []byte) (Place, string) {
	if bytes.HasPrefix(text, []byte("\xff\xfe")) || bytes.HasPrefix(text, []byte("\xfe\xff")) {
		return Place{}, ""
	}
	at := Place{1, 1}
	rest := bytes.TrimPrefix(text, []byte("\ufeff"))
	for len(rest) > 0 {
		r, size := utf8.DecodeRune(rest)
		switch {
		case r == utf8.RuneError && size == 1:
			return at, fmt.Sprintf("the byte %#02x is no UTF-8: save the file as UTF-8", rest[0])
		case r == '\n':
			at = Place{at.Line + 1, 0}
		case r < ' ' && r != '\t' && r != '\r', r == 0x7f, r == '\ufeff':
			return at, fmt.Sprintf("the character %U belongs in no text", r)
		}
		rest, at.Column = rest[size:], at.Column+1
	}
	return Place{}, ""
}

// Root parses the YAML, of which there must be one document; what says what it is, such
// as "a matrix".
func (r *Reader) Root(text []byte, what string) (*yaml.Node, bool) {
	if len(text) > MaxBytes {
		r.Fail(Place{}, "more than %d MiB: %s is written by people", MaxBytes>>20, what)
		return nil, false
	}
	if at, wrong := unreadable(text); wrong != "" {
		r.Fail(at, "no YAML: %s", wrong)
		return nil, false
	}
	decoder := yaml.NewDecoder(strings.NewReader(string(text)))
	var doc, more yaml.Node
	err := decoder.Decode(&doc)
	if err == nil {
		if again := decoder.Decode(&more); again == nil {
			r.Fail(PlaceOf(&more), "a second document; %s is one", what)
			return nil, false
		} else if !errors.Is(again, io.EOF) {
			err = again
		}
	}
	switch {
	case errors.Is(err, io.EOF):
		r.Fail(Place{}, "the file is empty")
	case err != nil:
		words, line := err.Error(), 1
		if m := yamlLine.FindStringSubmatch(words); m != nil {
			line, _ = strconv.Atoi(m[1])
			words = strings.TrimPrefix(words, m[0])
			if strings.HasPrefix(words, "did not find expected") {
				last := 1 + strings.Count(strings.TrimRight(string(text), "\n"), "\n")
				line = min(line+1, last) // the library counts the lines of these, its parser's own, from 0
			}
		}
		words = strings.TrimPrefix(words, "yaml: ")
		r.Fail(Place{line, 1}, "no YAML: %s%s", words, remedy(words, lineOf(text, line)))
	default:
		return doc.Content[0], r.within(doc.Content[0])
	}
	return nil, false
}

// lineOf is a line of the text by its number, from 1; empty: it has none such.
func lineOf(text []byte, number int) string {
	lines := strings.Split(string(text), "\n")
	if number < 1 || number > len(lines) {
		return ""
	}
	return lines[number-1]
}
