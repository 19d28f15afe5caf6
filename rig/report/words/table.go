// SPDX-License-Identifier: Apache-2.0

package words

import (
	"strings"
	"text/tabwriter"
	"unicode/utf8"
)

// Table writes rows, their head first, into lines of a terminal's width; 0: any.
// Where they do not fit, each row is a paragraph of its own: its first names cells, and
// below them the others with their heads. how is tabwriter's alignment.
func Table(b *strings.Builder, rows [][]string, names int, how uint, width int) {
	if text := InColumns(rows, how); Fits(text, width) {
		b.WriteString(text)
		return
	}
	for _, row := range rows[1:] {
		b.WriteString(strings.TrimSpace(strings.Join(row[:names], ", ")) + "\n")
		line := ""
		for i := names; i < len(row); i++ {
			cell := row[i]
			if head := rows[0][i]; head != "" {
				cell = head + ": " + cell
			}
			switch {
			case row[i] == "":
			case line == "":
				line = "  " + cell
			case Widest(line)+len("; ")+Widest(cell) > width:
				b.WriteString(line + "\n")
				line = "  " + cell
			default:
				line += "; " + cell
			}
		}
		b.WriteString(line + "\n")
	}
}

// Rows writes rows without a head, with no blanks at their ends; 0: any width. Where they
// do not fit, a row goes on in lines of its own, with as many cells in each as go there.
func Rows(b *strings.Builder, rows [][]string, width int) {
	var aligned strings.Builder
	for line := range strings.Lines(InColumns(rows, 0)) {
		aligned.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
	if Fits(aligned.String(), width) {
		b.WriteString(aligned.String())
		return
	}
	for _, row := range rows {
		line := row[0]
		indent := line[:len(line)-len(strings.TrimLeft(line, " "))] + "  "
		for _, cell := range row[1:] {
			switch {
			case cell == "":
			case strings.TrimSpace(line) == "":
				line = indent + cell
			case Widest(line)+len("  ")+Widest(cell) > width:
				b.WriteString(line + "\n")
				line = indent + cell
			default:
				line += "  " + cell
			}
		}
		b.WriteString(line + "\n")
	}
}

// InColumns are rows, each cell below the one above it.
func InColumns(rows [][]string, how uint) string {
	var b strings.Builder
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', how)
	for _, row := range rows {
		line := strings.Join(row, "\t")
		if how == tabwriter.AlignRight {
			line += "\t"
		}
		_, _ = t.Write([]byte(line + "\n")) // a Builder never fails
	}
	_ = t.Flush()
	return b.String()
}

// Fits says whether no line is longer than a terminal's; 0: any.
func Fits(text string, width int) bool { return width == 0 || Widest(text) <= width }

// Widest is the number of letters of the longest line.
func Widest(text string) (most int) {
	for line := range strings.SplitSeq(text, "\n") {
		most = max(most, utf8.RuneCountInString(line))
	}
	return most
}

// Fitted breaks the lines that are longer than a terminal's.
func Fitted(text string, width int) string {
	if width == 0 {
		return text
	}
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		lines = append(lines, Wrap(line, width)...)
	}
	return strings.Join(lines, "\n")
}
