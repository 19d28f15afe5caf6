// SPDX-License-Identifier: Apache-2.0

package litmus

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Allowed is what herd7's log says of one test.
type Allowed struct {
	Name        string
	States      []State // the final states that the model allows
	Observation string  // Never, Sometimes or Always, of the test's condition
	Positive    int     // executions in which the condition holds
	Negative    int     // executions in which it does not
	Hash        string  // of the test, as herd7 computes it
	Unrolled    bool    // loops were cut short: allowed states may be missing
}

// Allows says whether the state is among those that the model allows.
func (v Allowed) Allows(s State) bool {
	for _, allowed := range v.States {
		if allowed == s {
			return true
		}
	}
	return false
}

// ParseHerdLog reads what a log says, by test name. A log that was cut, or
// names a test twice, is an error.
func ParseHerdLog(r io.Reader) (map[string]Allowed, error) {
	p := herdLog{lines: bufio.NewScanner(r), allowed: map[string]Allowed{}}
	for p.lines.Scan() {
		if err := p.line(strings.TrimSpace(p.lines.Text())); err != nil {
			return nil, fmt.Errorf("herd log, test %s: %w", p.at.Name, err)
		}
	}
	if err := p.lines.Err(); err != nil {
		return nil, fmt.Errorf("read a herd log: %w", err)
	}
	if p.at.Name != "" {
		return nil, fmt.Errorf("herd log: test %s has no Observation", p.at.Name)
	}
	return p.allowed, nil
}

type herdLog struct {
	lines   *bufio.Scanner
	allowed map[string]Allowed
	at      Allowed // Name is empty between tests
	listed  bool    // its states are
	last    string  // the test whose Observation was the last one
}

func (p *herdLog) line(line string) error {
	key, rest, _ := strings.Cut(line, " ")
	switch {
	case key == "Test":
		if p.at.Name != "" {
			return fmt.Errorf("no Observation before the next test")
		}
		name, _, ok := strings.Cut(rest, " ")
		if _, twice := p.allowed[name]; !ok || twice {
			return fmt.Errorf("%q starts no new test", line)
		}
		p.at.Name, p.listed = name, false
	case key == "Loop":
		p.at.Unrolled = true
	case key == "States":
		return p.states(rest)
	case key == "Observation":
		return p.observation(strings.Fields(rest))
	case strings.HasPrefix(line, "Hash="):
		v := p.allowed[p.last]
		v.Hash = strings.TrimPrefix(line, "Hash=")
		p.allowed[p.last] = v
	}
	return nil
}

func (p *herdLog) states(count string) error {
	n, err := strconv.Atoi(count)
	if err != nil {
		return fmt.Errorf("%q is no number of states", count)
	}
	p.listed = true
	for range n {
		if !p.lines.Scan() {
			return fmt.Errorf("the list of states is cut")
		}
		state, err := Canonical(p.lines.Text())
		if err != nil {
			return err
		}
		p.at.States = append(p.at.States, state)
	}
	return nil
}

func (p *herdLog) observation(fields []string) error {
	if len(fields) != 4 || fields[0] != p.at.Name {
		return fmt.Errorf("an Observation of %q", fields)
	}
	var err, err2 error
	p.at.Observation = fields[1]
	p.at.Positive, err = strconv.Atoi(fields[2])
	p.at.Negative, err2 = strconv.Atoi(fields[3])
	if err != nil || err2 != nil || !p.listed {
		return fmt.Errorf("an Observation %q without a list of states", fields)
	}
	p.allowed[p.at.Name] = p.at
	p.last, p.at = p.at.Name, Allowed{}
	return nil
}
