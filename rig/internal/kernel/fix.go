// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"fmt"
	"slices"
	"strings"
)

// Fix describes a missing order between a copy and a later store in one C
// function, and what counts as its repair.
type Fix struct {
	Source   string   // file below the tree
	Function string   // the function in it
	Copy     []string // calls that make the first write
	Stores   []string // calls that make the second, plain write
	Barriers []string // calls that order the two
	Releases []string // calls that make the second write in order
}

// In says whether source carries the fix: behind the last Copy every Store is
// covered by a Barrier, and there is a Store or a Release. Comments, strings
// and names do not count. An error says that source has no such function or
// that it holds no copy: then nothing is known.
func (f Fix) In(source string) (bool, error) {
	body, err := functionBody(tokens(source), f.Function)
	if err != nil {
		return false, fmt.Errorf("%s: %w", f.Source, err)
	}
	last := -1
	for i := range body {
		if isCall(body, i, f.Copy) {
			last = i
		}
	}
	if last < 0 {
		return false, fmt.Errorf("%s: %s() calls none of %s", f.Source, f.Function, strings.Join(f.Copy, ", "))
	}
	stores, releases := 0, 0
	for i := last + 1; i < len(body); i++ {
		switch {
		case isCall(body, i, f.Releases):
			releases++
		case isCall(body, i, f.Stores):
			stores++
			if !f.covered(body, last, i) {
				return false, nil
			}
		}
	}
	if stores+releases == 0 {
		return false, fmt.Errorf("%s: %s() has no store behind its copy", f.Source, f.Function)
	}
	return true, nil
}

// covered says whether a barrier between from and store is passed on every way
// to store: one whose block still stands, with no other case label in between.
func (f Fix) covered(body []string, from, store int) bool {
	for b := from + 1; b < store; b++ {
		if isCall(body, b, f.Barriers) && !conditional(body, b) && dominates(body, b, store) {
			return true
		}
	}
	return false
}

// dominates says whether the block of body[b] is still open at store and no
// label of its own switch lies in between.
func dominates(body []string, b, store int) bool {
	depth := 0
	for _, t := range body[b:store] {
		switch t {
		case "{":
			depth++
		case "}":
			if depth--; depth < 0 {
				return false
			}
		case "case", "default":
			if depth == 0 {
				return false
			}
		}
	}
	return true
}

// conditional says whether the statement at b hangs on an if or else without braces.
func conditional(body []string, b int) bool {
	return b > 0 && !slices.Contains([]string{";", "{", "}", ":"}, body[b-1])
}

func isCall(body []string, i int, names []string) bool {
	return i+1 < len(body) && body[i+1] == "(" && slices.Contains(names, body[i])
}

// functionBody returns the tokens between the braces of name's definition.
func functionBody(toks []string, name string) ([]string, error) {
	for i := range toks {
		if toks[i] != name || i+1 >= len(toks) || toks[i+1] != "(" {
			continue
		}
		end := closing(toks, i+1, "(", ")")
		if end < 0 || end+1 >= len(toks) || toks[end+1] != "{" {
			continue // a call or a declaration
		}
		if stop := closing(toks, end+1, "{", "}"); stop > 0 {
			return toks[end+2 : stop], nil
		}
	}
	return nil, fmt.Errorf("no function %s()", name)
}

// closing returns the index of the bracket that closes the one at i, or -1.
func closing(toks []string, i int, open, shut string) int {
	depth := 0
	for ; i < len(toks); i++ {
		switch toks[i] {
		case open:
			depth++
		case shut:
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

// tokens splits C source into names and single marks; comments, strings,
// character constants and preprocessor lines fall out.
func tokens(src string) []string {
	var out []string
	lineStart := true
	for i := 0; i < len(src); {
		c := src[i]
		switch {
		case c == '\n':
			lineStart = true
			i++
			continue
		case c == ' ' || c == '\t' || c == '\r':
			i++
			continue
		case strings.HasPrefix(src[i:], "/*"):
			i = after(src, i+2, "*/")
			continue
		case strings.HasPrefix(src[i:], "//"):
			i = after(src, i, "\n") - 1
			continue
		case c == '#' && lineStart:
			i = directiveEnd(src, i)
			continue
		case c == '"' || c == '\'':
			i = quoteEnd(src, i)
		case isWord(c):
			start := i
			for i < len(src) && isWord(src[i]) {
				i++
			}
			out = append(out, src[start:i])
		default:
			out = append(out, src[i:i+1])
			i++
		}
		lineStart = false
	}
	return out
}

func isWord(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// after returns the index behind the next mark at or after i, or the end plus one mark's rest.
func after(src string, i int, mark string) int {
	if n := strings.Index(src[i:], mark); n >= 0 {
		return i + n + len(mark)
	}
	return len(src) + 1
}

func directiveEnd(src string, i int) int {
	for {
		end := min(after(src, i, "\n"), len(src))
		if end == len(src) || !strings.HasSuffix(strings.TrimRight(src[i:end], "\r\n"), "\\") {
			return end
		}
		i = end
	}
}

func quoteEnd(src string, i int) int {
	quote := src[i]
	for i++; i < len(src) && src[i] != quote && src[i] != '\n'; i++ {
		if src[i] == '\\' {
			i++
		}
	}
	return min(i+1, len(src))
}
