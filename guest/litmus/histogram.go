// SPDX-License-Identifier: Apache-2.0

package litmus

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

var (
	errNoHistogram = errors.New("no histogram in the output")
	errCut         = errors.New("the output ends before the histogram does")
)

// Histogram reads the final states of the named test from its program's output:
//
//	Test MP Allowed
//	Histogram (2 states)
//	7     *>1:X0=1; 1:X2=0;
//	993   :>1:X0=1; 1:X2=1;
//	...
//	Time MP 0.10
//
// The star marks states that fulfil the test's condition. Whatever is missing
// of this is an error: a part of a histogram is none.
func Histogram(out []byte, name string) (map[string]uint64, error) {
	states := map[string]uint64{}
	expected, named, ended := -1, false, false
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		line := strings.TrimSpace(lines.Text())
		word, rest, _ := strings.Cut(line, " ")
		switch {
		case expected >= 0 && len(states) < expected:
			if err := addState(states, line); err != nil {
				return nil, err
			}
		case word == "Test":
			test, _, _ := strings.Cut(rest, " ")
			named = test == name
		case word == "Histogram" && expected < 0:
			if _, err := fmt.Sscanf(rest, "(%d states)", &expected); err != nil {
				return nil, fmt.Errorf("%w: %q", errNoHistogram, line)
			}
		case word == "Time" && expected >= 0:
			ended = true
		}
	}
	switch {
	case expected <= 0:
		return nil, errNoHistogram
	case len(states) < expected || !ended:
		return nil, errCut
	case !named:
		return nil, fmt.Errorf("the output is not of the test %s", name)
	}
	return states, nil
}

func addState(states map[string]uint64, line string) error {
	left, state, ok := strings.Cut(line, ">")
	n, err := strconv.ParseUint(strings.TrimSpace(strings.TrimRight(left, "*:")), 10, 64)
	state = strings.TrimSpace(state)
	if !ok || err != nil || n == 0 || !strings.ContainsAny(left, "*:") {
		return fmt.Errorf("%q is no line of a histogram", line)
	}
	if _, twice := states[state]; twice || state == "" {
		return fmt.Errorf("the state %q comes twice or is empty", state)
	}
	states[state] = n
	return nil
}
