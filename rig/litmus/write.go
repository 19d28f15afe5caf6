// SPDX-License-Identifier: Apache-2.0

package litmus

import (
	"fmt"
	"slices"
	"sort"
	"strings"
)

var typeNames = map[int]string{1: "uint8_t", 2: "uint16_t", 4: "uint32_t", 8: "uint64_t"}

// Text writes the test as herd7, litmus7 and Parse read it, with remarks as a
// comment before the code. A remark must not hold braces or end the comment.
// The registers of the condition are as wide as a doubleword.
func (t *Test) Text(remarks ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "AArch64 %s\n", t.Name)
	for i, r := range remarks {
		start, end := " * ", ""
		if i == 0 {
			start = "(* "
		}
		if i == len(remarks)-1 {
			end = " *)"
		}
		fmt.Fprintln(&b, strings.TrimRight(start+remark.Replace(r), " ")+end)
	}
	b.WriteString("{\n")
	for _, c := range t.Memory {
		value := c.Value.Address
		if value == "" {
			value = fmt.Sprint(c.Value.Number)
		}
		fmt.Fprintf(&b, "%s %s = %s;\n", typeNames[c.Bytes], c.Name, value)
	}
	for _, term := range t.Observed() {
		if _, _, ok := Register(term); ok {
			fmt.Fprintf(&b, "uint64_t %s;\n", term)
		}
	}
	for i, thread := range t.Threads {
		b.WriteString(thread.initial(i))
	}
	b.WriteString("}\n")
	t.writeCode(&b)
	fmt.Fprintf(&b, "%s %s\n", t.Condition.Quantifier, t.Condition.Text)
	return b.String()
}

// remark takes what would end the comment or begin the initial state.
var remark = strings.NewReplacer("{", "(", "}", ")", "(*", "( *", "*)", "* )")

// initial is the line of a thread's registers.
func (t Thread) initial(number int) string {
	names := make([]string, 0, len(t.Regs))
	for name := range t.Regs {
		names = append(names, name)
	}
	sort.Strings(names)
	var items []string
	for _, name := range names {
		value := t.Regs[name].Address
		if value == "" {
			value = fmt.Sprint(t.Regs[name].Number)
		}
		items = append(items, fmt.Sprintf("%d:%s=%s;", number, name, value))
	}
	if len(items) == 0 {
		return ""
	}
	return strings.Join(items, " ") + "\n"
}

// writeCode writes the columns, a label in the row of what it stands before.
func (t *Test) writeCode(b *strings.Builder) {
	var columns [][]string
	rows := 0
	for i, thread := range t.Threads {
		column := []string{fmt.Sprintf("P%d", i)}
		label := ""
		for _, line := range thread.Code {
			if label += line; strings.HasSuffix(line, ":") {
				label += " "
				continue
			}
			column, label = append(column, label), ""
		}
		if label != "" {
			column = append(column, strings.TrimSpace(label))
		}
		columns = append(columns, column)
		rows = max(rows, len(column))
	}
	for row := range rows {
		var line []string
		for _, c := range columns {
			width := len(slices.MaxFunc(c, func(a, b string) int { return len(a) - len(b) }))
			text := ""
			if row < len(c) {
				text = c[row]
			}
			line = append(line, fmt.Sprintf(" %-*s ", width, text))
		}
		fmt.Fprintf(b, "%s;\n", strings.Join(line, "|"))
	}
}
