// SPDX-License-Identifier: Apache-2.0

package matrix

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

// place is a position in the file; the zero value is none.
type place struct{ line, column int }

func placeOf(n *yaml.Node) place { return place{n.Line, n.Column} }

// Problem is one thing that is wrong with a matrix file.
type Problem struct {
	File         string
	Line, Column int // from 1
	Text         string
}

// Error returns the problem as compilers do, so that editors can jump to it.
func (p Problem) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Column, p.Text)
}

// reader reads one file and collects what is wrong with it.
type reader struct {
	file     string
	problems []Problem
}

func (r *reader) fail(at place, format string, args ...any) {
	r.problems = append(r.problems, Problem{r.file, max(at.line, 1), max(at.column, 1), fmt.Sprintf(format, args...)})
}

// failWord says that got is none of have, and which of them may have been meant.
func (r *reader) failWord(at place, what, got string, have []string) {
	hint := "; have: " + strings.Join(have, ", ")
	if near := nearest(got, have); near != "" {
		hint = fmt.Sprintf("; did you mean %q?", near)
	}
	r.fail(at, "unknown %s %q%s", what, got, hint)
}

// nearest returns the word that got is most likely a slip of; empty: none is near.
func nearest(got string, have []string) string {
	best, least := "", 1+max(2, len(got)/3)
	for _, word := range have {
		if d := levenshtein.ComputeDistance(strings.ToLower(got), strings.ToLower(word)); d < least {
			best, least = word, d
		}
	}
	return best
}

// err joins the problems in the file's order, as the user's fault; nil: none.
func (r *reader) err() error {
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
	return &fault.Error{Kind: fault.User, Op: "read the matrix", Err: errors.Join(list...), Try: "docs/matrix.md describes the file; docs/matrix.schema.json lets an editor check it"}
}
