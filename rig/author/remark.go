// SPDX-License-Identifier: Apache-2.0

package author

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"kcovrig/rig/printable"
)

// Level says what a remark asks for. The zero value is none.
type Level string

// The levels.
const (
	Wrong Level = "wrong" // it cannot work so
	Todo  Level = "todo"  // the writer was to fill something in
	Note  Level = "note"  // worth knowing, and right as it is
)

// Remark is one thing that was found in a scenario.
type Remark struct {
	Level Level  `json:"level"`
	File  string `json:"file"`   // empty: it is about no file
	Line  int    `json:"line"`   // from 1; 0: it is about no line
	Col   int    `json:"column"` // from 1; 0: it is about no line
	Text  string `json:"text"`
}

// marks are the places of a file that are left to its writer.
func marks(name string, text []byte) []Remark {
	var all []Remark
	for i, line := range bytes.Split(text, []byte("\n")) {
		at := bytes.Index(line, []byte(Mark))
		if at < 0 {
			continue
		}
		what := strings.TrimSuffix(strings.TrimSpace(string(line[at+len(Mark):])), "*/")
		all = append(all, Remark{Todo, name, i + 1, at + 1, printable.Line(what)})
	}
	return all
}

// inOrder sorts remarks by file, line and column; those of no file come last.
func inOrder(all []Remark) []Remark {
	slices.SortStableFunc(all, func(a, b Remark) int {
		return cmp.Or(
			cmp.Compare(isNone(a.File), isNone(b.File)), cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col),
		)
	})
	return slices.Compact(all)
}

func isNone(file string) int {
	if file == "" {
		return 1
	}
	return 0
}
