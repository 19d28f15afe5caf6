// SPDX-License-Identifier: Apache-2.0

package explain

import (
	"fmt"
	"slices"
	"strings"

	"kcovrig/rig/arch"
	"kcovrig/rig/report/words"
	"kcovrig/rig/result"
	"kcovrig/rig/trial"
)

// writeOrdering says per kernel what orders its two writes, or that nothing does, and
// what the emulator counted of it.
func writeOrdering(b *strings.Builder, d result.Document, width int) {
	if len(d.Code) == 0 && len(d.Measured) == 0 {
		return
	}
	b.WriteString("\nwhat keeps the order\n")
	for _, v := range append(trial.Pair(), trial.AsIs) {
		name := string(v)
		readers := readersOf(d, v)
		i := slices.IndexFunc(d.Code, func(c trial.Code) bool { return c.Variant == v })
		switch {
		case i >= 0:
			b.WriteString("  " + name + ": ")
			text, list := orderingOf(d.Code[i], d.Spec.Arch), slices.Concat(d.Code[i].Between, d.Code[i].Publish)
			if scoped(d.Code[i]) {
				text, list = scopeOrdering(d.Code, i, d.Spec.Arch)
			}
			words.Paragraph(b, text, "    ", width)
			for _, at := range list {
				fmt.Fprintln(b, words.Cut("    "+described(at), width))
			}
		case len(readers) > 0:
			b.WriteString("  " + name + ": the code was not looked at\n")
		}
		for _, reader := range readers {
			b.WriteString("    ")
			words.Paragraph(b, counted(d, v, reader), "      ", width)
		}
	}
}

// orderingOf puts the static check into words.
func orderingOf(c trial.Code, archName string) string {
	const publish = "the store that publishes it"
	barriers := "a barrier"
	if len(c.Barriers) > 0 {
		barriers = strings.Join(c.Barriers, ", ")
	}
	if a, err := arch.Lookup(archName); err == nil && a.TSO {
		return fmt.Sprintf("in %s, the architecture itself does: %s is TSO, and never shows a store before an older one", c.Container, a.Name)
	}
	switch c.Ordered {
	case "yes":
		return fmt.Sprintf("in %s, %s stands on every path from the copy to %s", c.Container, barriers, publish)
	case "no":
		text := fmt.Sprintf("in %s, nothing orders the copy before %s", c.Container, publish)
		if len(c.Barriers) > 0 {
			text += ": " + barriers + " does not order stores"
		}
		return text
	case "partly":
		return fmt.Sprintf("in %s, %s stands on some paths from the copy to %s, not on all", c.Container, barriers, publish)
	default:
		return fmt.Sprintf("in %s, the static check could not tell whether anything orders the copy", c.Container)
	}
}

// described is an instruction's text, place and source, as far as known.
func described(i trial.Instruction) string {
	known := []string{i.Text, i.Place(), i.Source, words.OneLine(i.SourceText)}
	return strings.Join(slices.DeleteFunc(known, func(s string) bool { return s == "" }), "  ")
}

func readersOf(d result.Document, v trial.Variant) []trial.Reader {
	var list []trial.Reader
	for _, a := range d.Measured {
		if a.Variant == v && !slices.Contains(list, a.Reader) {
			list = append(list, a.Reader)
		}
	}
	return list
}

// counted is what one boot showed. Its modes share the emulator's counters.
func counted(d result.Document, v trial.Variant, reader trial.Reader) string {
	var hits, windows uint64
	var emulator map[string]uint64
	for _, a := range d.Measured {
		if a.Variant != v || a.Reader != reader {
			continue
		}
		if !a.Outcome.Counts() {
			return fmt.Sprintf("%s reader: %s, nothing of it is counted", reader, a.Outcome)
		}
		hits, windows, emulator = hits+a.HitWindows, windows+a.Windows, a.Counters
	}
	text := d.Words.Tally(hits, windows)
	if reader != trial.InKernel {
		text = fmt.Sprintf("%s reader: %s", reader, text)
	}
	if len(emulator) == 0 {
		return text + "; the emulator was not used"
	}
	return text + fmt.Sprintf("; the emulator held back %d stores, and %d barriers and releases came while some waited (orders, barrierDrains)",
		emulator["delayed"], emulator["orders"]+emulator["barrierDrains"])
}
