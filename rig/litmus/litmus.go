// SPDX-License-Identifier: Apache-2.0

// Package litmus owns the text formats of litmus tests: the head of a test as
// herd7 reads it, AArch64 tests as diy7 makes them, the final states that
// herd7's log and a test's program list, and the condition of a test.
// Assembling and running tests is left to others, and to herd7 and litmus7
// what a test's text means beyond its head.
package litmus

import (
	"fmt"
	"maps"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// Test is one AArch64 litmus test.
type Test struct {
	Name      string
	Threads   []Thread
	Memory    []Variable // sorted by name
	Condition Condition
	Locations []string // terms that a locations clause names beside the condition's
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

// A term is what a state gives a value to: "1:X3", a thread's register, or
// "[x]", a location.

// Register splits a register term.
func Register(term string) (thread int, name string, ok bool) {
	before, name, found := strings.Cut(term, ":")
	thread, err := strconv.Atoi(before)
	return thread, name, found && err == nil
}

// Location takes the name out of a location term.
func Location(term string) (name string, ok bool) {
	return strings.CutSuffix(strings.TrimPrefix(term, "["), "]")
}

// Observed lists the terms of the final states: those of the condition and of
// the locations clause, sorted.
func (t *Test) Observed() []string {
	terms := slices.Concat(t.Condition.terms(), t.Locations)
	sort.Strings(terms)
	return slices.Compact(terms)
}

// State is a final state, "1:X1=1; [x]=2;", terms sorted, so that states of the
// same terms can be compared.
type State string

// NewState renders values by term.
func NewState(values map[string]uint64) State {
	terms := make([]string, 0, len(values))
	for term := range values {
		terms = append(terms, term)
	}
	sort.Strings(terms)
	for i, term := range terms {
		terms[i] = fmt.Sprintf("%s=%d;", term, values[term])
	}
	return State(strings.Join(terms, " "))
}

// Canonical words a final state as NewState does, whoever worded it, so that
// states can be compared: its terms sorted, a location in brackets, numbers in
// decimal. Values that are no numbers, addresses, labels and lists of an array's
// elements, stay what they are, as do terms without a value, such as faults.
func Canonical(text string) (State, error) {
	items := map[string]string{}
	for item := range strings.SplitSeq(text, ";") {
		if item = strings.TrimSpace(item); item == "" {
			continue
		}
		term, value, ok := strings.Cut(item, "=")
		switch {
		case ok && (strings.TrimSpace(term) == "" || strings.TrimSpace(value) == ""):
			return "", fmt.Errorf("%q gives no value", item)
		case ok:
			items[normalTerm(term)] = "=" + canonicalValue(value) + ";"
		case strings.ContainsRune(item, '('):
			items[strings.Join(strings.Fields(item), "")] = ";"
		default:
			return "", fmt.Errorf("%q gives no value", item)
		}
	}
	sorted := slices.Sorted(maps.Keys(items))
	for i, term := range sorted {
		sorted[i] += items[term]
	}
	return State(strings.Join(sorted, " ")), nil
}

func canonicalValue(text string) string {
	text = strings.TrimSpace(text)
	if number, err := parseNumber(text); err == nil {
		return strconv.FormatUint(number, 10)
	}
	if list, ok := strings.CutPrefix(text, "{"); ok {
		elements := strings.Split(strings.TrimSuffix(list, "}"), ",")
		for i, e := range elements {
			elements[i] = canonicalValue(e)
		}
		return "{" + strings.Join(elements, ",") + "}"
	}
	if label, ok := strings.CutPrefix(text, `label:"`); ok {
		return strings.TrimSuffix(label, `"`)
	}
	return strings.TrimPrefix(text, "&")
}

// Values is the inverse of NewState.
func (s State) Values() (map[string]uint64, error) {
	values := map[string]uint64{}
	for item := range strings.SplitSeq(string(s), ";") {
		item = strings.TrimSpace(item)
		if item == "" {
			continue
		}
		term, text, ok := strings.Cut(item, "=")
		if !ok {
			return nil, fmt.Errorf("%q gives no value", item)
		}
		number, err := parseNumber(text)
		if err != nil {
			return nil, err
		}
		values[normalTerm(term)] = number
	}
	return values, nil
}

func parseNumber(text string) (uint64, error) {
	text = strings.TrimSpace(text)
	if n, err := strconv.ParseUint(text, 0, 64); err == nil {
		return n, nil
	}
	n, err := strconv.ParseInt(text, 0, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is no number", text)
	}
	return uint64(n), nil
}

// normalTerm turns x into [x] and leaves the rest.
func normalTerm(term string) string {
	term = strings.TrimSpace(term)
	if strings.HasPrefix(term, "[") || strings.Contains(term, ":") {
		return term
	}
	return "[" + term + "]"
}
