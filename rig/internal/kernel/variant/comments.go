// SPDX-License-Identifier: Apache-2.0

package variant

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"kcovrig/rig/fault"
	"kcovrig/rig/mailpatch"
)

// idle is the user's fault of patches that change comments and blank lines alone: a
// compiler makes the same of both kernels, which are then not worth a build. made is what
// the patches make of the tree that read has, or what taking them back does.
func idle(patches []mailpatch.Patch, made Changes, read Reader) error {
	if !commentsAlone(made, read) {
		return nil
	}
	return &fault.Error{
		Kind: fault.User, Err: fmt.Errorf("%s changes comments and blank lines alone: the kernels with and without it would be the same", names(patches)),
		Try: "a patch that changes code",
	}
}

// commentsAlone says whether changes are surely of nothing but comments and blank lines.
// Where that is in doubt, it is false: of files other than C, of lines that were joined or
// parted, of what compilers read in more than one way.
func commentsAlone(made Changes, read Reader) bool {
	looked := false
	for name, after := range made {
		if outside(name) {
			continue
		}
		before, err := read(name)
		if ext := path.Ext(name); err != nil || after == nil || ext != ".c" && ext != ".h" {
			return false
		}
		was, sure := code(before)
		is, alsoSure := code(*after)
		if !sure || !alsoSure || !slices.Equal(was, is) {
			return false
		}
		looked = true
	}
	return looked
}

// alike says whether what made changes is as read has it, but for comments and blank lines.
func alike(made Changes, read Reader) bool {
	same := true
	for name, after := range made {
		before, err := read(name)
		same = same && err == nil && after != nil && *after == before
	}
	return same || commentsAlone(made, read)
}

var (
	// spliced is the end of a line that the next one continues. Compilers take blanks behind
	// the backslash for nothing.
	spliced = regexp.MustCompile(`\\[ \t\r\f\v]*\n`)
	// inHeaderName is a line that ends within the name of a header, in which // and /* are
	// no comments.
	inHeaderName = regexp.MustCompile(`^# ?(include|include_next|import|embed)\b[^<]*<[^>]*$|__has_(include|include_next|embed) ?\( ?<[^>]*$`)
	// rawPrefix stands before a string in which a backslash is one, and which may hold lines.
	rawPrefix = []string{"R", "LR", "uR", "UR", "u8R"}
)

// code is what a compiler sees of C source: its lines without comments, with one blank
// for any between two words, and without lines that hold nothing. It is not sure of what
// depends on the compiler or its options.
func code(text string) (lines []string, sure bool) {
	if strings.Contains(text, "??/") { // a backslash, where trigraphs are on
		return nil, false
	}
	s := stripper{rest: spliced.ReplaceAllString(text, "") + "\n"}
	for s.rest != "" {
		if !s.next() {
			return nil, false
		}
	}
	return s.lines, true
}

// stripper is source on its way through code.
type stripper struct {
	rest  string
	line  []byte
	blank bool // there was something between the line and the rest
	lines []string
}

// next takes a comment, a literal or a character; false: what it is is in doubt.
func (s *stripper) next() bool {
	switch c := s.rest[0]; {
	case c == '\n':
		if len(s.line) > 0 {
			s.lines = append(s.lines, string(s.line))
		}
		s.line, s.blank, s.rest = nil, false, s.rest[1:]
	case strings.IndexByte(" \t\r\f\v", c) >= 0:
		s.blank, s.rest = true, s.rest[1:]
	case strings.HasPrefix(s.rest, "//"):
		return s.comment(strings.IndexByte(s.rest, '\n'))
	case strings.HasPrefix(s.rest, "/*"):
		const marks = 2
		end := strings.Index(s.rest[marks:], "*/")
		return end >= 0 && s.comment(end+2*marks)
	case c == '"' || c == '\'':
		return s.literal(c)
	default:
		s.put(1)
	}
	return true
}

// comment leaves out that much.
func (s *stripper) comment(length int) bool {
	if inHeaderName.Match(s.line) {
		return false
	}
	s.blank, s.rest = true, s.rest[length:]
	return true
}

// put takes that much as it is.
func (s *stripper) put(length int) {
	if s.blank && len(s.line) > 0 {
		s.line = append(s.line, ' ')
	}
	s.line, s.blank, s.rest = append(s.line, s.rest[:length]...), false, s.rest[length:]
}

// literal takes a string or a character, which ends in its line. Raw strings, and marks
// between digits, are of newer versions of C than all compilers read.
func (s *stripper) literal(quote byte) bool {
	if word := s.word(); slices.Contains(rawPrefix, word) || quote == '\'' && word != "" && word[0] >= '0' && word[0] <= '9' {
		return false
	}
	for i := 1; i < len(s.rest) && s.rest[i] != '\n'; i++ {
		switch s.rest[i] {
		case '\\':
			i++
		case quote:
			s.put(i + 1)
			return true
		}
	}
	return false
}

// word is what the rest follows directly, where that is a name or a number.
func (s *stripper) word() string {
	if s.blank {
		return ""
	}
	at := len(s.line)
	for at > 0 && (s.line[at-1] == '_' || s.line[at-1] == '.' || s.line[at-1] >= '0' && s.line[at-1] <= '9' || s.line[at-1]|0x20 >= 'a' && s.line[at-1]|0x20 <= 'z') {
		at--
	}
	return string(s.line[at:])
}
