// SPDX-License-Identifier: Apache-2.0

package linetable

import (
	"regexp"
	"slices"
	"strings"
)

// macro is one that a source file defines, with its first and last line.
type macro struct {
	name        string
	first, last int
}

var (
	define = regexp.MustCompile(`^[ \t]*#[ \t]*define[ \t]+([A-Za-z_]\w*)`)
	word   = regexp.MustCompile(`[A-Za-z_]\w*`)
)

// macrosOf are the macros that the lines of a file define.
func macrosOf(lines []string) (all []macro) {
	for i := 0; i < len(lines); i++ {
		m := define.FindStringSubmatch(lines[i])
		if m == nil {
			continue
		}
		first := i + 1
		for i+1 < len(lines) && strings.HasSuffix(strings.TrimRight(lines[i], " \t\r"), `\`) {
			i++
		}
		all = append(all, macro{m[1], first, i + 1})
	}
	return all
}

// changedBy says whether a change has lines of the macro, or where it has none stands between two.
func (m macro) changedBy(c Change) bool {
	in := func(line int) bool { return m.first <= line && line <= m.last }
	if len(c.Lines) > 0 {
		return slices.ContainsFunc(c.Lines, in)
	}
	return len(c.Before) > 0 && len(c.After) > 0 && in(c.Before[0]) && in(c.After[0])
}

// Macros names, sorted, the macros of which changes have lines, and those that are made of
// these. Texts are lines of files, by where they are below the tree.
func Macros(texts map[string][]string, changes []Change) []string {
	changed := map[string]bool{}
	for path, lines := range texts {
		for _, m := range macrosOf(lines) {
			if slices.ContainsFunc(changes, func(c Change) bool { return c.Path == path && m.changedBy(c) }) {
				changed[m.name] = true
			}
		}
	}
	for known := -1; known != len(changed); {
		known = len(changed)
		for _, lines := range texts {
			for _, m := range macrosOf(lines) {
				for _, line := range lines[m.first-1 : m.last] {
					changed[m.name] = changed[m.name] || firstOf(line, changed) != ""
				}
				if !changed[m.name] {
					delete(changed, m.name)
				}
			}
		}
	}
	var names []string
	for name := range changed {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// firstOf is the first word of a line that is one of names; empty: none is.
func firstOf(line string, names map[string]bool) string {
	for _, w := range word.FindAllString(line, -1) {
		if names[w] {
			return w
		}
	}
	return ""
}

// Uses are the lines of a file on which one of the macros is used, not counting other macros'
// own: compilers place there what it becomes.
func Uses(path string, lines []string, macros []string) (uses []Change) {
	names, own := map[string]bool{}, macrosOf(lines)
	for _, m := range macros {
		names[m] = true
	}
	for i, line := range lines {
		name := firstOf(line, names)
		if name != "" && !slices.ContainsFunc(own, func(m macro) bool { return m.first <= i+1 && i+1 <= m.last }) {
			uses = append(uses, Change{Path: path, Lines: []int{i + 1}, Macro: name})
		}
	}
	return uses
}

// Names are, sorted, the functions and macros of texts of which changes have lines, and the
// macros that are made of these.
func Names(texts map[string][]string, changes []Change) []string {
	names := Macros(texts, changes)
	for _, c := range changes {
		if name := around(texts[c.Path], c); name != "" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// around is the function or macro that a change is in; empty: none is.
func around(lines []string, c Change) string {
	if len(slices.Concat(c.Lines, c.Before)) == 0 {
		return ""
	}
	for i := min(slices.Concat(c.Lines, c.Before)[0], len(lines)); i > 0; i-- { // a patch may name lines that are not there
		if name := Defined(lines[i-1]); name != "" || strings.HasPrefix(lines[i-1], "}") {
			return name
		}
	}
	return ""
}

// defines is the first line of a macro, whose name is the first group, or of a function.
var defines = regexp.MustCompile(`^(?:#[ \t]*define[ \t]+([A-Za-z_]\w*)|(?:[A-Za-z_][^;={}"(]*?[ \t*])??([A-Za-z_]\w*)[ \t]*\()`)

// Defined is what a line begins to define; empty: nothing.
func Defined(line string) string {
	m := defines.FindStringSubmatch(line)
	if m == nil {
		return ""
	}
	return m[1] + m[2]
}
