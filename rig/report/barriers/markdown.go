// SPDX-License-Identifier: Apache-2.0

package barriers

import (
	"fmt"
	"io"
	"strings"
	"unicode"

	"kcovrig/rig/barrier"
	"kcovrig/rig/report/words"
)

// markdown is for a reply on a mailing list, where it can be read as it is.
func markdown(w io.Writer, r barrier.Report) error {
	var b strings.Builder
	b.WriteString("# Barriers\n\n")
	for _, d := range disagreements(r) {
		words.Paragraph(&b, words.Plain(words.Capital(d))+".", "", width)
		b.WriteString("\n")
	}
	words.Paragraph(&b, words.Plain(words.Capital(Sentence(r)))+".", "", width)
	if r.Altered != nil && len(r.NotFor) == 0 {
		words.Paragraph(&b, words.Plain(sentences(seenAltered(r), modelUnder(r))), "", width)
	}
	if len(r.Rows) > 0 {
		rows := [][]string{{"where", "instruction", "answer", r.Words.Column()}}
		for _, row := range r.Rows {
			hits := "-"
			if len(row.Forms) > 0 {
				hits = fmt.Sprintf("%d of %d", row.Forms[0].Seen.Hits(), row.Forms[0].Seen.Windows())
			}
			rows = append(rows, []string{words.Plain(place(row.Instruction)), words.Plain(row.Text), answer(row.Answer), hits})
		}
		b.WriteString("\n")
		words.Aligned(&b, rows)
		b.WriteString("\n")
		for _, row := range r.Rows {
			said := seen(r, row)
			if m := modelWithout(r, row); m != "" {
				said += "; " + m
			}
			words.Paragraph(&b, fmt.Sprintf("- %s: %s", words.Plain(where(row.Instruction)), words.Plain(said)), "  ", width)
		}
	}
	for _, g := range together(r.Suggestions) {
		s := g.First
		fmt.Fprintf(&b, "\n## %s\n\n", words.Plain(heading(r, s)))
		words.Paragraph(&b, words.Plain(sentences(seenWith(r, s), modelWith(r, s.Model))), "", width)
		b.WriteString("\n")
		for _, l := range s.Less {
			words.Paragraph(&b, "- "+words.Plain(lessWords(l)), "  ", width)
		}
		if also := g.more(r); also != "" {
			words.Paragraph(&b, "- "+words.Plain(also), "  ", width)
		}
		words.Fence(&b, "diff", printable(strings.TrimRight(s.Diff, "\n")))
	}
	b.WriteString("\n")
	for _, g := range grounds(r) {
		words.Paragraph(&b, words.Plain(g), "", width)
	}
	for _, n := range r.Notes {
		words.Paragraph(&b, "- "+words.Plain(n), "  ", width)
	}
	if r.Kernel.Version != "" {
		fmt.Fprintf(&b, "\nkernel %s, %s, %s; QEMU %s\n", words.Plain(r.Kernel.Version), words.Plain(r.Spec.Arch), words.Plain(r.Kernel.Compiler), words.Plain(r.QEMU.Version))
	}
	if r.Failure != nil {
		fmt.Fprintf(&b, "\nIt ended with an error: %s\n", words.Plain(r.Failure.Message))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// heading names a suggestion above what is said of it.
func heading(r barrier.Report, s barrier.Suggestion) string {
	if s.Disagrees() {
		return words.Capital(enough(true)) + named(r, s)
	}
	return named(r, s)
}

// sentences make sentences of texts, where they are not empty.
func sentences(texts ...string) string {
	var out []string
	for _, t := range texts {
		if t != "" {
			out = append(out, words.Capital(t)+".")
		}
	}
	return strings.Join(out, " ")
}

// printable is a diff, whose lines and tabs stay, without other control characters or
// what would end a fence.
func printable(diff string) string {
	diff = strings.ReplaceAll(diff, "~~~", "~ ~")
	return strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, diff)
}
