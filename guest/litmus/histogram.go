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

// Seen is what a test's program counted.
type Seen struct {
	States    map[string]uint64 // by final state, as the program words it
	Fulfilled uint64            // outcomes in which the test's own condition holds
}

// Histogram reads the final states of the named test from its program's output:
//
//	Test MP Allowed
//	Histogram (2 states)
//	7     *>1:X0=1; 1:X2=0;
//	993   :>1:X0=1; 1:X2=1;
//	...
//	Time MP 0.10
//
// The star marks states that fulfil the test's condition, or, in a test that is
// Required, a forall, those that do not. Whatever is missing of this is an
// error: a part of a histogram is none.
func Histogram(out []byte, name string) (Seen, error) {
	seen := Seen{States: map[string]uint64{}}
	expected, named, ended, mark := -1, false, false, byte('*')
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		line := strings.TrimSpace(lines.Text())
		word, rest, _ := strings.Cut(line, " ")
		switch {
		case expected >= 0 && len(seen.States) < expected:
			if err := seen.add(line, mark); err != nil {
				return Seen{}, err
			}
		case word == "Test":
			test, kind, _ := strings.Cut(rest, " ")
			if named = test == name; kind == "Required" {
				mark = ':'
			}
		case word == "Histogram" && expected < 0:
			if _, err := fmt.Sscanf(rest, "(%d states)", &expected); err != nil {
				return Seen{}, fmt.Errorf("%w: %q", errNoHistogram, line)
			}
		case word == "Time" && expected >= 0:
			ended = true
		}
	}
	switch {
	case expected <= 0:
		return Seen{}, errNoHistogram
	case len(seen.States) < expected || !ended:
		return Seen{}, errCut
	case !named:
		return Seen{}, fmt.Errorf("the output is not of the test %s", name)
	}
	return seen, nil
}

// add takes a line of a histogram; mark is of those that fulfil the condition.
func (s *Seen) add(line string, mark byte) error {
	left, state, ok := strings.Cut(line, ">")
	n, err := strconv.ParseUint(strings.TrimSpace(strings.TrimRight(left, "*:")), 10, 64)
	state = strings.TrimSpace(state)
	if !ok || err != nil || n == 0 || !strings.ContainsAny(left, "*:") {
		return fmt.Errorf("%q is no line of a histogram", line)
	}
	if _, twice := s.States[state]; twice || state == "" {
		return fmt.Errorf("the state %q comes twice or is empty", state)
	}
	s.States[state] = n
	if left[len(left)-1] == mark {
		s.Fulfilled += n
	}
	return nil
}
