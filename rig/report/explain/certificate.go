// SPDX-License-Identifier: Apache-2.0

package explain

import (
	"fmt"
	"path/filepath"
	"strings"

	"kcovrig/rig/report/words"
	"kcovrig/rig/result"
	"kcovrig/rig/trial"
)

// certificate prints a witness's litmus tests and what herd7 says of them.
func certificate(b *strings.Builder, d result.Document, n int, o Options) {
	c := *o.Certificate
	fmt.Fprintf(b, "witness %d of %d: ", n, len(d.Witnesses))
	words.Paragraph(b, Title(d.Witnesses[n-1], d.Words), "  ", o.Width)
	writeUnder(b, d.Witnesses[n-1], o.Width)
	if len(c.Tests) == 0 {
		b.WriteString("\nno litmus test: ")
		words.Paragraph(b, c.Why, "  ", o.Width)
		return
	}
	for _, t := range c.Tests {
		if o.Dir != "" {
			fmt.Fprintf(b, "\n%s\n  %s\n", t.What, filepath.Join(o.Dir, t.Name+".litmus"))
		} else {
			fmt.Fprintf(b, "\n%s", t.Text)
		}
	}
	b.WriteString("\n")
	if c.Skipped != "" {
		why := "herd7 was not asked: "
		if c.Model != "" {
			why = "herd7 said nothing: "
		}
		words.Paragraph(b, why+c.Skipped, "  ", o.Width)
		if c.Try != "" {
			words.Paragraph(b, "try: "+c.Try, "  ", o.Width)
		}
		return
	}
	fmt.Fprintf(b, "herd7, %s:\n", c.Model)
	for _, t := range c.Tests {
		fmt.Fprintf(b, "  %-9s  %s%s\n", allowedWords[t.Allowed], t.What, unexpected(t))
	}
	b.WriteString("\n")
	words.Paragraph(b, conclusion(c), "", o.Width)
}

var allowedWords = map[trial.Expectation]string{trial.Sometimes: "allowed", trial.Never: "forbidden", "": "nothing said"}

func unexpected(t trial.LitmusTest) string {
	if t.Expected != "" && t.Allowed != "" && t.Allowed != t.Expected {
		return " (expected: " + allowedWords[t.Expected] + ")"
	}
	return ""
}

// conclusion says what the tests together mean.
func conclusion(c trial.Certificate) string {
	last := c.Tests[len(c.Tests)-1]
	switch {
	case c.Contradicted():
		return "CONTRADICTION: herd7 says otherwise than the run; the emulator, the test or the fix is wrong."
	case c.Certified():
		return "certified detection: the model allows what was seen, and rules it out " + last.What + "."
	case len(c.Tests) == 1:
		return "The model allows what was seen. What would rule it out is not known: the run holds no patched kernel's barrier."
	default:
		return "not certified: herd7 did not say of all."
	}
}
