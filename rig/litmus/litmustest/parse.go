// SPDX-License-Identifier: Apache-2.0

// Package litmustest reads whole litmus tests, as diy7 makes them, for tests that run
// them without a guest, or hold something against them. It owns what initial values and
// conditions mean there, which the program leaves to herd7 and litmus7; heads and states
// it leaves to rig/litmus. Only tests import it.
package litmustest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"kcovrig/rig/litmus"
)

// Test is one AArch64 litmus test that was read.
type Test struct {
	litmus.Test
	Locations   []string // terms that a locations clause names beside the condition's
	proposition node
}

// Observed lists the terms of the final states: those of the condition and of
// the locations clause, sorted.
func (t *Test) Observed() []string {
	terms := slices.Concat(t.Condition.Terms, t.Locations)
	slices.Sort(terms)
	return slices.Compact(terms)
}

var typeBytes = map[string]int{
	"int8_t": 1, "uint8_t": 1, "char": 1,
	"int16_t": 2, "uint16_t": 2, "short": 2,
	"int": 4, "int32_t": 4, "uint32_t": 4, "unsigned": 4,
	"int64_t": 8, "uint64_t": 8, "long": 8, "intptr_t": 8, "uintptr_t": 8,
}

// Parse reads one test. What it does not understand is an error: a test is run
// as it is meant or not at all.
func Parse(text string) (*Test, error) {
	arch, rest, _ := strings.Cut(strings.TrimSpace(text), "\n")
	kind, name, _ := strings.Cut(strings.TrimSpace(arch), " ")
	if kind != "AArch64" || name == "" {
		return nil, fmt.Errorf("the first line %q is not AArch64 and a name", arch)
	}
	t := &Test{}
	t.Name = strings.TrimSpace(name)
	head, rest, ok := strings.Cut(rest, "{")
	init, body, ok2 := strings.Cut(rest, "}")
	if !ok || !ok2 {
		return nil, fmt.Errorf("test %s: no {} of initial values after %q", t.Name, strings.TrimSpace(head))
	}
	if err := t.parseBody(body); err != nil {
		return nil, fmt.Errorf("test %s: %w", t.Name, err)
	}
	if err := t.parseInit(init); err != nil {
		return nil, fmt.Errorf("test %s: %w", t.Name, err)
	}
	return t, t.check()
}

// parseBody reads the code, a locations clause and the condition.
func (t *Test) parseBody(body string) error {
	lines := strings.Split(body, "\n")
	at := 0
	for ; at < len(lines); at++ {
		line := strings.TrimSpace(lines[at])
		if line == "" {
			continue
		}
		row, ok := strings.CutSuffix(line, ";")
		if !ok || strings.HasPrefix(line, "locations") {
			break
		}
		if err := t.addRow(strings.Split(row, "|")); err != nil {
			return err
		}
	}
	closing := strings.TrimSpace(strings.Join(lines[min(at, len(lines)):], "\n"))
	if rest, ok := strings.CutPrefix(closing, "locations"); ok {
		list, after, ok := strings.Cut(rest, "]\n")
		if !ok {
			return fmt.Errorf("locations end nowhere")
		}
		for term := range strings.SplitSeq(strings.TrimPrefix(strings.TrimSpace(list), "["), ";") {
			if term = strings.TrimSpace(term); term == "" {
				continue
			}
			term, _, err := assignment(term + "=0")
			if err != nil {
				return err
			}
			t.Locations = append(t.Locations, term)
		}
		closing = after
	}
	return t.parseCondition(closing)
}

func (t *Test) addRow(columns []string) error {
	if t.Threads == nil {
		for i, column := range columns {
			if strings.TrimSpace(column) != "P"+strconv.Itoa(i) {
				return fmt.Errorf("column %d is headed %q", i, strings.TrimSpace(column))
			}
			t.Threads = append(t.Threads, litmus.Thread{Regs: map[string]litmus.Value{}})
		}
		return nil
	}
	if len(columns) != len(t.Threads) {
		return fmt.Errorf("a row has %d columns, the head %d", len(columns), len(t.Threads))
	}
	for i, column := range columns {
		code := &t.Threads[i].Code
		label, after, ok := strings.Cut(strings.TrimSpace(column), ":")
		if ok {
			*code = append(*code, strings.TrimSpace(label)+":")
		} else {
			after = label
		}
		if after = strings.TrimSpace(after); after != "" {
			*code = append(*code, after)
		}
	}
	return nil
}

