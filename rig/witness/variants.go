// SPDX-License-Identifier: Apache-2.0

package witness

import (
	"fmt"
	"slices"
	"strings"

	"kcovrig/rig/trial"
)

// Tests makes the litmus tests of witness number n: as it ran, with the fix's
// barrier where the kernel lacks it, and with an ordered load of the count where
// the reader lacks that. fixed is the patched kernel's code; without Between its
// barrier is not known and no test has it.
func Tests(n int, r Reading, ran, fixed trial.Code, reader trial.ReaderCode) ([]trial.LitmusTest, error) {
	s, err := NewSkeleton(r, ran, reader)
	if err != nil {
		return nil, err
	}
	name := fmt.Sprintf("witness%d-%s+%s", n, r.Variant, r.Reader)
	v := variants{reading: r, skeleton: s, name: name, what: "as it ran"}
	v.add(trial.Sometimes)
	ordered := r.Variant == trial.Patched && r.Under == ""
	if with, ok := s.With(fixed); ok && !ordered {
		v.skeleton, ordered = with, true
		v.change(barriersOf(fixed), "with the patch's "+barriersOf(fixed))
		v.add(v.expected(ordered))
	}
	if v.skeleton.Count == "LDR" {
		v.skeleton = v.skeleton.WithAcquire()
		v.change("acquire", "with an acquire load of what publishes")
		v.add(v.expected(ordered))
	}
	return v.tests, nil
}

// barriersOf names what orders a kernel's two writes.
func barriersOf(code trial.Code) string {
	var texts []string
	for _, b := range code.Between {
		text := b.Text
		if strings.HasPrefix(text, "st") {
			text, _, _ = strings.Cut(text, " ")
		}
		if !slices.Contains(texts, text) {
			texts = append(texts, text)
		}
	}
	return strings.Join(texts, ", ")
}

// variants grows a list of tests, each a change to the one before it.
type variants struct {
	reading    Reading
	skeleton   Skeleton
	name, what string
	tests      []trial.LitmusTest
}

func (v *variants) change(name, what string) {
	v.name += "+" + dotted(name)
	if v.what != "as it ran" {
		what = v.what + ", and " + what
	}
	v.what = what
}

// dotted is what instructions are called in a test's name.
func dotted(texts string) string { return strings.NewReplacer(", ", "-", " ", ".").Replace(texts) }

// expected is what is wanted of a changed test: never, once both sides are
// ordered.
func (v *variants) expected(ordered bool) trial.Expectation {
	if ordered && v.skeleton.Count != "LDR" {
		return trial.Never
	}
	return ""
}

func (v *variants) add(expected trial.Expectation) {
	t := v.skeleton.Test(v.name)
	v.tests = append(v.tests, trial.LitmusTest{Name: v.name, What: v.what, Text: t.Text(v.remarks()...), Expected: expected})
}

// remarks say in the test what it was built from.
func (v *variants) remarks() []string {
	d, how := v.reading.Detection, v.what
	if len(v.tests) > 0 {
		how = "but " + how
	}
	list := []string{
		fmt.Sprintf("What kcovrig saw, %s. P0 is the kernel, P1 the reader.", how),
		fmt.Sprintf("x is a word of number %d of what is published, 0 stands for %#x and 1 for %#x; y publishes it, when it is %d.",
			d.Index, d.Seen, d.Later, d.Count),
	}
	if v.skeleton.Later {
		list[1] = fmt.Sprintf("x is a word of number %d of what is published, 0 stands for %#x and 1 for %#x; y publishes it: 1 is the first to do so, 2 is %d.",
			d.Index, d.Seen, d.Later, d.Count)
		list = append(list, "DMB SY stands for all that the kernel did between the two publications: it can have been no more.")
	}
	if v.reading.Under != "" {
		list = append(list, alteredRemark+v.reading.Under+".")
	}
	list = append(list, "It is built from these instructions, which ran:")
	marks := false
	for _, i := range v.skeleton.Instructions {
		mark := " "
		if !i.Noted {
			mark, marks = "+", true
		}
		list = append(list, strings.TrimRight(fmt.Sprintf(" %s %-28s %s  %s", mark, i.Text, i.Place(), i.Source), " "))
	}
	if marks {
		list = append(list, "The emulator did not note those with a +; the code has no others there, and the guest's report implies them.")
	}
	if v.skeleton.Control {
		list = append(list, "The reader's branch on y is CBNZ.")
	}
	return list
}
