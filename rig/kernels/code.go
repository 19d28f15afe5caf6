// SPDX-License-Identifier: Apache-2.0

package kernels

import (
	"fmt"
	"slices"
	"strings"

	"kcovrig/rig/coderange"
	"kcovrig/rig/printable"
	"kcovrig/rig/trial"
)

// whyOfRole says why code is in scope that was found by the two writes.
var whyOfRole = map[coderange.Role]string{
	coderange.Body: "does both writes", coderange.Caller: "calls what does the first write, and does the second",
	coderange.Callee: "does the first write", coderange.Path: "called between the two writes",
}

// functionsOf puts a scope into the words of results: functions, whose parts count together.
func functionsOf(scope []coderange.Range, why func(coderange.Range) string) []trial.ScopeFunction {
	var out []trial.ScopeFunction
	for _, s := range scope {
		bytes := s.End - s.Start
		i := slices.IndexFunc(out, func(f trial.ScopeFunction) bool { return f.Symbol == s.Symbol && f.Role == string(s.Role) })
		if i < 0 {
			out = append(out, trial.ScopeFunction{Symbol: s.Symbol, Role: string(s.Role), Bytes: bytes, Why: why(s)})
		} else {
			out[i].Bytes += bytes
		}
	}
	return out
}

// DescribeScope says in a line which functions are in scope, and what in them keeps
// accesses in order.
func DescribeScope(code trial.Code) string {
	if len(code.Scope) == 0 {
		return ""
	}
	var names, called []string
	for _, f := range code.Scope {
		if isLeaf(f) {
			called = append(called, f.Symbol)
		} else {
			names = append(names, f.Symbol)
		}
	}
	text := "scope: " + some(names)
	if len(called) > 0 {
		text += "; of what they call: " + some(called)
	}
	var kinds []string
	counts := map[string]int{}
	for _, s := range code.Stops {
		if counts[s.Kind]++; counts[s.Kind] == 1 {
			kinds = append(kinds, s.Kind)
		}
	}
	slices.Sort(kinds)
	for i, kind := range kinds {
		kinds[i] = fmt.Sprintf("%d %s", counts[kind], kind)
	}
	if len(kinds) > 0 {
		text += "; in order there: " + strings.Join(kinds, ", ")
	}
	if near := nearStops(code.Stops); len(near) > 0 {
		text += "; near the patch: " + strings.Join(near, ", ")
	}
	return printable.Line(text)
}

// nearStops are the first of those beside what the patch changes, which a kernel that has
// booted still has: what waits at the one of two accesses ends there.
func nearStops(stops []trial.ScopeStop) (near []string) {
	const shown = 3
	left := 0
	for _, s := range stops {
		switch {
		case !s.Near || s.AtBoot:
		case len(near) == shown:
			left++
		case s.Source != "":
			near = append(near, s.Text+" at "+s.Source)
		default:
			near = append(near, s.Text+" in "+s.Symbol)
		}
	}
	if left > 0 {
		near[shown-1] += fmt.Sprintf(" and %d more", left)
	}
	return near
}

// some are the first of names.
func some(names []string) string {
	const shown = 6
	text := strings.Join(names[:min(shown, len(names))], ", ")
	if more := len(names) - shown; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
