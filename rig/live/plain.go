// SPDX-License-Identifier: Apache-2.0

package live

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"strings"
	"sync"

	safe "kcovrig/rig/printable"
	"kcovrig/rig/trial"
	"kcovrig/rig/wording"
)

// lines writes progress as plain lines.
type lines struct {
	mu      sync.Mutex
	w       io.Writer
	verbose bool
	words   wording.Words
	last    map[string]string              // what a stage under way is about, by task
	counts  map[[2]string]trial.TallyEvent // of each kernel under stress, by task and kernel
}

// Lines returns a sink that writes one plain line per finished stage and note,
// and one now and then while a stage lasts; verbose adds the external commands,
// what the tools say, and every hit reported.
func Lines(w io.Writer, verbose bool) trial.Sink {
	l := newLines(w, verbose)
	return func(e trial.Event) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.add(e)
	}
}

func newLines(w io.Writer, verbose bool) *lines {
	return &lines{w: w, verbose: verbose, last: map[string]string{}, counts: map[[2]string]trial.TallyEvent{}}
}

func (l *lines) add(e trial.Event) {
	kernel := inBrackets(e.Task, e.Boot)
	switch {
	case e.Stage != nil:
		if e.Stage.Done {
			delete(l.counts, [2]string{e.Task, e.Boot})
		}
		l.stage(*e.Stage, e.Task, kernel)
	case e.Note != "" && e.Task != "":
		l.printLine("  note: %s: %s", e.Task, e.Note)
	case e.Note != "":
		l.printLine("  note: %s", e.Note)
	case e.Over:
		delete(l.last, e.Task)
		maps.DeleteFunc(l.counts, func(of [2]string, _ trial.TallyEvent) bool { return of[0] == e.Task })
	case e.Tally != nil:
		l.counts[[2]string{e.Task, e.Boot}] = *e.Tally
	case e.Waiting != "":
		l.last[e.Task] = ": " + e.Waiting
		l.printLine("  %s", e.Waiting)
	case e.Build != nil:
		l.last[e.Task] = ": " + building(*e.Build)
	case e.Line != "":
		l.last[e.Task] = ": " + strings.TrimSpace(e.Line)
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

func (l *lines) stage(s trial.StageEvent, task, kernel string) {
	switch {
	case s.Done:
		delete(l.last, task)
		detail := s.Detail
		if detail != "" {
			detail = ": " + detail
		}
		l.printLine("  %-22s %7.2f s%s%s", s.Name, s.Seconds, kernel, detail)
	case s.Seconds > 0:
		l.printLine("  %-22s %7.0f s so far%s%.100s", s.Name, s.Seconds, kernel, l.about(s.Name, task))
	case l.verbose:
		l.printLine("  %s%s ...", s.Name, kernel)
	}
}

// about is what a stage under way is about: of the stress, how far it is from its end.
func (l *lines) about(stage, task string) string {
	var seen []trial.TallyEvent
	for of, count := range l.counts {
		if of[0] == task {
			seen = append(seen, count)
		}
	}
	if said := extent(stage, seen); said != "" {
		return ": " + said
	}
	return l.last[task]
}

// printLine writes one line. What a tool said may hold control characters: they are left out.
func (l *lines) printLine(format string, args ...any) {
	fmt.Fprintln(l.w, printable(fmt.Sprintf(format, args...)))
}

func inBrackets(task, kernel string) string {
	said := strings.TrimPrefix(strings.TrimSuffix(task+", "+kernel, ", "), ", ")
	if said == "" {
		return ""
	}
	return " (" + said + ")"
}

// printable is text without control characters.
func printable(text string) string {
	return strings.ReplaceAll(safe.Lines(text), "\n", "")
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
