// SPDX-License-Identifier: Apache-2.0

// Package yamlfile reads YAML files that people write: what is wrong with one is
// said with its line and column, all of it at once, and with the word that was
// probably meant. It owns the way in which such files are read; what their members
// mean is left to the packages of the files, rig/matrix and rig/scenario.
package yamlfile

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
	"go.yaml.in/yaml/v3"

	"kcovrig/rig/fault"
)

// Place is a position in the file; the zero value is none.
type Place struct{ Line, Column int }

// PlaceOf is where a node begins.
func PlaceOf(n *yaml.Node) Place { return Place{n.Line, n.Column} }

// Problem is one thing that is wrong with a file.
type Problem struct {
	File         string
	Line, Column int // from 1
	Text         string
}

// Error returns the problem as compilers do, so that editors can jump to it.
func (p Problem) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Column, p.Text)
}

// Reader reads one file and collects what is wrong with it.
type Reader struct {
	File     string // its name, for messages
	problems []Problem
}

// Fail notes something that is wrong.
func (r *Reader) Fail(at Place, format string, args ...any) {
	r.problems = append(r.problems, Problem{r.File, max(at.Line, 1), max(at.Column, 1), fmt.Sprintf(format, args...)})
}

// FailWord says that got is none of have, and which of them may have been meant.
func (r *Reader) FailWord(at Place, what, got string, have []string) {
	hint := "; have: " + strings.Join(have, ", ")
	if near := Nearest(got, have); near != "" {
		hint = fmt.Sprintf("; did you mean %q?", near)
	}
	r.Fail(at, "unknown %s %s%s", what, quoted(got), hint)
}

// Nearest returns the word that got is most likely a slip of; empty: none is near.
func Nearest(got string, have []string) string {
	best, least := "", 1+max(2, len(got)/3)
	if len(got) > maxShown { // nobody's slip, and it may be megabytes
		return ""
	}
	for _, word := range have {
		if d := levenshtein.ComputeDistance(strings.ToLower(got), strings.ToLower(word)); d < least {
			best, least = word, d
		}
	}
	return best
}

// Failed says whether anything is wrong so far.
func (r *Reader) Failed() bool { return len(r.problems) > 0 }

// Err joins the problems in the file's order, as the user's fault of the operation
// op, with what the user may try; nil: none.
func (r *Reader) Err(op, try string) error {
	if len(r.problems) == 0 {
		return nil
	}
	slices.SortStableFunc(r.problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	const most = 20
	var list []error
	for i, p := range r.problems {
		if i == most {
			list = append(list, fmt.Errorf("and %d more", len(r.problems)-most))
			break
		}
		list = append(list, p)
	}
	return &fault.Error{Kind: fault.User, Op: op, Err: errors.Join(list...), Try: try}
}
