// SPDX-License-Identifier: Apache-2.0

package barrier

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"kcovrig/rig/barrier/candidate"
	"kcovrig/rig/trial"
)

// Named is an alteration that a user names by the source: what orders accesses at a place
// made to order nothing, or with Adds a barrier, or an access that orders, put there.
type Named struct {
	Function string
	Line     string // empty: all of the function, or At
	At       string // +0xOFFSET of the one instruction, where it is named so
	Adds     trial.Order
}

// ParseNamed reads what a specification names; false: nothing.
func ParseNamed(s trial.Spec) (Named, bool, error) {
	switch {
	case s.VirtualFix != "":
		last := max(0, strings.LastIndexByte(s.VirtualFix, ':'))
		n, ok := parsePlace(s.VirtualFix[:last])
		if !ok || n.Line+n.At == "" {
			return Named{}, false, fmt.Errorf("--virtual-fix: %q is no FUNCTION:LINE:KIND, nor FUNCTION+0xOFFSET:KIND", s.VirtualFix)
		}
		kind := s.VirtualFix[last+1:]
		if n.Adds, ok = candidate.OrderNamed(kind); !ok {
			return Named{}, false, fmt.Errorf("--virtual-fix: unknown kind %q (have: %s)", kind, strings.Join(candidate.OrderNames(), ", "))
		}
		return n, true, nil
	case s.Weaken != "":
		n, ok := parsePlace(s.Weaken)
		if !ok {
			return Named{}, false, fmt.Errorf("--weaken: %q is no FUNCTION, FUNCTION:LINE or FUNCTION+0xOFFSET", s.Weaken)
		}
		return n, true, nil
	}
	return Named{}, false, nil
}

// parsePlace reads FUNCTION, FUNCTION:LINE or FUNCTION+0xOFFSET.
func parsePlace(s string) (Named, bool) {
	if function, line, ok := strings.Cut(s, ":"); ok {
		return Named{Function: function, Line: line}, function != "" && !strings.Contains(function, "+") && isLine(line)
	}
	function, offset, ok := strings.Cut(s, "+")
	if !ok {
		return Named{Function: s}, s != ""
	}
	n, err := strconv.ParseUint(offset, 0, 32)
	return Named{Function: function, At: fmt.Sprintf("+%#x", n)}, function != "" && err == nil && strings.HasPrefix(offset, "0x")
}

func isLine(s string) bool {
	n, err := strconv.Atoi(s)
	return err == nil && n > 0
}

// In is the alteration of that code. A barrier goes before the first access of the line,
// by address.
func (n Named) In(code candidate.Code) (trial.Alteration, error) {
	var out trial.Alteration
	var lines []string
	add := func(i trial.Instruction, c trial.Change) {
		if i.Symbol != n.Function {
			return
		}
		lines = append(lines, sourceLine(i.Source))
		if (n.Line == "" || n.Line == sourceLine(i.Source)) && (n.At == "" || n.At == fmt.Sprintf("+%#x", i.Offset)) {
			out = append(out, c)
		}
	}
	what := "nothing in scope orders accesses"
	switch {
	case n.Adds == "":
		for _, o := range code.Orderings {
			if len(o.Weaker()) > 0 {
				add(o.Instruction, trial.Change{Address: o.Address, To: trial.OrderNone})
			}
		}
	case n.Adds.IsBarrier():
		what = "no access in scope"
		for _, p := range code.Positions {
			add(p.Before, trial.Change{Address: p.Address, To: n.Adds, Before: true})
		}
	default:
		what = "nothing in scope could be made to order by " + string(n.Adds)
		for _, a := range code.Accesses {
			if a.Store == (n.Adds == trial.OrderRelease) {
				add(a.Instruction, trial.Change{Address: a.Address, To: n.Adds})
			}
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s at %s%s", what, strings.TrimSuffix(n.Function+n.At+":"+n.Line, ":"), having(lines))
	}
	if n.Adds != "" {
		out = trial.Alteration{slices.MinFunc(out, func(a, b trial.Change) int { return cmp.Compare(a.Address, b.Address) })}
	}
	return out, nil
}

// sourceLine is the number in file:line; empty where there is none.
func sourceLine(source string) string {
	at := strings.LastIndexByte(source, ':')
	if at < 0 {
		return ""
	}
	return source[at+1:]
}

// having names the lines that there are.
func having(lines []string) string {
	lines = slices.DeleteFunc(lines, func(l string) bool { return l == "" })
	slices.SortFunc(lines, func(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) })
	if lines = slices.Compact(lines); len(lines) == 0 {
		return ""
	}
	return " (lines of it: " + strings.Join(lines, ", ") + ")"
}

// Try makes the test of that alteration, as number 1. What adds order is held against
// the code as it is; what takes it away, as in Weaken, against all of fix without order.
func (n Named) Try(a trial.Alteration, orderings []candidate.Ordering, fix []uint64, modes []string, limits Limits) Test {
	t := Test{Limits: limits, Modes: modes, Trials: []Trial{{Alteration: a}}}
	if n.Adds != "" {
		return t
	}
	var all trial.Alteration
	for _, o := range orderings {
		if slices.Contains(fix, o.Address) && len(o.Weaker()) > 0 {
			all = append(all, trial.Change{Address: o.Address, To: trial.OrderNone})
		}
	}
	switch {
	case len(all) == 0:
		t.Reference = NoReference
	case same(all, a):
		t.Reference = 1
	default:
		t.Trials = append(t.Trials, Trial{Alteration: all})
		t.Reference = 2
	}
	return t
}

func same(a, b trial.Alteration) bool {
	return len(a) == len(b) && !slices.ContainsFunc(a, func(c trial.Change) bool { return !slices.Contains(b, c) })
}

// Altered is what is said of one kernel with an alteration that the user named.
type Altered struct {
	What   string `json:"what"`           // in words what was altered
	Adds   bool   `json:"adds,omitempty"` // order was added; else it was taken away
	Places int    `json:"places"`         // instructions that were altered
	Result Result `json:"result"`
	Seen   Seen   `json:"seen"`
	Model  Model  `json:"model,omitzero"` // what it says of the bug with order added
}

// Disagrees says that measurement and model do.
func (a Altered) Disagrees() bool { return a.Model.contradicts(a.Result.Effect) }

// AlteredOf is what a test that Try made says. Where what is altered was not executed, a hit
// is not for lack of its order.
func AlteredOf(t Test, n Named, what string) Altered {
	a := Altered{What: what, Adds: n.Adds != "", Places: len(t.Trials[0].Alteration), Result: t.Results()[1], Seen: t.of(1)}
	if a.Result.Effect == Showed && a.Seen.Executed == 0 {
		a.Result.Effect, a.Result.Reason = Unknown, "the bug was seen, although what is altered was not executed while a store could wait"
	}
	return a
}

// Answered says whether the bug was seen under the alteration, or could not have been missed.
func (a Altered) Answered() bool { return a.Result.Effect == Showed || a.Result.Effect == Silent }

// AddAltered adds to a report what was seen under the alteration that the user named.
func (r *Report) AddAltered(a *Altered) {
	if r.Altered = a; a != nil && r.Reference.Number == 1 {
		r.Reference.What = a.What
	}
}
