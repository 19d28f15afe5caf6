// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// Families are a set's families in the order of its list.
type Families struct {
	names []string
	of    map[string]string // by test
}

// ReadFamilies reads the list of a set: FAMILY/NAME.litmus, one a line.
func ReadFamilies(r io.Reader) (Families, error) {
	f := Families{of: map[string]string{}}
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		family, file, _ := strings.Cut(lines.Text(), "/")
		name, ok := strings.CutSuffix(file, ".litmus")
		if !ok {
			return f, fmt.Errorf("line %q names no family and test", lines.Text())
		}
		if len(f.names) == 0 || f.names[len(f.names)-1] != family {
			f.names = append(f.names, family)
		}
		f.of[name] = family
	}
	return f, lines.Err()
}

// FamilyTable is the result in Markdown, a row per family: what of herd7's states was
// seen, and of the targets that herd7 allows, whether the emulator can reach them or not.
func FamilyTable(r Report, families Families) string {
	sums := map[string]*sum{}
	var all sum
	var notes strings.Builder
	for _, t := range r.Tests {
		family := families.of[t.Name]
		if sums[family] == nil {
			sums[family] = &sum{}
		}
		reach := map[string]int{t.Name: len(t.Allowed)}
		sums[family].add(t, reach)
		all.add(t, reach)
		switch t.Outcome {
		case "sound":
		case "unsound":
			fmt.Fprintf(&notes, "- UNSOUND: %s showed %q\n", t.Name, t.Forbidden)
		default:
			fmt.Fprintf(&notes, "- inconclusive: %s: %s\n", t.Name, t.Why)
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Linux %s in the guest, QEMU %s, seed %d.\n\n", r.Kernel, r.QEMU, r.Seed)
	b.WriteString("| family | tests | outcomes of each, at least | unsound | inconclusive | forbidden states | allowed states seen | share | allowed targets seen |\n|---|---|---|---|---|---|---|---|---|\n")
	for _, name := range append(families.names, "") {
		if s := sums[name]; s != nil {
			b.WriteString(s.row(name))
		}
	}
	b.WriteString(all.row("**all**"))
	if notes.Len() > 0 {
		b.WriteString("\n" + notes.String())
	}
	return b.String()
}

func (s sum) row(name string) string {
	return fmt.Sprintf("| %s | %d | %d | %d | %d | %d | %d of %d | %.1f %% | %d of %d |\n", name, s.tests, s.least, s.unsound, s.inconclusive,
		s.forbidden, s.seen, s.allowed, 100*float64(s.seen)/float64(max(1, s.allowed)), s.targetsSeen, s.targets)
}
