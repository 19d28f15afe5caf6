// SPDX-License-Identifier: Apache-2.0

package litmustest

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"kcovrig/rig/litmus"
)

// NewState words a final state in which each term has its value.
func NewState(values map[string]uint64) litmus.State {
	terms := slices.Sorted(maps.Keys(values))
	for i, term := range terms {
		terms[i] = fmt.Sprintf("%s=%d;", term, values[term])
	}
	return litmus.State(strings.Join(terms, " "))
}

// Values is the inverse of NewState.
func Values(s litmus.State) (map[string]uint64, error) {
	values := map[string]uint64{}
	for item := range strings.SplitSeq(string(s), ";") {
		if strings.TrimSpace(item) == "" {
			continue
		}
		term, text, err := assignment(item)
		if err != nil {
			return nil, err
		}
		if values[term], err = strconv.ParseUint(text, 10, 64); err != nil {
			return nil, err
		}
	}
	return values, nil
}

// Location takes the name out of a location's term.
func Location(term string) (name string, ok bool) {
	return strings.CutSuffix(strings.TrimPrefix(term, "["), "]")
}

// assignment splits "x=0x2" as a final state has it: "[x]" and "2".
func assignment(text string) (term, value string, err error) {
	s, err := litmus.Canonical(text)
	if err != nil {
		return "", "", err
	}
	term, value, ok := strings.Cut(strings.TrimSuffix(string(s), ";"), "=")
	if !ok {
		return "", "", fmt.Errorf("%q gives no value", text)
	}
	return term, value, nil
}
