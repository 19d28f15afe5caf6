// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"regexp"
	"strings"
)

// steps counts what make announces: a line such as "  CC      kernel/fork.o"
// for each file that it makes, see quiet_cmd_* in scripts/Kbuild.include.
type steps struct {
	reused bool // the build starts from another build's folder
	now    Step
	tell   func(Step)
}

var announced = regexp.MustCompile(`^  ([A-Z][A-Z0-9_]*(?: \[M\])?) +(\S.*)$`)

// newSteps looks up how many steps the last whole build for the architecture had: one of
// the tree's own version where there is any.
func (t *Tree) newSteps(reused bool) steps {
	s := steps{reused: reused, tell: t.cfg.Step}
	if reused {
		return s
	}
	var last record
	for _, e := range builds(t.store) {
		r := e.record
		if r.Steps == 0 || r.Arch != t.cfg.Arch.Name {
			continue
		}
		if own, had := r.Version == t.Version, last.Steps > 0 && last.Version == t.Version; own && !had || own == had && r.Built.After(last.Built) {
			last = r
		}
	}
	s.now.Before, s.now.Version = last.Steps, last.Version
	return s
}

// line takes one line of make's output.
func (s *steps) line(line string) {
	m := announced.FindStringSubmatch(line)
	if m == nil {
		return
	}
	s.now.Count++
	s.now.Doing = m[1] + " " + strings.TrimSpace(m[2])
	if s.tell != nil {
		s.tell(s.now)
	}
}

// whole is the number of steps of a build that started from nothing, else 0.
func (s *steps) whole() int {
	if s.reused {
		return 0
	}
	return s.now.Count
}
