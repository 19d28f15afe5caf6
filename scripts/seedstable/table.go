// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Case is one of a scenario's: its fix, or a wrong one by name.
type Case struct{ Scenario, Name string }

// Loads are what the machine did beside, in the order of the columns.
var Loads = []string{"idle", "loaded"}

// Table counts answers by case, load and answer.
type Table map[Case]map[string]map[string]int

const head = `<!-- SPDX-License-Identifier: Apache-2.0 -->
# The catalogue, again and again

How often ` + "`kcovrig compare`" + ` had which answer on each case of [the catalogue](catalogue.md), with seeds from 1, on a machine that did nothing else (idle) and under two busy
loops per core (loaded): what scripts/catalogue-seeds ran so far. It goes on where it ended, so that a row may be of several days and versions. "fix" is the scenario's
own; the others are wrong fixes, none of which may be called fixed. Nothing is here that was not run.

| scenario | case | idle | loaded |
|---|---|---|---|
`

// Parse reads a page; an empty one has no answers.
func Parse(text string) (Table, error) {
	t := Table{}
	_, rows, found := strings.Cut(text, "|---|---|---|---|\n")
	if !found && strings.TrimSpace(text) != "" {
		return nil, fmt.Errorf("there is no table in it")
	}
	for row := range strings.Lines(rows) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(row), "|"), "|")
		if len(cells) != 2+len(Loads) {
			return nil, fmt.Errorf("row %q has %d cells", strings.TrimSpace(row), len(cells))
		}
		of := Case{strings.TrimSpace(cells[0]), strings.TrimSpace(cells[1])}
		for i, load := range Loads {
			if err := t.parse(of, load, strings.TrimSpace(cells[2+i])); err != nil {
				return nil, err
			}
		}
	}
	return t, nil
}

func (t Table) parse(of Case, load, cell string) error {
	if cell == "-" {
		return nil
	}
	for part := range strings.SplitSeq(cell, ", ") {
		number, answer, _ := strings.Cut(part, " ")
		n, err := strconv.Atoi(number)
		if err != nil || n < 1 || answer == "" {
			return fmt.Errorf("%s, %s: %q is not a number and an answer", of.Scenario, of.Name, part)
		}
		t.put(of, load, answer, n)
	}
	return nil
}

func (t Table) put(of Case, load, answer string, n int) {
	if t[of] == nil {
		t[of] = map[string]map[string]int{}
	}
	if t[of][load] == nil {
		t[of][load] = map[string]int{}
	}
	t[of][load][answer] += n
}

// Add counts an answer.
func (t Table) Add(of Case, load, answer string) error {
	switch {
	case !slices.Contains(Loads, load):
		return fmt.Errorf("%q is none of %s", load, strings.Join(Loads, ", "))
	case answer == "" || strings.ContainsAny(answer+of.Scenario+of.Name, "|,\n "):
		return fmt.Errorf("%q of %s, %s cannot stand in a table", answer, of.Scenario, of.Name)
	}
	t.put(of, load, answer, 1)
	return nil
}

// Answers is how many a case has.
func (t Table) Answers(of Case, load string) (n int) {
	for _, count := range t[of][load] {
		n += count
	}
	return n
}

// Page is the table with what is said of it, rows sorted.
func (t Table) Page() string {
	var b strings.Builder
	b.WriteString(head)
	cases := slices.SortedFunc(maps.Keys(t), func(a, c Case) int { return cmp.Or(cmp.Compare(a.Scenario, c.Scenario), cmp.Compare(a.Name, c.Name)) })
	for _, of := range cases {
		fmt.Fprintf(&b, "| %s | %s |", of.Scenario, of.Name)
		for _, load := range Loads {
			fmt.Fprintf(&b, " %s |", t.cell(of, load))
		}
		b.WriteString("\n")
	}
	return b.String()
}

// cell lists the answers, the most frequent first.
func (t Table) cell(of Case, load string) string {
	counts := t[of][load]
	answers := slices.SortedFunc(maps.Keys(counts), func(a, c string) int { return cmp.Or(counts[c]-counts[a], cmp.Compare(a, c)) })
	for i, answer := range answers {
		answers[i] = fmt.Sprintf("%d %s", counts[answer], answer)
	}
	return cmp.Or(strings.Join(answers, ", "), "-")
}
