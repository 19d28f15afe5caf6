// SPDX-License-Identifier: Apache-2.0

package barrier

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"kcovrig/rig/trial"
)

// diffContext is the lines around a change, as diff -u has them.
const diffContext = 3

// statements are what is put into C for a barrier.
var statements = map[trial.Order]string{trial.OrderLoads: "smp_rmb();", trial.OrderStores: "smp_wmb();", trial.OrderAll: "smp_mb();"}

// Accesses of C that are written on a line of their own.
var (
	writeOnce  = regexp.MustCompile(`^(\s*)WRITE_ONCE\((.+), ([^,]+)\);$`)
	assignment = regexp.MustCompile(`^(\s*)([\w.>\[\]*-]+) = ([^=].*);$`)
	readOnce   = regexp.MustCompile(`READ_ONCE\(([^()]+)\)`)
)

// Diff is a part of a suggestion as a patch to the file that holds its line, whose lines
// are given; empty where the lines do not say where it goes.
func (p Part) Diff(file string, lines []string) string {
	switch {
	case p.Position != nil:
		after, before := lineOf(p.Position.After, file), lineOf(p.Position.Before, file)
		if after == 0 || after >= before || before > len(lines) || !ends(lines[after:before-1], lines[after-1]) {
			return ""
		}
		at := lines[before-1]
		if strings.HasPrefix(strings.TrimSpace(at), "}") { // the block's end stands less deep than what is in it
			at = lines[after-1]
		}
		indent := at[:len(at)-len(strings.TrimLeft(at, " \t"))]
		return unified(file, lines, before-1, 0, indent+statements[p.Change.To])
	case p.Access != nil:
		at := lineOf(p.Access.Instruction, file)
		if at == 0 || at > len(lines) {
			return ""
		}
		if line := ordered(lines[at-1], p.Access.Store); line != "" {
			return unified(file, lines, at-1, 1, line)
		}
	}
	return ""
}

// lineOf is the line of an instruction in a file; 0: it is in another, or not known.
func lineOf(i trial.Instruction, file string) int {
	in, number, _ := strings.Cut(i.Source, ":")
	n, err := strconv.Atoi(number)
	if in != file || err != nil || n < 1 {
		return 0
	}
	return n
}

// ends says whether a statement may stand behind these lines, the first of which comes
// behind start: the last that has any code ends a statement.
func ends(lines []string, start string) bool {
	last := start
	for _, l := range lines {
		if code := strings.TrimSpace(l); code != "" && !strings.HasPrefix(code, "/*") && !strings.HasPrefix(code, "*") && !strings.HasPrefix(code, "//") {
			last = l
		}
	}
	last = strings.TrimSpace(last)
	return strings.HasSuffix(last, ";") || strings.HasSuffix(last, "{")
}

// ordered is a line whose access is made to order; empty: it has no form that is known.
func ordered(line string, store bool) string {
	if !store {
		if len(readOnce.FindAllString(line, -1)) != 1 {
			return ""
		}
		return readOnce.ReplaceAllStringFunc(line, func(s string) string {
			return "smp_load_acquire(" + address(readOnce.FindStringSubmatch(s)[1]) + ")"
		})
	}
	for _, form := range []*regexp.Regexp{writeOnce, assignment} {
		if m := form.FindStringSubmatch(line); m != nil {
			return fmt.Sprintf("%ssmp_store_release(%s, %s);", m[1], address(m[2]), m[3])
		}
	}
	return ""
}

// address is that of an expression of C.
func address(of string) string {
	if rest, ok := strings.CutPrefix(of, "*"); ok {
		return rest
	}
	return "&" + of
}

// unified puts a line in the place of so many, behind the first at of them.
func unified(file string, lines []string, at, gone int, line string) string {
	from, to := max(0, at-diffContext), min(len(lines), at+gone+diffContext)
	var b strings.Builder
	fmt.Fprintf(&b, "--- a/%s\n+++ b/%s\n@@ -%d,%d +%d,%d @@\n", file, file, from+1, to-from, from+1, to-from+1-gone)
	for i := from; i < to; i++ {
		if i == at {
			for _, l := range lines[at : at+gone] {
				b.WriteString("-" + l + "\n")
			}
			b.WriteString("+" + line + "\n")
		}
		if i < at || i >= at+gone {
			b.WriteString(" " + lines[i] + "\n")
		}
	}
	return b.String()
}
