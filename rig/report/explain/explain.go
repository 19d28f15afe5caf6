// SPDX-License-Identifier: Apache-2.0

// Package explain tells the story of a witness: who wrote what, what passed what,
// and what the reader saw; as text in two columns, as JSON, and as a table for
// pages. The reading of a witness it leaves to rig/witness.
package explain

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"kcovrig/rig/fault"
	"kcovrig/rig/report/format"
	"kcovrig/rig/report/words"
	"kcovrig/rig/result"
	"kcovrig/rig/trial"
)

// Schema names the JSON form of an explanation.
const Schema = "kcovrig.explain/2"

// Options say what of a run is explained, and for what terminal.
type Options struct {
	Number      int // of the witness, from 1; 0: the first, where there is one
	Width       int // letters per line; 0: 80
	Color       bool
	All         bool               // every event a row of its own
	Certificate *trial.Certificate // nil: not asked for
	Run         string             // how the run was named; empty: not known
	Dir         string             // where the certificate's tests were written; empty: they are printed
}

const defaultWidth = 80

// Chosen returns the number of the witness that o means; 0 where the run has
// none and none was asked for. A number that the run does not have is the
// user's fault.
func (o Options) Chosen(s result.Saved) (int, error) {
	have := len(s.Document.Witnesses)
	switch {
	case o.Number >= 1 && o.Number <= have, o.Number == 0 && have == 0:
		return o.Number, nil
	case o.Number == 0:
		return 1, nil
	}
	op := fmt.Sprintf("explain witness %d of %s", o.Number, s.Name)
	if have == 0 {
		return 0, &fault.Error{Kind: fault.User, Op: op, Err: fmt.Errorf("the run holds no witness"), Try: "kcovrig explain RUN without a number, which says what kept the order"}
	}
	return 0, fault.Newf(fault.User, op, "the run holds witnesses 1 to %d", have)
}

// Explanation is of a run.
type Explanation struct {
	Run     result.Saved
	Options Options
}

// Explanations tell the story of one witness, and what keeps the order.
var Explanations = format.Writers[Explanation]{{Format: format.Text, Write: explainText}, {Format: format.JSON, Write: explainJSON}}

func explainText(w io.Writer, e Explanation) error {
	s, o := e.Run, e.Options
	n, err := o.Chosen(s)
	if err != nil {
		return err
	}
	if o.Width == 0 {
		o.Width = defaultWidth
	}
	var b strings.Builder
	switch {
	case n == 0:
		fmt.Fprintf(&b, "%s: no witness was kept\n", s.Name)
	case o.Certificate != nil:
		certificate(&b, s.Document, n, o)
	default:
		writeWitness(&b, s.Document, n, o)
	}
	if o.Certificate == nil {
		writeOrdering(&b, s.Document, o.Width)
		if n > 0 {
			named := words.Quoted([]string{cmp.Or(o.Run, "RUN")})[0]
			fmt.Fprintf(&b, "\nits litmus test, judged by herd7: kcovrig explain %s %d --litmus\n", named, n)
		}
	}
	_, err = io.WriteString(w, b.String())
	return fault.Wrap(fault.Rig, "write the explanation", err)
}

func writeWitness(b *strings.Builder, d result.Document, n int, o Options) {
	s := taleOf(d, n, o.All)
	fmt.Fprintf(b, "witness %d of %d: ", n, len(d.Witnesses))
	words.Paragraph(b, Title(d.Witnesses[n-1], d.Words), "  ", o.Width)
	writeUnder(b, d.Witnesses[n-1], o.Width)
	fmt.Fprintf(b, "Linux %s, %s, seed %d\n\n", d.Kernel.Version, d.Spec.Arch, d.Spec.Seed)
	t := newTable(b, o.Width, o.Color)
	t.head(s.left, s.right)
	for _, r := range s.rows {
		t.row(r)
	}
	b.WriteString("\n")
	words.Paragraph(b, s.summary, "", o.Width)
	if s.window != "" {
		words.Paragraph(b, s.window, "", o.Width)
	}
}

// writeUnder says that another kernel than the one that was built showed the bug.
func writeUnder(b *strings.Builder, w trial.Witness, width int) {
	if w.Under != "" {
		words.Paragraph(b, "Not of the kernel as it is: the emulator altered its code. "+words.Capital(words.OneLine(w.Under))+".", "  ", width)
	}
}
