// SPDX-License-Identifier: Apache-2.0

package linetable

import (
	"fmt"
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"kcovrig/rig/fault"
	"kcovrig/rig/printable"
)

// Side says what a source file has of a patch. The zero value means that it is not
// known: the lines with the change are looked for, then those without it.
type Side uint8

// The sides.
const (
	SideUnknown Side = iota
	SideWithout      // the change is not in the file
	SideWith         // it is in the file
)

// maxFuzz is how many lines of context, at either end of a hunk, may differ: as many
// as where patches are applied.
const maxFuzz = 2

// Change is one run of changed lines in a file as it stands. Lines count from 1.
type Change struct {
	Path   string // below the tree
	Hunk   int    // of that file, counted from 1
	Lines  []int  // what the patch put there, or takes from there; empty where the side only lacks lines
	With   bool   // the file has the change
	Macro  string // not changed itself: uses a macro that is
	Before []int  // the lines before it, in its function, the nearest first
	After  []int  // those behind it
}

// Changes finds where the hunks of a patch stand in the files of a tree that read
// returns. Missing names the hunks that stand nowhere. It is the user's fault if
// none does.
func Changes(files []*gitdiff.File, side Side, read func(path string) (string, error)) (all []Change, missing []string, err error) {
	for _, f := range files {
		path := f.NewName
		if side == SideWithout && f.OldName != "" || path == "" {
			path = f.OldName
		}
		text, err := read(path)
		if err != nil {
			missing = append(missing, fmt.Sprintf("%s: %v", printable.Line(path), err))
			continue
		}
		lines, moved := strings.Split(text, "\n"), 0
		for i, h := range f.TextFragments {
			found, at, ok := locate(lines, h, side, moved)
			if !ok {
				missing = append(missing, fmt.Sprintf("%s: hunk %d", printable.Line(path), i+1))
				continue
			}
			moved = at - found.expected
			all = append(all, found.changes(path, i+1, at, lines)...)
			if over := movedOver(h, at); found.with && len(over) > 0 {
				all = append(all, Change{Path: path, Hunk: i + 1, Lines: over, With: true})
			}
		}
	}
	if len(all) == 0 {
		return nil, missing, fault.Newf(fault.User, "find the lines of the patch", "none of its hunks stands in the tree: %s", strings.Join(missing, ", "))
	}
	return all, missing, nil
}

// lined is a line of a hunk on one side: its text, and whether it is changed there.
// A line of the other side is a gap before the next one.
type lined struct {
	text    string
	changed bool
	gap     bool // the other side has lines between the one before and this one
}

// version is a hunk as one side has it.
type version struct {
	lines    []lined
	expected int  // index of its first line by its header
	gapAtEnd bool // as lined.gap, behind the last line
	with     bool // it has the change
}

// versionOf is the hunk with its change or without.
func versionOf(h *gitdiff.TextFragment, with bool) version {
	own, position, count := gitdiff.OpDelete, h.OldPosition, h.OldLines
	if with {
		own, position, count = gitdiff.OpAdd, h.NewPosition, h.NewLines
	}
	v := version{expected: int(position), with: with}
	if count > 0 { // a hunk without lines names the line before it
		v.expected--
	}
	for _, l := range h.Lines {
		switch l.Op {
		case own, gitdiff.OpContext:
			v.lines = append(v.lines, lined{strings.TrimRight(l.Line, "\r\n"), l.Op == own, v.gapAtEnd})
			v.gapAtEnd = false
		default:
			v.gapAtEnd = true
		}
	}
	return v
}

// locate finds the place of a hunk that is nearest to where it is expected.
func locate(lines []string, h *gitdiff.TextFragment, side Side, moved int) (version, int, bool) {
	var versions []version
	if side != SideWithout {
		versions = append(versions, versionOf(h, true))
	}
	if side != SideWith {
		versions = append(versions, versionOf(h, false))
	}
	for fuzz := range maxFuzz + 1 {
		for _, v := range versions {
			if at, ok := v.nearest(lines, v.expected+moved, fuzz, h); ok {
				return v, at, true
			}
		}
	}
	return version{}, 0, false
}