func (t *Test) parseInit(init string) error {
	variables := map[string]litmus.Variable{}
	for item := range strings.SplitSeq(init, ";") {
		item = strings.Join(strings.Fields(item), " ")
		if item == "" {
			continue
		}
		left, right, assigned := strings.Cut(item, "=")
		bytes := 0
		if kind, name, typed := strings.Cut(strings.TrimSpace(left), " "); typed {
			if bytes = typeBytes[kind]; bytes == 0 {
				return fmt.Errorf("type %s of %q is not known", kind, item)
			}
			name, elements, err := elements(name)
			if bytes *= elements; err != nil || bytes > maxVariable || elements > 1 && assigned {
				return fmt.Errorf("%q declares neither a number nor a register, nor a small array of zeros", item)
			}
			left = name
		}
		if !assigned {
			right = "0"
		}
		term, value, err := assignment(left + "=" + right)
		if err != nil {
			return err
		}
		if err := t.initial(variables, term, bytes, value, assigned); err != nil {
			return err
		}
	}
	for term := range t.mentioned() {
		if _, ok := variables[term]; !ok {
			variables[term] = litmus.Variable{Name: term, Bytes: typeBytes["int"]}
		}
	}
	for _, variable := range variables {
		t.Memory = append(t.Memory, variable)
	}
	slices.SortFunc(t.Memory, func(a, b litmus.Variable) int { return strings.Compare(a.Name, b.Name) })
	return nil
}

// maxVariable is what a value of a variable holds.
const maxVariable = 8

// elements takes an array's length, "y[2]", from its name; other names have one.
func elements(name string) (string, int, error) {
	array, rest, ok := strings.Cut(name, "[")
	if strings.ContainsAny(name, "* ") {
		return "", 0, fmt.Errorf("%q is no name", name)
	}
	if !ok {
		return name, 1, nil
	}
	n, err := strconv.Atoi(strings.TrimSuffix(rest, "]"))
	if err != nil || n < 1 || !strings.HasSuffix(rest, "]") {
		return "", 0, fmt.Errorf("%q is no array", name)
	}
	return array, min(n, maxVariable+1), nil
}

func (t *Test) initial(variables map[string]litmus.Variable, term string, bytes int, right string, assigned bool) error {
	var value litmus.Value
	if number, err := strconv.ParseUint(right, 10, 64); err == nil {
		value.Number = number
	} else {
		value.Address = right
	}
	if thread, reg, ok := litmus.Register(term); ok {
		if thread >= len(t.Threads) {
			return fmt.Errorf("%s: there is no such thread", term)
		}
		if assigned {
			t.Threads[thread].Regs[reg] = value
		}
		return nil
	}
	name, _ := Location(term)
	variable := variables[name]
	if bytes == 0 {
		bytes = max(variable.Bytes, typeBytes["int"])
	}
	variables[name] = litmus.Variable{Name: name, Bytes: bytes, Value: value}
	return nil
}

// mentioned lists the locations that registers point to or that are observed.
func (t *Test) mentioned() map[string]bool {
	names := map[string]bool{}
	for _, thread := range t.Threads {
		for _, value := range thread.Regs {
			if value.Address != "" {
				names[value.Address] = true
			}
		}
	}
	for _, term := range t.Observed() {
		if _, _, isReg := litmus.Register(term); !isReg {
			name, _ := Location(term)
			names[name] = true
		}
	}
	return names
}

func (t *Test) check() error {
	if len(t.Threads) == 0 {
		return fmt.Errorf("test %s: it has no threads", t.Name)
	}
	for _, term := range t.Observed() {
		if thread, _, ok := litmus.Register(term); ok && thread >= len(t.Threads) {
			return fmt.Errorf("test %s: the condition names %s, which is no thread", t.Name, term)
		}
		if name, ok := Location(term); ok && strings.Contains(name, "[") {
			return fmt.Errorf("test %s: the condition names %s, a part of an array", t.Name, term)
		}
	}
	return nil
}
