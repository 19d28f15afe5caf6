// SPDX-License-Identifier: Apache-2.0

package weakmem

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"kcovrig/rig/litmus/litmustest"
	"kcovrig/rig/trial"
)

// variant is a litmus test with one instruction changed: as the emulator is told to take
// it in the code of the test as it was, and as a test of its own, in whose text it is so.
type variant struct {
	of           *litmustest.Test
	made         *litmustest.Test
	thread, line int // in the code as it was
	change       trial.Change
}

// form is how an instruction is written that orders what the name says, by the order.
type form struct {
	pattern *regexp.Regexp
	as      map[trial.Order]string // with the pattern's groups; an empty text: no instruction
}

var (
	dmbs = map[trial.Order]string{trial.OrderNone: "", trial.OrderLoads: "DMB LD", trial.OrderStores: "DMB ST", trial.OrderAll: "DMB SY"}
	amos = map[trial.Order]string{trial.OrderNone: "$1 $2", trial.OrderAcquire: "${1}A $2", trial.OrderRelease: "${1}L $2", trial.OrderBoth: "${1}AL $2"}

	forms = []form{
		{regexp.MustCompile(`^DMB (?:SY|LD|ST)$`), dmbs},
		{regexp.MustCompile(`^ISB$`), map[trial.Order]string{trial.OrderNone: ""}},
		{regexp.MustCompile(`^LD(?:AP|A)?R (\w+,\[X\d+\])$`), map[trial.Order]string{trial.OrderNone: "LDR $1", trial.OrderAcquire: "LDAR $1", trial.OrderAcquirePC: "LDAPR $1"}},
		{regexp.MustCompile(`^STL?R (\w+,\[X\d+\])$`), map[trial.Order]string{trial.OrderNone: "STR $1", trial.OrderRelease: "STLR $1"}},
		{regexp.MustCompile(`^LDA?XR (.*)$`), map[trial.Order]string{trial.OrderNone: "LDXR $1", trial.OrderAcquire: "LDAXR $1"}},
		{regexp.MustCompile(`^STL?XR (.*)$`), map[trial.Order]string{trial.OrderNone: "STXR $1", trial.OrderRelease: "STLXR $1"}},
		{regexp.MustCompile(`^(SWP|CAS|LD(?:ADD|CLR|EOR|SET))A?L? (.*)$`), amos},
		{regexp.MustCompile(`^(ST(?:ADD|CLR|EOR|SET))L? (.*)$`), map[trial.Order]string{trial.OrderNone: "$1 $2", trial.OrderRelease: "${1}L $2"}},
	}
)

// rewritten is how the line says the other order, where there is such an instruction.
func rewritten(line string, to trial.Order) (string, bool) {
	for _, f := range forms {
		if as, ok := f.as[to]; ok && f.pattern.MatchString(line) {
			return f.pattern.ReplaceAllString(line, as), true
		}
	}
	return "", false
}

// orders says whether an instruction is more than a plain access.
func orders(line string) bool {
	plain, ok := rewritten(line, trial.OrderNone)
	return ok && plain != line
}

// variantsOf are the test's: every instruction that orders is made to order less or
// otherwise, and more is ordered in each of the other places that there are.
func variantsOf(test *litmustest.Test) (less, more []variant) {
	for i, thread := range test.Threads {
		for k, line := range thread.Code {
			for _, to := range []trial.Order{trial.OrderNone, trial.OrderLoads, trial.OrderStores, trial.OrderAll, trial.OrderAcquirePC, trial.OrderAcquire, trial.OrderRelease, trial.OrderBoth} {
				text, ok := rewritten(line, to)
				switch v := newVariant(test, i, k, text, trial.Change{To: to}); {
				case !ok || text == line:
				case orders(line):
					less = append(less, v)
				default:
					more = append(more, v)
				}
			}
			if k == 0 || !accessLike.MatchString(line) {
				continue
			}
			for _, kind := range []trial.Order{trial.OrderLoads, trial.OrderStores, trial.OrderAll} {
				more = append(more, newVariant(test, i, k, dmbs[kind]+"\n"+line, trial.Change{To: kind, Before: true}))
			}
		}
	}
	return less, more
}

// newVariant has the line replaced by those of a text.
func newVariant(test *litmustest.Test, thread, line int, text string, change trial.Change) variant {
	made := *test
	made.Threads = slices.Clone(test.Threads)
	code := slices.Clone(test.Threads[thread].Code)
	var with []string
	if text != "" {
		with = strings.Split(text, "\n")
	}
	made.Threads[thread].Code = slices.Replace(code, line, line+1, with...)
	made.Name = fmt.Sprintf("%s-P%d.%d-%s%s", test.Name, thread, line, map[bool]string{true: "before-"}[change.Before], strings.ReplaceAll(string(change.To), "+", "-"))
	return variant{test, &made, thread, line, change}
}

// variants are those of all tests: whatever orders without its order, and one of so many of
// the others, in the order of names.
func variants(tests map[string]*litmustest.Test, every int) []variant {
	var out []variant
	n := 0
	for _, name := range slices.Sorted(maps.Keys(tests)) {
		less, more := variantsOf(tests[name])
		for _, v := range append(less, more...) {
			n++
			if absent := v.change.To == trial.OrderNone; absent || n%every == 0 {
				out = append(out, v)
			}
		}
	}
	return out
}
