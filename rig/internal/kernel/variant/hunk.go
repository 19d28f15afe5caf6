// SPDX-License-Identifier: Apache-2.0

package variant

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"kcovrig/rig/printable"
)

// contextOf is how much context the hunks of files have at their ends, at most.
func contextOf(files []*gitdiff.File) int {
	n := int64(0)
	for _, f := range files {
		for _, h := range f.TextFragments {
			n = max(n, h.LeadingContext, h.TrailingContext)
		}
	}
	return int(n)
}

// bare says whether a hunk in a file that stays has no context. Then git must be
// asked to take it.
func bare(files []*gitdiff.File) bool {
	return slices.ContainsFunc(files, func(f *gitdiff.File) bool {
		return !f.IsNew && !f.IsDelete && slices.ContainsFunc(f.TextFragments, func(h *gitdiff.TextFragment) bool {
			return h.LeadingContext == 0 && h.TrailingContext == 0
		})
	})
}

// placed corrects hunks without context for git, which begins to look for their
// lines at the place that they have afterwards: where none is left, that is the
// line before.
func placed(files []*gitdiff.File, reverse bool) []*gitdiff.File {
	out := make([]*gitdiff.File, len(files))
	for i, f := range files {
		out[i] = placedFile(f, reverse)
	}
	return out
}

func placedFile(f *gitdiff.File, reverse bool) *gitdiff.File {
	if f.IsNew || f.IsDelete {
		return f
	}
	moved := *f
	moved.TextFragments = make([]*gitdiff.TextFragment, len(f.TextFragments))
	for i, h := range f.TextFragments {
		here := *h
		switch {
		case !reverse && h.NewLines == 0 && h.NewPosition > 0:
			here.NewPosition++
		case reverse && h.OldLines == 0 && h.OldPosition > 0:
			here.OldPosition++
		}
		moved.TextFragments[i] = &here
	}
	return &moved
}

// sides returns the lines that a hunk looks for, how much context they begin and
// end with, and the index where it expects them.
func sides(h *gitdiff.TextFragment, reverse bool) (from []string, at int) {
	position, lines, gone := h.OldPosition, h.OldLines, gitdiff.OpDelete
	if reverse {
		position, lines, gone = h.NewPosition, h.NewLines, gitdiff.OpAdd
	}
	for _, l := range h.Lines {
		if l.Op == gitdiff.OpContext || l.Op == gone {
			from = append(from, l.Line)
		}
	}
	if lines > 0 {
		position--
	}
	return from, max(int(position), 0)
}

// wholeOf is all that the hunks of a file look for.
func wholeOf(f *gitdiff.File, reverse bool) []string {
	var all []string
	for _, h := range f.TextFragments {
		from, _ := sides(h, reverse)
		all = append(all, from...)
	}
	return all
}

func linesOf(text *string) []string {
	if text == nil {
		return nil
	}
	lines := strings.SplitAfter(*text, "\n")
	if lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}

// checkBlind finds hunks that look for no line at all: git puts them where they
// say, and behind the end where no such line is.
func checkBlind(files []*gitdiff.File, reverse bool, before Changes, out *applied) error {
	for _, f := range files {
		from := f.OldName
		if reverse {
			from = f.NewName
		}
		if f.IsNew || f.IsDelete || before[from] == nil {
			continue
		}
		for _, h := range f.TextFragments {
			want, at := sides(h, reverse)
			if len(want) == 0 {
				out.blind = true
				if at > len(linesOf(before[from])) {
					return &hunkError{path: from, header: h.Header(), hunk: h.String(), cause: errors.New("adds lines without context behind the end of the file")}
				}
				if !reverse {
					out.notes = append(out.notes, fmt.Sprintf("%s: hunk %q has no context: it went in behind line %d as it says, and nothing shows that this is the place", from, printable.Line(h.Header()), at))
				}
			}
		}
	}
	return nil
}

var (
	saidMoved = regexp.MustCompile(`^Hunk #(\d+) succeeded at (\d+) \(offset (-?\d+) lines?\)\.$`)
)

// judge looks at what git says of its success: a hunk that stood elsewhere, or
// with less context, must have had one place only.
func (a *applied) judge(name string, files []*gitdiff.File, reverse bool, fuzz int, before Changes, said string) error {
	for line := range strings.Lines(said) {
		line = strings.TrimSpace(line)
		if saidMoved.MatchString(line) || strings.HasPrefix(line, "Context reduced to") {
			a.moved = true
		}
	}
	if !a.moved {
		return nil
	}
	for _, f := range files {
		from := f.OldName
		if reverse {
			from = f.NewName
		}
		lines := linesOf(before[from])
		for _, h := range f.TextFragments {
			if err := onePlace(lines, h, reverse, fuzz, contextOf(files)); err != nil {
				return &hunkError{path: from, header: h.Header(), hunk: h.String(), cause: err}
			}
		}
	}
	if fuzz > 0 {
		a.notes = append(a.notes, fmt.Sprintf("%s fits with fuzz %d only: lines around its change differ from the tree's", name, fuzz))
	}
	return nil
}

// onePlace says whether a hunk's lines stand in several places and not where they
// are expected. What stands nowhere was made by a hunk before it.
func onePlace(lines []string, h *gitdiff.TextFragment, reverse bool, fuzz, context int) error {
	want, at := sides(h, reverse)
	if len(want) == 0 {
		return nil
	}
	found := places(lines, want)
	if len(found) == 0 && fuzz > 0 { // as git did: from either end, down to what must fit
		least := int64(context - fuzz)
		head, tail := max(h.LeadingContext-least, 0), max(h.TrailingContext-least, 0)
		want, at = want[head:int64(len(want))-tail], at+int(head)
		found = places(lines, want)
	}
	if len(found) > 1 && !slices.Contains(found, at) {
		return fmt.Errorf("fits at lines %d and %d, and at neither where it says", found[0]+1, found[1]+1)
	}
	return nil
}

func places(lines, want []string) []int {
	var found []int
	for i := 0; i+len(want) <= len(lines); i++ {
		if slices.Equal(lines[i:i+len(want)], want) {
			found = append(found, i)
		}
	}
	return found
}
