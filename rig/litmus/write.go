// SPDX-License-Identifier: Apache-2.0

package litmus

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Test is an AArch64 litmus test to be written.
type Test struct {
	Name      string
	Threads   []Thread
	Memory    []Variable // sorted by name
	Condition Condition
}

// Thread is one column of the code.
type Thread struct {
	Code []string         // instructions and labels ("L0:"), in order
	Regs map[string]Value // initial registers by name, X0 to X30; others are 0
}

// Variable is a memory location.
type Variable struct {
	Name  string
	Bytes int // of its type: 1, 2, 4 or 8
	Value Value
}

// Value is a number or, where Address is not empty, the address of a location.
type Value struct {
	Number  uint64
	Address string
}

// Condition is a test's closing line.
type Condition struct {
	Text  string   // with its quantifier: exists, ~exists or forall
	Terms []string // that it names, sorted
}

// Exists asks whether there is a final state in which each term has its value.
func Exists(values map[string]uint64) Condition {
	c := Condition{Terms: slices.Sorted(maps.Keys(values))}
	atoms := make([]string, 0, len(c.Terms))
	for _, term := range c.Terms {
		atoms = append(atoms, fmt.Sprintf("%s=%d", term, values[term]))
	}
	c.Text = "exists (" + strings.Join(atoms, ` /\ `) + ")"
	return c
}

// Register splits a register term.
func Register(term string) (thread int, name string, ok bool) {
	before, name, found := strings.Cut(term, ":")
	thread, err := strconv.Atoi(before)
	return thread, name, found && err == nil && thread >= 0
}

var typeNames = map[int]string{1: "uint8_t", 2: "uint16_t", 4: "uint32_t", 8: "uint64_t"}

// Text writes the test as herd7 and litmus7 read it, with remarks as a
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
	for _, term := range t.Condition.Terms {
		if _, _, ok := Register(term); ok {
			fmt.Fprintf(&b, "uint64_t %s;\n", term)
		}
	}
	for i, thread := range t.Threads {
		b.WriteString(thread.initial(i))
	}
	b.WriteString("}\n")
	t.writeCode(&b)
	fmt.Fprintln(&b, t.Condition.Text)
	return b.String()
}

// remark takes what would end the comment or begin the initial state.
var remark = strings.NewReplacer("{", "(", "}", ")", "(*", "( *", "*)", "* )")

// initial is the line of a thread's registers.
func (t Thread) initial(number int) string {
	var items []string
	for _, name := range slices.Sorted(maps.Keys(t.Regs)) {
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
