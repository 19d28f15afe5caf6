// SPDX-License-Identifier: Apache-2.0

package live

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"sync"

	"kcovrig/rig/trial"
	"kcovrig/rig/wording"
)

// lines writes progress as plain lines.
type lines struct {
	mu      sync.Mutex
	w       io.Writer
	verbose bool
	words   wording.Words
	last    string // what a stage under way is about
}

// Lines returns a sink that writes one plain line per finished stage and note,
// and one now and then while a stage lasts; verbose adds the external commands,
// what the tools say, and every hit reported.
func Lines(w io.Writer, verbose bool) trial.Sink {
	l := &lines{w: w, verbose: verbose}
	return func(e trial.Event) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.add(e)
	}
}

func (l *lines) add(e trial.Event) {
	kernel := inBrackets(e.Variant)
	switch {
	case e.Stage != nil:
		l.stage(*e.Stage, kernel)
	case e.Note != "":
		l.printLine("  note: %s", e.Note)
	case e.Waiting != "":
		l.last = ": " + e.Waiting
		l.printLine("  %s", e.Waiting)
	case e.Build != nil:
		l.last = ": " + building(*e.Build)
	case e.Line != "":
		l.last = ": " + strings.TrimSpace(e.Line)
		if l.verbose {
			l.printLine("    %s", e.Line)
		}
	case e.Command != "" && l.verbose:
		l.printLine("    + %s", e.Command)
	case e.Hit != nil && l.verbose && e.Hit.Kind != "":
		l.printLine("    hit%s: mode %s %s %d: %s: %s", kernel, e.Hit.Mode, l.words.Full().Window, e.Hit.Window, e.Hit.Kind, e.Hit.Text)
	case e.Words != nil:
		l.words = *e.Words
	case e.Hit != nil && l.verbose:
		said := l.words.Full()
		l.printLine("    %s%s: mode %s %s %d %s %d of %d: %#x, later %#x", said.Column(), kernel, e.Hit.Mode, said.Window, e.Hit.Window,
			cmp.Or(said.Unit, "number"), e.Hit.Index, e.Hit.Count, e.Hit.Seen, e.Hit.Later)
	}
}

func (l *lines) stage(s trial.StageEvent, kernel string) {
	switch {
	case s.Done:
		l.last = ""
		detail := s.Detail
		if detail != "" {
			detail = ": " + detail
		}
		l.printLine("  %-22s %7.2f s%s%s", s.Name, s.Seconds, kernel, detail)
	case s.Seconds > 0:
		l.printLine("  %-22s %7.0f s so far%s%.100s", s.Name, s.Seconds, kernel, l.last)
	case l.verbose:
		l.printLine("  %s%s ...", s.Name, kernel)
	}
}

// printLine writes one line. What a tool said may hold control characters: they are left out.
func (l *lines) printLine(format string, args ...any) {
	fmt.Fprintln(l.w, printable(fmt.Sprintf(format, args...)))
}

func inBrackets(kernel string) string {
	if kernel == "" {
		return ""
	}
	return " (" + kernel + ")"
}

// printable is text without control characters.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return -1
		}
		return r
	}, text)
}

// building says how far make has come: in its steps, of which the last whole
// build is a measure, not in a share of the work, which nobody knows.
func building(b trial.BuildEvent) string {
	steps := fmt.Sprintf("%d steps", b.Steps)
	if b.Before > 0 {
		steps += fmt.Sprintf(", Linux %s took %d", b.Version, b.Before)
	}
	return steps + "; " + b.Doing
}
