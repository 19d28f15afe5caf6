// SPDX-License-Identifier: Apache-2.0

package objcode

import (
	"regexp"

	"kcovrig/rig/internal/objcode/elfcode"
)

// findPublishers finds the stores that publish the copy, and judges them. One is
// a store of 8 bytes, not relative to the stack pointer, in the function's code by
// the debug information (inlined or not), that a path from a copy reaches and that
// is no part of the copy. Where some of those stand on source lines that name
// Count, others are left out that lead to one of these, or follow one: a patch may
// store elsewhere on the way, and that publishes nothing. Where no
// store matches, Ordered is unknown.
func (s *study) findPublishers(g *graph, a *Analysis, copies map[int]bool, arrive []arrival) []int {
	var goals []int
	for i, in := range g.code {
		if in.Store && !in.Stack && in.Width == 8 && !copies[i] && arrive[i] != 0 && elfcode.Within(a.Inlined, in.Addr) {
			goals = append(goals, i)
		}
	}
	goals = s.publishing(g, goals, copies)
	for _, i := range goals {
		in := g.code[i]
		st := Store{Addr: in.Addr, Text: in.Text, Line: s.source(in.Addr).Line, Release: in.Release, Ordered: judge(in, arrive[i])}
		if s.cfg.Arch.TSO {
			st.Ordered = OrderYes
		}
		a.Publish = append(a.Publish, st)
	}
	return goals
}

// publishing leaves out the stores that Count tells to be no publications.
func (s *study) publishing(g *graph, candidates []int, copies map[int]bool) []int {
	if s.cfg.Count == "" {
		return candidates
	}
	word := regexp.MustCompile(`\b` + regexp.QuoteMeta(s.cfg.Count) + `\b`)
	var named []int
	isNamed := map[int]bool{}
	for _, i := range candidates {
		if word.MatchString(s.source(g.code[i].Addr).Source) {
			named, isNamed[i] = append(named, i), true
		}
	}
	if len(named) == 0 {
		return candidates
	}
	before, behind := g.leadsTo(named, copies), g.reachedFrom(named, copies)
	var out []int
	for _, i := range candidates {
		if isNamed[i] || !before[i] && !behind[i] {
			out = append(out, i)
		}
	}
	return out
}

// reachedFrom marks what a path from one of starts reaches without passing a copy.
func (g *graph) reachedFrom(starts []int, copies map[int]bool) []bool {
	seen := make([]bool, len(g.code))
	work := append([]int(nil), starts...)
	for len(work) > 0 {
		i := work[len(work)-1]
		work = work[:len(work)-1]
		for _, j := range g.next[i] {
			if !seen[j] {
				if seen[j] = true; !copies[j] {
					work = append(work, j)
				}
			}
		}
	}
	return seen
}
