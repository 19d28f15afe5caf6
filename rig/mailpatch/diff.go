// SPDX-License-Identifier: Apache-2.0

package mailpatch

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"kcovrig/rig/printable"
)

// parse fills p from the first reading of d that is a diff.
func (p *Patch) parse(d document) error {
	var first error
	for _, text := range d.texts {
		text = unixLines(text)
		if coloured.MatchString(text) {
			return fmt.Errorf("the diff is coloured: make it with --no-color")
		}
		err := p.parseText(text)
		if err == nil {
			return nil
		}
		if first == nil {
			first = err
		}
	}
	return first
}

func (p *Patch) parseText(text string) error {
	if p.whole, p.Message, p.errWhole = parseFiles(named(text, false)); p.errWhole == nil {
		p.errWhole = checkNames(p.whole)
	}
	var message string
	if p.stripped, message, p.errStrip = parseFiles(named(text, true)); p.errStrip == nil {
		p.errStrip, p.Message = checkNames(p.stripped), message
	}
	if p.errStrip != nil && p.errWhole != nil {
		return p.errStrip
	}
	files := p.stripped
	if p.errStrip != nil {
		files = p.whole
	}
	for _, f := range files {
		if err := checkFile(f); err != nil {
			return err
		}
	}
	return nil
}

// Text is what was taken of the patch, as a mail: its words, then the diff of files.
func (p Patch) Text(files []*gitdiff.File) string {
	var b strings.Builder
	if p.From != "" {
		b.WriteString("From: " + p.From + "\n")
	}
	if p.Subject != "" {
		b.WriteString("Subject: " + p.Subject + "\n")
	}
	if b.Len() > 0 {
		b.WriteString("\n")
	}
	return b.String() + p.Message + Diff(files)
}

func parseFiles(text string) ([]*gitdiff.File, string, error) {
	files, message, err := gitdiff.Parse(strings.NewReader(text))
	if err != nil {
		return nil, "", fmt.Errorf("damaged patch (were its blanks and tabs kept?): %w", err)
	}
	if len(files) == 0 {
		return nil, "", fmt.Errorf("the patch is empty: it changes no file")
	}
	return files, message, nil
}

// maxLine bounds the places of hunks, far beyond any file.
const maxLine = 1 << 30

// checkFile refuses what no tree should get, and what cannot be applied anywhere.
func checkFile(f *gitdiff.File) error {
	for _, mode := range []uint32{uint32(f.OldMode), uint32(f.NewMode)} {
		switch mode & 0o170000 {
		case 0o120000:
			return fmt.Errorf("%q is a symbolic link: a patch may not make or change one", Path(f))
		case 0o160000:
			return fmt.Errorf("%q is a git submodule: a patch may not make or change one", Path(f))
		}
	}
	if !f.IsNew && !f.IsDelete && !f.IsRename && !f.IsCopy && f.OldName != f.NewName {
		return fmt.Errorf("%q and %q are two files, and nothing says that one becomes the other", f.OldName, f.NewName)
	}
	for _, h := range f.TextFragments {
		if max(h.OldPosition, h.NewPosition, h.OldLines, h.NewLines) > maxLine || min(h.OldPosition, h.NewPosition, h.OldLines, h.NewLines) < 0 {
			return fmt.Errorf("%q: no file has the lines of hunk %q", Path(f), printable.Line(h.Header()))
		}
	}
	return nil
}

