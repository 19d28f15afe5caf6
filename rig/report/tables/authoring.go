// SPDX-License-Identifier: Apache-2.0

package tables

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"kcovrig/rig/author"
	"kcovrig/rig/report/format"
	"kcovrig/rig/report/words"
	"kcovrig/rig/result"
	"kcovrig/rig/trial"
)

// WrittenSchema is that of a scenario that was written.
const WrittenSchema = "kcovrig.scenario-new/1"

// CheckedSchema is that of a scenario that was looked over.
const CheckedSchema = "kcovrig.scenario-check/1"

// ShownCheck is a scenario that was looked over, and what it is shown in.
type ShownCheck struct {
	author.Checked
	Width int // the terminal's, for text; 0: none is known
}

// Checked says what is wrong with a scenario, and what was seen of it.
var Checked = format.Writers[ShownCheck]{{Format: format.Text, Write: checkedText}, {Format: format.JSON, Write: checkedJSON}}

func checkedJSON(w io.Writer, c ShownCheck) error {
	return result.Object(w, map[string]any{
		"schema": CheckedSchema, "name": c.Name, "file": c.File, "ok": c.OK, "findings": result.Full(c.Remarks), "linux": c.Linux, "side": c.Side,
		"program": c.Program, "arch": c.Arch, "kernels": result.Full(c.Kernels), "tried": c.Tried, "skipped": result.Full(c.Skipped), "next": c.Next,
	})
}

func checkedText(to io.Writer, c ShownCheck) error {
	var b strings.Builder
	w := &b
	remarks(w, c.Remarks)
	if c.Linux != "" && c.Side != "" {
		fmt.Fprintf(w, "tree: linux %s %s the fix\n", c.Linux, c.Side)
	}
	if c.Program > 0 {
		fmt.Fprintf(w, "program: %s for %s\n", words.Size(int64(c.Program)), c.Arch)
	}
	for i, k := range c.Kernels {
		before := []trial.ScopeStop(nil)
		if i > 0 {
			before = c.Kernels[0].Stops
		}
		scopeText(w, k, before, c.All, c.Width)
	}
	if c.Tried != nil {
		triedText(w, *c.Tried)
	}
	for _, s := range c.Skipped {
		fmt.Fprintf(w, "not looked at: %s\n", s)
	}
	counts := map[author.Level]int{}
	for _, f := range c.Remarks {
		counts[f.Level]++
	}
	fmt.Fprintf(w, "%s: %d wrong, %d to do\n", c.File, counts[author.Wrong], counts[author.Todo])
	// A command is whole on its line: a terminal that wraps it copies it whole.
	first := ""
	if counts[author.Wrong]+counts[author.Todo] > 0 {
		first = "put these right, then "
	}
	_, err := fmt.Fprintf(to, "%snext: %s%s\n", words.Fitted(b.String(), c.Width), first, c.Next)
	return err
}

// triedText says how the program got on.
func triedText(w io.Writer, t author.Tried) {
	if t.Windows > 0 {
		fmt.Fprintf(w, "program in the unpatched kernel: %d tries in %.1f s, %d of them hits\n", t.Windows, t.Seconds, t.Hits)
	}
	if len(t.Console) > 0 {
		fmt.Fprintln(w, "the unpatched kernel's console ends:")
	}
	for _, line := range t.Console {
		fmt.Fprintf(w, "  %s\n", words.OneLine(line))
	}
}

// scopeText lists a kernel's scope, and what in it keeps accesses in order that was
// not listed of the kernel before it: all, or what is at the patch's lines, and of named
// functions what is no call. Of the rest it says how much there is.
func scopeText(b *strings.Builder, k author.Kernel, before []trial.ScopeStop, all bool, width int) {
	fmt.Fprintf(b, "%s kernel, reordered in:\n", k.Variant)
	var rows [][]string
	for _, f := range k.Scope {
		rows = append(rows, []string{"  " + words.OneLine(f.Symbol), fmt.Sprintf("%d bytes", f.Bytes), words.OneLine(f.Why)})
	}
	words.Rows(b, rows, width)
	rows = nil
	left, more := map[string]int{}, map[string]int{}
	for _, s := range before {
		left[sameStop(s)]++
	}
	for _, s := range k.Stops {
		switch left[sameStop(s)]--; {
		case left[sameStop(s)] >= 0:
		case all, s.Near, s.Kind != "call" && slices.Contains(k.Named, s.Symbol):
			rows = append(rows, []string{"    " + s.Kind, s.Place(), words.OneLine(s.Source), words.OneLine(s.Text), words.OneLine(s.SourceText)})
		default:
			more[s.Symbol]++
		}
	}
	switch {
	case len(rows)+len(more) == 0:
	case before != nil:
		b.WriteString("  there, beside what the other kernel has:\n")
	case len(rows) == 0:
		b.WriteString("  there, nothing at the patch's lines keeps accesses in order, or ends what the emulator reorders\n")
	default:
		b.WriteString("  there, these keep accesses in order, or end what the emulator reorders:\n")
	}
	words.Rows(b, rows, width)
	var counts []string
	for _, symbol := range slices.Sorted(maps.Keys(more)) {
		counts = append(counts, fmt.Sprintf("%d in %s", more[symbol], words.OneLine(symbol)))
	}
	if len(counts) > 0 {
		fmt.Fprintf(b, "    and farther from the patch's lines, which --verbose lists: %s\n", strings.Join(counts, ", "))
	}
}

// sameStop is what a stop has in common in two kernels, whose addresses and lines differ.
func sameStop(s trial.ScopeStop) string {
	op, _, _ := strings.Cut(s.Text, " ")
	return strings.Join([]string{s.Kind, s.Symbol, op, s.SourceText}, "\x00")
}

// ShownScenario is a scenario that was written, and what it is shown in.
type ShownScenario struct {
	author.Written
	Width int // the terminal's, for text; 0: none is known
}

// Written says which files of a scenario were written, and what is left to do.
var Written = format.Writers[ShownScenario]{{Format: format.Text, Write: writtenText}, {Format: format.JSON, Write: writtenJSON}}

func writtenJSON(w io.Writer, s ShownScenario) error {
	return result.Object(w, map[string]any{"schema": WrittenSchema, "name": s.Name, "dir": s.Dir, "files": result.Full(s.Files), "todo": result.Full(s.Todo), "next": s.Next})
}

func writtenText(to io.Writer, s ShownScenario) error {
	var b strings.Builder
	w := &b
	fmt.Fprintf(w, "scenario %s in %s:\n", s.Name, s.Dir)
	for _, f := range s.Files {
		fmt.Fprintf(w, "  %s\n", f)
	}
	if len(s.Todo) > 0 {
		fmt.Fprintln(w, "left to do:")
		remarks(w, s.Todo)
	}
	_, err := fmt.Fprintf(to, "%snext: %s\n", words.Fitted(b.String(), s.Width), s.Next)
	return err
}

// remarks lists them as compilers do, so that editors can jump to each.
func remarks(w io.Writer, all []author.Remark) {
	for _, f := range all {
		switch {
		case f.File == "":
		case f.Line == 0:
			fmt.Fprintf(w, "%s: ", f.File)
		default:
			fmt.Fprintf(w, "%s:%d:%d: ", f.File, f.Line, f.Col)
		}
		fmt.Fprintf(w, "%s: %s\n", levels[f.Level], f.Text)
	}
}

// levels are the remarks' in words.
var levels = map[author.Level]string{author.Wrong: "wrong", author.Todo: "to do", author.Note: "note"}
