// SPDX-License-Identifier: Apache-2.0

// Package litmus owns the text formats of litmus tests: the head of a test as
// herd7 reads it, AArch64 tests that kcovrig makes, and the final states that
// herd7's log and a test's program list.
// Assembling and running tests is left to others, and to herd7 and litmus7
// what a test's text means beyond its head.
package litmus

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// State is a final state, "1:X1=1; [x]=2;", terms sorted, so that states of the
// same terms can be compared. A term is what has a value in it: "1:X3", a thread's
// register, or "[x]", a location.
type State string

// Canonical words a final state always alike, whoever worded it, so that
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
