// SPDX-License-Identifier: Apache-2.0

package barriers

import (
	"fmt"
	"io"
	"strings"

	"kcovrig/rig/barrier"
	"kcovrig/rig/report/words"
)

const width = 80

// text is for terminals: 80 columns.
func text(w io.Writer, r barrier.Report) error {
	var b strings.Builder
	for _, d := range disagreements(r) {
		words.Paragraph(&b, d, "  ", width)
	}
	for _, row := range r.Rows {
		words.Paragraph(&b, fmt.Sprintf("%-22s  %s  %s", answer(row.Answer), words.OneLine(row.Text), where(row.Instruction)), "    ", width)
		if row.SourceText != "" {
			fmt.Fprintf(&b, "    %s\n", words.Cut(words.OneLine(row.SourceText), width-4))
		}
		b.WriteString("    ")
		words.Paragraph(&b, seen(r, row), "    ", width)
		if said := modelWithout(r, row); said != "" {
			b.WriteString("    ")
			words.Paragraph(&b, said, "    ", width)
		}
	}
	for _, g := range together(r.Suggestions) {
		s := g.First
		words.Paragraph(&b, enough(s.Disagrees())+named(r, s), "  ", width)
		b.WriteString("  ")
		words.Paragraph(&b, fmt.Sprintf("%s; miss %.0e%s", r.Words.Seen(0, s.Windows), s.Miss, restsOn(s.Modes)), "  ", width)
		if said := modelWith(r, s.Model); said != "" {
			b.WriteString("  ")
			words.Paragraph(&b, said, "  ", width)
		}
		for _, l := range s.Less {
			b.WriteString("  less: ")
			words.Paragraph(&b, lessWords(l), "    ", width)
		}
		if also := g.more(r); also != "" {
			b.WriteString("  ")
			words.Paragraph(&b, also, "    ", width)
		}
		if s.Diff != "" {
			b.WriteString(indented(s.Diff))
		}
	}
	b.WriteString("\n")
	words.Paragraph(&b, Sentence(r), "  ", width)
	if r.Altered != nil && len(r.NotFor) == 0 {
		words.Paragraph(&b, words.Capital(seenAltered(r))+".", "  ", width)
		if said := modelUnder(r); said != "" {
			words.Paragraph(&b, words.Capital(said)+".", "  ", width)
		}
	}
	for _, g := range grounds(r) {
		words.Paragraph(&b, g, "  ", width)
	}
	for _, n := range r.Notes {
		words.Paragraph(&b, "note: "+words.OneLine(n), "  ", width)
	}
	if r.Failure != nil {
		words.Paragraph(&b, "failed: "+words.OneLine(r.Failure.Message), "  ", width)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// indented is a diff line by line, without what no terminal should get.
func indented(diff string) string {
	var b strings.Builder
	for line := range strings.Lines(diff) {
		b.WriteString("  " + printable(strings.TrimRight(line, "\n")) + "\n")
	}
	return b.String()
}
