// SPDX-License-Identifier: Apache-2.0

// Package evidence prepares for pages what a run's folder holds beside its document:
// the patch, the two kernels' code side by side, the consoles. Reading the folder it
// leaves to rig/result, the look to rig/report/page.
package evidence

import (
	"fmt"
	"path/filepath"
	"strings"

	"kcovrig/rig/result"
)

// Evidence is all of it; what a folder does not hold is missing.
type Evidence struct {
	Patches  []Text
	Code     *Code // nil: not both kernels' was kept
	Consoles []Text
}

// Text is a file.
type Text struct {
	Title, Name string
	Note        string // what of it is not shown
	Lines       []Line
}

// Line is a line of text with a class of the style sheet.
type Line struct{ Class, Text string }

// Of prepares what lies beside a document.
func Of(s result.Saved) Evidence {
	var e Evidence
	for _, f := range s.Attachments.Patches {
		t := Text{Title: fmt.Sprintf("The patch: the %s kernel is the tree with this", f.Variant), Name: f.Name, Note: behind(f)}
		for _, l := range lines(f.Text) {
			t.Lines = append(t.Lines, Line{classOf(l), l})
		}
		e.Patches = append(e.Patches, t)
	}
	e.Code = sideBySide(s)
	for _, f := range s.Attachments.Consoles {
		t := Text{Title: fmt.Sprintf("Console of the %s kernel", f.Variant), Name: f.Name}
		if boot := filepath.Dir(f.Name); boot != string(f.Variant) {
			t.Title += fmt.Sprintf(" (%s)", boot)
		}
		shown := lines(f.Text)
		switch {
		case f.Text == "":
			shown, t.Note = nil, "It is empty: the kernel wrote nothing there."
		case f.Left > 0:
			shown = shown[min(1, len(shown)-1):] // the first is half a line
			t.Note = fmt.Sprintf("Its end; the %d bytes before are in the file.", f.Left)
		}
		for _, l := range shown {
			t.Lines = append(t.Lines, Line{"", l})
		}
		e.Consoles = append(e.Consoles, t)
	}
	return e
}

// Empty says that there is nothing to show.
func (e Evidence) Empty() bool { return len(e.Patches)+len(e.Consoles) == 0 && e.Code == nil }

func behind(f result.File) string {
	if f.Left == 0 {
		return ""
	}
	return fmt.Sprintf("Its beginning; %d more bytes are in the file.", f.Left)
}

// lines takes a text apart, which may come from a serial line.
func lines(text string) []string {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	return strings.Split(strings.TrimSuffix(text, "\n"), "\n")
}

// classOf tells the lines of a diff apart by their first letter.
func classOf(line string) string {
	for _, head := range []string{"diff ", "index ", "--- ", "+++ ", "@@ "} {
		if strings.HasPrefix(line, head) {
			return "faint"
		}
	}
	switch {
	case strings.HasPrefix(line, "+"):
		return "added"
	case strings.HasPrefix(line, "-"):
		return "removed"
	}
	return ""
}
