// SPDX-License-Identifier: Apache-2.0

package tables

import (
	"fmt"
	"io"
	"strings"

	"kcovrig/rig/report/format"
	"kcovrig/rig/report/words"
	"kcovrig/rig/result"
	"kcovrig/rig/trial"
)

// ExpectSchema names the JSON form of Expectations.
const ExpectSchema = "kcovrig.expect/2"

// ShownExpectations are expectations, and what they are shown in.
type ShownExpectations struct {
	trial.Expectations
	Width int // the terminal's, for text; 0: none is known
}

// Expectations are what the kernel's memory model says beside what was measured.
var Expectations = format.Writers[ShownExpectations]{
	{Format: format.Text, Write: expectText}, {Format: format.JSON, Write: expectJSON},
	{Format: format.Line, Write: func(w io.Writer, e ShownExpectations) error {
		_, err := fmt.Fprintln(w, ExpectSentence(e.Expectations))
		return err
	}},
}

func expectJSON(w io.Writer, e ShownExpectations) error {
	e.Tests, e.LKMM = result.Full(e.Tests), result.Full(e.LKMM)
	return result.Object(w, struct {
		Schema string `json:"schema"`
		trial.Expectations
	}{ExpectSchema, e.Expectations})
}

func expectText(to io.Writer, e ShownExpectations) error {
	var b strings.Builder
	w := &b
	fmt.Fprintf(w, "model     %s\n", e.Model)
	if e.Run == "" {
		fmt.Fprintln(w, "measured  nothing: the cache holds no run under the memory emulator")
	} else {
		fmt.Fprintf(w, "measured  %s\n", e.Run)
	}
	fmt.Fprintln(w)
	said := e.Words.Full()
	rows := [][]string{{"kernel and reader", said.Column() + ", says herd7", said.Column() + ", measured", ""}}
	for _, x := range e.Tests {
		seen := "-"
		if x.Measured {
			seen = fmt.Sprintf("%d of %d %s", x.HitWindows, x.Windows, said.Windows)
		}
		mark := ""
		if x.Contradiction {
			mark = "CONTRADICTION"
		}
		rows = append(rows, []string{x.Name, fmt.Sprint(x.Allowed), seen, mark})
	}
	words.Table(w, rows, 1, 0, e.Width)
	if len(e.LKMM) > 0 {
		writeModelTests(w, e.LKMM, e.Width)
	}
	_, err := io.WriteString(to, words.Fitted(b.String(), e.Width))
	return err
}

// ExpectSentence says in a line whether the model and what was measured agree.
func ExpectSentence(e trial.Expectations) string {
	measured, against, ok, silent, unsaid := 0, 0, 0, 0, 0
	for _, x := range e.Tests {
		if x.Measured {
			measured++
		}
		if x.Contradiction {
			against++
		}
	}
	for _, x := range e.LKMM {
		switch {
		case x.Herd == "":
			silent++
		case x.Result == "":
			unsaid++
		case x.OK:
			ok++
		}
	}
	said := fmt.Sprintf("no contradiction in the %d of %d kernels and readers that were measured", measured, len(e.Tests))
	switch {
	case against > 0:
		said = fmt.Sprintf("CONTRADICTION: the model rules out %s that were measured, in %d of %d kernels and readers", e.Words.Full().Hits, against, len(e.Tests))
	case measured == 0:
		said = fmt.Sprintf("nothing measured to hold against what the model allows for %d kernels and readers", len(e.Tests))
	}
	if len(e.LKMM) > 0 {
		said += fmt.Sprintf("; %d of %d of the model's tests as their Result lines say", ok, len(e.LKMM)-unsaid)
	}
	if unsaid > 0 {
		said += fmt.Sprintf(", %d without such a line", unsaid)
	}
	if silent > 0 {
		said += fmt.Sprintf(", %d of which herd7 said nothing", silent)
	}
	return said
}

func writeModelTests(b *strings.Builder, tests []trial.ModelTest, width int) {
	ok, unsaid := 0, 0
	rows := [][]string{{"the model's tests", "herd7", "Result line", ""}}
	for _, x := range tests {
		herd := x.Herd
		if herd == "" {
			herd = "nothing said"
		}
		if x.OK {
			ok++
		}
		if x.Result == "" {
			unsaid++
		}
		rows = append(rows, []string{x.Name, herd, x.Result, x.Note})
	}
	b.WriteString("\n")
	words.Table(b, rows, 1, 0, width)
	fmt.Fprintf(b, "%d of %d as their Result lines say, %d without such a line\n", ok, len(tests)-unsaid, unsaid)
}