func checkNames(files []*gitdiff.File) error {
	for _, f := range files {
		for _, name := range []string{f.OldName, f.NewName} {
			if err := checkPath(name); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkPath refuses a path that would leave the tree; "" stands for /dev/null.
func checkPath(p string) error {
	if p == "" {
		return nil
	}
	words := strings.Split(p, "/")
	switch {
	case strings.ContainsFunc(p, func(r rune) bool { return unicode.IsControl(r) || r == unicode.ReplacementChar }):
		return fmt.Errorf("%q has characters that no file of a kernel's has in its name", p)
	case !filepath.IsLocal(p) || p == "." || slices.Contains(words, ".."):
		return fmt.Errorf("%q lies outside the tree", p)
	case slices.Contains(words, "") || slices.Contains(words, "."):
		return fmt.Errorf("%q is no plain path below a tree", p)
	case slices.ContainsFunc(words, func(w string) bool { return strings.EqualFold(w, ".git") }):
		return fmt.Errorf("%q lies in git's own folder", p)
	}
	return nil
}

var hunkStart = regexp.MustCompile(`^@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@`)

// named rewrites the names in a diff's headers such that go-gitdiff, which takes
// a/ and b/ from git's headers alone, reads them as patch -p1 does, or as -p0.
func named(text string, strip bool) string {
	var out strings.Builder
	lines := strings.SplitAfter(text, "\n")
	old, new, git := 0, 0, false
	for i, line := range lines {
		switch m := hunkStart.FindStringSubmatch(line); {
		case old > 0 || new > 0:
			within(line, &old, &new)
		case m != nil:
			old, new, git = count(m[1]), count(m[2]), false
		case strings.HasPrefix(line, "diff --git "):
			git = true
			if !strip {
				line = "diff --git " + prefixPair(strings.TrimSuffix(line[len("diff --git "):], "\n")) + "\n"
			}
		case isName(lines, i):
			line = line[:4] + rename(line[4:], git, strip)
			if strings.HasPrefix(line, "+++ ") {
				git = false
			}
		}
		out.WriteString(line)
	}
	return out.String()
}

// isName says whether line i is one of a file's two names.
func isName(lines []string, i int) bool {
	if strings.HasPrefix(lines[i], "+++ ") {
		i--
	}
	return i >= 0 && i+2 < len(lines) && strings.HasPrefix(lines[i], "--- ") && strings.HasPrefix(lines[i+1], "+++ ") && strings.HasPrefix(lines[i+2], "@@ -")
}

// within counts a hunk's line; one that is none ends the hunk.
func within(line string, old, new *int) {
	switch {
	case line == "\n" || strings.HasPrefix(line, " "):
		*old, *new = *old-1, *new-1
	case strings.HasPrefix(line, "-"):
		*old--
	case strings.HasPrefix(line, "+"):
		*new--
	case !strings.HasPrefix(line, `\`):
		*old, *new = 0, 0
	}
}

func count(text string) int {
	if text == "" {
		return 1
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return maxLine
	}
	return n
}

// rename adds what go-gitdiff will take away, or takes away what it will not.
func rename(name string, git, strip bool) string {
	if strings.HasPrefix(name, "/dev/null") {
		return name
	}
	quote := ""
	if strings.HasPrefix(name, `"`) {
		quote, name = `"`, name[1:]
	}
	if git && !strip {
		name = "a/" + name
	} else if _, rest, ok := strings.Cut(name, "/"); ok && !git && strip && !strings.HasPrefix(name, "/") {
		name = rest
	}
	return quote + name
}

// prefixPair puts a/ before both names of git's header.
func prefixPair(pair string) string {
	if first, second, ok := strings.Cut(pair, `" `); ok && strings.HasPrefix(first, `"`) {
		return rename(first+`"`, true, false) + " " + rename(second, true, false)
	}
	middle := len(pair) / 2
	if len(pair)%2 == 1 && pair[middle] == ' ' && bare(pair[:middle]) == bare(pair[middle+1:]) {
		return "a/" + pair[:middle] + " a/" + pair[middle+1:] // names may hold blanks
	}
	if first, second, ok := strings.Cut(pair, " "); ok {
		return "a/" + first + " " + rename(second, true, false)
	}
	return "a/" + pair
}

// bare is a name without its first folder.
func bare(name string) string {
	_, rest, _ := strings.Cut(name, "/")
	return rest
}
