// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// Report is the part of kcovrig.litmus/1 that the table shows.
type Report struct {
	Schema string
	Seed   uint64
	Kernel string
	QEMU   string
	Tests  []Test

	Summary struct{ Policies []Policy }
}

// Policy is what was run under one of the emulator's policies.
type Policy struct {
	Policy   string
	Tests    int
	Outcomes uint64
}

// Test is one test's result.
type Test struct {
	Name      string
	Threads   int
	Outcome   string
	Why       string
	Outcomes  uint64
	States    map[string]uint64
	Allowed   []string
	Forbidden []string
	Target    bool
	Verdict   string
}

// ReadReport reads what kcovrig litmus run --json printed.
func ReadReport(r io.Reader) (Report, error) {
	var report Report
	if err := json.NewDecoder(r).Decode(&report); err != nil {
		return report, err
	}
	if report.Schema != "kcovrig.litmus/1" || len(report.Tests) == 0 {
		return report, fmt.Errorf("schema %q with %d tests, want kcovrig.litmus/1 with some", report.Schema, len(report.Tests))
	}
	return report, nil
}

// ReadReach reads how many of herd7's states the model reaches with buffer and
// views, by test: the last column, "seen/allowed".
func ReadReach(r io.Reader) (map[string]int, error) {
	reach := map[string]int{}
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) == 0 || fields[0] == "#" {
			continue
		}
		var seen, allowed int
		if _, err := fmt.Sscanf(fields[len(fields)-1], "%d/%d", &seen, &allowed); err != nil {
			return nil, fmt.Errorf("line %q: %w", lines.Text(), err)
		}
		reach[fields[0]] = seen
	}
	return reach, lines.Err()
}

// inReach says whether the test's condition is allowed and within the model's
// reach: it is one of the states, so certainly where all of them are.
func inReach(t Test, reach map[string]int) bool {
	return t.Verdict == "Sometimes" && reach[t.Name] >= len(t.Allowed)
}

type sum struct {
	tests, unsound, inconclusive int
	forbidden, allowed, seen     int
	targets, targetsSeen         int
	least                        uint64 // outcomes of the test with the fewest
	missed                       []string
}

func (s *sum) add(t Test, reach map[string]int) {
	if s.tests == 0 || t.Outcomes < s.least {
		s.least = t.Outcomes
	}
	s.tests++
	switch t.Outcome {
	case "sound":
	case "unsound":
		s.unsound++
	default:
		s.inconclusive++
	}
	s.forbidden += len(t.Forbidden)
	s.allowed += len(t.Allowed)
	s.seen += len(t.States) - len(t.Forbidden)
	if inReach(t, reach) {
		s.targets++
		if t.Target {
			s.targetsSeen++
		} else {
			s.missed = append(s.missed, t.Name)
		}
	}
}

// Table is the result in Markdown: sums by number of threads, then every test.
func Table(r Report, reach map[string]int) string {
	var two, more sum
	for _, t := range r.Tests {
		if t.Threads <= 2 {
			two.add(t, reach)
		} else {
			more.add(t, reach)
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Linux %s in the guest, QEMU %s, seed %d.\n\n", r.Kernel, r.QEMU, r.Seed)
	b.WriteString("| tests | outcomes of each, at least | unsound | inconclusive | forbidden states | allowed states seen | targets in reach, seen |\n|---|---|---|---|---|---|---|\n")
	for _, row := range []struct {
		name string
		sum
	}{{"of two threads", two}, {"of three and four", more}} {
		fmt.Fprintf(&b, "| %d %s | %d | %d | %d | %d | %d of %d | %d of %d |\n", row.tests, row.name, row.least,
			row.unsound, row.inconclusive, row.forbidden, row.seen, row.allowed, row.targetsSeen, row.targets)
	}
	if policies := r.Summary.Policies; len(policies) > 0 {
		var said []string
		for _, p := range policies {
			said = append(said, fmt.Sprintf("%s, %d of %d tests", p.Policy, p.Outcomes, p.Tests))
		}
		fmt.Fprintf(&b, "\nOutcomes by the emulator's policy: %s.\n", strings.Join(said, "; "))
	}
	if missed := append(two.missed, more.missed...); len(missed) > 0 {
		fmt.Fprintf(&b, "\nTargets in reach, not seen: %s.\n", strings.Join(missed, ", "))
	}
	b.WriteString("\n```text\n")
	fmt.Fprintf(&b, "%-28s %7s %9s %10s %9s %9s %s\n", "test", "threads", "outcomes", "states", "forbidden", "herd7", "target")
	for _, t := range r.Tests {
		fmt.Fprintf(&b, "%-28s %7d %9d %4d of %-2d %9d %9s %s\n", t.Name, t.Threads, t.Outcomes,
			len(t.States)-len(t.Forbidden), len(t.Allowed), len(t.Forbidden), t.Verdict, target(t, reach))
	}
	b.WriteString("```\n")
	return b.String()
}

func target(t Test, reach map[string]int) string {
	switch {
	case t.Outcome != "sound" && t.Outcome != "unsound":
		return "INCONCLUSIVE: " + t.Why
	case t.Target:
		return "seen"
	case inReach(t, reach):
		return "not seen"
	case t.Verdict == "Sometimes":
		return "out of reach"
	}
	return "-"
}
