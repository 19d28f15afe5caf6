// SPDX-License-Identifier: Apache-2.0

package yamlfile

import (
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

var yamlLine = regexp.MustCompile(`^yaml: line (\d+): `)

// remedies are what mostly helps, by the library's words.
var remedies = map[string]string{
	"mapping values are not allowed in this context":  `; a text with ": " in it needs quotes`,
	"found a tab character that violates indentation": "; YAML is indented by blanks",
}

// Root parses the YAML, of which there must be one document; what says what it is, such
// as "a matrix".
func (r *Reader) Root(text []byte, what string) (*yaml.Node, bool) {
	if len(text) > MaxBytes {
		r.Fail(Place{}, "more than %d MiB: %s is written by people", MaxBytes>>20, what)
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
		r.Fail(Place{line, 1}, "no YAML: %s%s", words, remedies[words])
	default:
		return doc.Content[0], r.within(doc.Content[0])
	}
	return nil, false
}
