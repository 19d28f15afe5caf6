// SPDX-License-Identifier: Apache-2.0

package words

import (
	"fmt"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"kcovrig/rig/matrix"
)

// Quoted makes argv the words of a shell's command.
func Quoted(argv []string) []string {
	words := make([]string, 0, len(argv))
	for _, w := range argv {
		if w == "" || strings.ContainsFunc(w, func(r rune) bool {
			return !strings.ContainsRune("-_./=,:@+%", r) && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
		}) {
			w = "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
		}
		words = append(words, w)
	}
	return words
}

// Plain keeps text from being taken as Markdown or HTML, on one line.
func Plain(text string) string {
	return strings.NewReplacer("|", "/", "`", "'", "<", "&lt;", "*", `\*`).Replace(OneLine(text))
}

// OneLine also drops what no terminal or mail should get: control characters.
func OneLine(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, text)
}

// Shortened cuts text to some characters.
func Shortened(text string, most int) string {
	runes := []rune(text)
	if len(runes) <= most {
		return text
	}
	return string(runes[:most-3]) + "..."
}

// Fence writes text as a fenced block of Markdown, none where it is empty.
func Fence(b *strings.Builder, language, text string) {
	if text != "" {
		fmt.Fprintf(b, "\n~~~%s\n%s\n~~~\n", language, text)
	}
}

// Head is the first lines of a text, and how many more there are.
func Head(text string, most int) string {
	lines := strings.Split(text, "\n")
	if len(lines) <= most {
		return text
	}
	return strings.Join(lines[:most], "\n") + fmt.Sprintf("\n... (%d more lines)", len(lines)-most)
}

// Cut shortens text to a width.
func Cut(text string, width int) string {
	if letters := []rune(text); len(letters) > width {
		return string(letters[:width-2]) + ".."
	}
	return text
}

// Wrap breaks text at spaces, else anywhere, into lines of at most width
// letters; the lines keep the text's indentation, further ones get two more.
func Wrap(text string, width int) []string {
	rest := strings.TrimLeft(text, " ")
	indent := strings.Repeat(" ", len(text)-len(rest))
	var out []string
	letters := []rune(rest)
	for len(indent)+len(letters) > width {
		room := max(1, width-len(indent))
		cut, skip := room, 0
		for i := min(room, len(letters)-1); i > room/4; i-- {
			if letters[i] == ' ' {
				cut, skip = i, 1
				break
			}
		}
		out = append(out, indent+string(letters[:cut]))
		letters = letters[cut+skip:]
		if len(out) == 1 {
			indent += "  "
		}
	}
	return append(out, indent+string(letters))
}

// Paragraph wraps a text; indent is that of the lines after the first.
func Paragraph(b *strings.Builder, text, indent string, width int) {
	used := b.Len() - strings.LastIndexByte(b.String(), '\n') - 1
	for i, word := range strings.Fields(text) {
		switch {
		case i > 0 && used+1+len(word) > width:
			b.WriteString("\n" + indent)
			used = len(indent)
		case i > 0:
			b.WriteString(" ")
			used++
		}
		b.WriteString(word)
		used += len(word)
	}
	b.WriteString("\n")
}

// Capital is the text with a capital letter first.
func Capital(text string) string {
	r, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(r)) + text[size:]
}

// Dash is the text, or "-" where there is none.
func Dash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

// ShortID is as much of a run's id as lists show; Find takes any length.
func ShortID(id string) string { return fmt.Sprintf("%.10s", id) }

// Moment writes a time for people, in UTC.
func Moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04") }

// OrNone is the text, or "none" where it is empty.
func OrNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

// Status says how a cell stands, for people.
func Status(r matrix.CellResult) string {
	switch r.Status {
	case matrix.NotRun:
		return "not run"
	case matrix.Expected:
		return "as expected"
	case matrix.NotFor:
		return "not applicable"
	}
	return string(r.Status)
}

// Aligned writes a table that can be read in a mail too.
func Aligned(b *strings.Builder, table [][]string) {
	width := make([]int, len(table[0]))
	for _, line := range table {
		for i, cell := range line {
			width[i] = max(width[i], len(cell))
		}
	}
	for n, line := range table {
		for i, cell := range line {
			fmt.Fprintf(b, "| %-*s ", width[i], cell)
		}
		b.WriteString("|\n")
		if n == 0 {
			for _, w := range width {
				b.WriteString("|" + strings.Repeat("-", w+2))
			}
			b.WriteString("|\n")
		}
	}
}

// CellAddress is where the history's pages show a cell.
func CellAddress(cell string) string { return "/cell?name=" + url.QueryEscape(cell) }