// nearest leaves fuzz lines of context out at both ends. A line of context must stay
// at each end that has any.
func (v version) nearest(lines []string, expected, fuzz int, h *gitdiff.TextFragment) (int, bool) {
	head := min(fuzz, max(0, int(h.LeadingContext)-1))
	tail := min(fuzz, max(0, int(h.TrailingContext)-1))
	want := v.lines[head : len(v.lines)-tail]
	if len(want) == 0 {
		return expected, expected >= 0 && expected <= len(lines)
	}
	best, found := 0, false
	for at := head; at+len(want) <= len(lines); at++ {
		if (!found || distance(at-head, expected) < distance(best, expected)) && equal(lines[at:], want) {
			best, found = at-head, true
		}
	}
	return best, found
}

func distance(a, b int) int { return max(a-b, b-a) }

func equal(lines []string, want []lined) bool {
	for i, w := range want {
		if strings.TrimSuffix(lines[i], "\r") != w.text {
			return false
		}
	}
	return true
}

// changes are the runs of changed lines of a hunk whose first line has index at.
func (v version) changes(path string, hunk, at int, file []string) []Change {
	var out []Change
	run := func(from, to int) { // indices in v.lines
		c := Change{Path: path, Hunk: hunk, With: v.with, Before: above(file, at+from), After: below(file, at+to)}
		for i := from; i < to; i++ {
			c.Lines = append(c.Lines, at+i+1)
		}
		out = append(out, c)
	}
	for i := 0; i < len(v.lines); i++ {
		from := i
		for i < len(v.lines) && v.lines[i].changed && (i == from || !v.lines[i].gap) {
			i++
		}
		switch {
		case i > from:
			run(from, i)
			i--
		case v.lines[i].gap && (i == 0 || !v.lines[i-1].changed):
			run(i, i)
		}
	}
	if n := len(v.lines); v.gapAtEnd && (n == 0 || !v.lines[n-1].changed) {
		run(n, n)
	}
	return out
}

// movedOver are the lines of a hunk that have the change and are not changed themselves,
// between where a line was taken out and where the same is put in: as well it could be them
// that are moved, and which of the two a diff shows is of no meaning. Lines that a hunk takes out or
// puts in more than once are moved nowhere in particular. The hunk's first line has index at.
func movedOver(h *gitdiff.TextFragment, at int) (over []int) {
	type ends struct{ outs, ins, from, to int }
	moved := map[string]*ends{}
	for n, l := range h.Lines {
		text := strings.TrimSpace(l.Line)
		if l.Op == gitdiff.OpContext || !isStatement(text) {
			continue
		}
		if moved[text] == nil {
			moved[text] = &ends{}
		}
		if e := moved[text]; l.Op == gitdiff.OpDelete {
			e.outs, e.from = e.outs+1, n
		} else {
			e.ins, e.to = e.ins+1, n
		}
	}
	steps := make([]int, len(h.Lines)+1) // by how many moves more a line is moved over than the one before
	for _, e := range moved {
		if e.outs == 1 && e.ins == 1 {
			steps[min(e.from, e.to)]++
			steps[max(e.from, e.to)]--
		}
	}
	line, moves := at, 0
	for n, l := range h.Lines {
		moves += steps[n]
		if l.Op == gitdiff.OpDelete {
			continue
		}
		line++
		if l.Op == gitdiff.OpContext && moves > 0 {
			over = append(over, line)
		}
	}
	return over
}

// isStatement says whether a line of C stores or calls something, as far as is seen.
func isStatement(text string) bool { return strings.ContainsAny(text, "=(+-") }

// reach is how far from a change a line may stand that counts as beside it: comments
// and the like become no code.
const reach = 8

// above are the lines before index i that are of the same function, the nearest first.
func above(file []string, i int) (out []int) {
	for i = min(i, len(file)); i > 0 && len(out) < reach && !endsFunction(file[i-1]); i-- {
		out = append(out, i)
		if beginsFunction(file[i-1]) {
			break
		}
	}
	return out
}

// below are the lines from index i on that are of the same function.
func below(file []string, i int) (out []int) {
	for ; i < len(file) && len(out) < reach && !beginsFunction(file[i]); i++ {
		out = append(out, i+1)
		if endsFunction(file[i]) {
			break
		}
	}
	return out
}

// endsFunction goes by the kernel's style: a function's last line is a brace in the
// first column.
func endsFunction(text string) bool { return strings.HasPrefix(text, "}") }

// beginsFunction: what else stands in the first column is a label, or for the preprocessor.
func beginsFunction(text string) bool {
	if text == "" || text[0] == '}' {
		return false
	}
	c := text[0]
	letter := c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
	return c == '{' || letter && !strings.HasSuffix(strings.TrimSpace(text), ":")
}
