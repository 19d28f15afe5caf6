// SPDX-License-Identifier: Apache-2.0

package litmus

import (
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// Head is all that running a test needs of its text: what the code, the initial
// values and the condition mean is for herd7 and litmus7 to read, so that every
// test that they take can be run.
type Head struct {
	Name    string `json:"name"`
	Threads int    `json:"threads"`
}

var (
	firstLine = regexp.MustCompile(`^\s*(\w+)[ \t]+([\w/.+\-\[\]]+)`)
	column    = regexp.MustCompile(`^P(\d+)(?:[.:].*)?$`)
)

// ReadHead reads the name and the number of threads of the test in the file of
// that name, whose text it is.
func ReadHead(text, file string) (Head, error) {
	first := firstLine.FindStringSubmatch(text)
	if first == nil {
		line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
		return Head{}, fmt.Errorf("the first line %.80q is not an architecture and a name", strings.TrimSpace(line))
	}
	h := Head{Name: strings.TrimSuffix(first[2], ".litmus")}
	if h.Name == "--" { // herd7 takes the file's name then
		h.Name = strings.TrimSuffix(filepath.Base(file), ".litmus")
	}
	if first[1] != "AArch64" {
		return h, fmt.Errorf("it is a test for %s; the guest and its emulator are AArch64", first[1])
	}
	rest, err := afterInit(text[len(first[0]):])
	if err != nil {
		return h, err
	}
	row, _, ended := strings.Cut(rest, ";")
	if !ended {
		return h, errors.New("no row of threads, P0 | P1 ;, after the initial values")
	}
	threads := map[string]bool{}
	for text := range strings.SplitSeq(row, "|") {
		found := column.FindStringSubmatch(strings.TrimSpace(text))
		if found == nil {
			return h, fmt.Errorf("the row of threads has a column %.40q, want P0, P1 and so on", strings.TrimSpace(text))
		}
		threads[found[1]] = true // P0.F, a fault handler, is no thread of its own
	}
	h.Threads = len(threads)
	for n := range h.Threads {
		if !threads[strconv.Itoa(n)] {
			return h, fmt.Errorf("the row of threads has no column P%d", n)
		}
	}
	return h, nil
}

// afterInit skips the lines before the initial values, these, and the comments
// behind them. As herd7, it knows no comment within the initial values' braces
// whose braces do not match.
func afterInit(text string) (string, error) {
	doc := regexp.MustCompile(`^\s*(\([^)\n]*\)\s*)?"[^"]*"`).FindString(text)
	text, ok := behind(text[len(doc):], "{")
	if !ok {
		return "", errors.New("no { of initial values")
	}
	depth := 1
	for at, c := range text {
		switch c {
		case '{':
			depth++
		case '}':
			depth--
		}
		if depth == 0 {
			text, _ = behind(text[at+1:], "")
			return text, nil
		}
	}
	return "", errors.New("the initial values' { has no }")
}

// behind skips lines and comments up to what is wanted, and that too. Nothing
// is wanted: it skips blanks and comments.
func behind(text, wanted string) (string, bool) {
	for text != "" {
		switch {
		case strings.HasPrefix(text, "(*") && behindComment(text) != "":
			text = behindComment(text)
		case wanted != "" && strings.HasPrefix(text, wanted):
			return text[len(wanted):], true
		case wanted == "" && !strings.ContainsRune(" \t\r\n", rune(text[0])):
			return text, true
		default:
			text = text[1:]
		}
	}
	return "", false
}

// behindComment skips a comment, which may hold others; one without an end gives
// nothing: it is none.
func behindComment(text string) string {
	depth := 0
	for at := 0; at < len(text); at++ {
		switch {
		case strings.HasPrefix(text[at:], "(*"):
			depth++
			at++
		case strings.HasPrefix(text[at:], "*)"):
			depth--
			at++
		}
		if depth == 0 {
			return text[at+1:]
		}
	}
	return ""
}

// withoutComments leaves comments out; of one without an end, all that follows.
func withoutComments(text string) string {
	var out strings.Builder
	for {
		before, comment, found := strings.Cut(text, "(*")
		out.WriteString(before)
		if !found {
			return out.String()
		}
		if text = behindComment("(*" + comment); text == "" {
			return out.String()
		}
		out.WriteByte(' ')
	}
}
