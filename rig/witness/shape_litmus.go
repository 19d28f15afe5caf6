// SPDX-License-Identifier: Apache-2.0

package witness

import (
	"fmt"
	"slices"
	"strings"

	"kcovrig/rig/litmus"
	"kcovrig/rig/trial"
)

// shapeTest is a shape on its way to be a litmus test.
type shapeTest struct {
	hit   Hit
	shape Shape
	ops   [4]string // of First to Fourth
	// between stands between the two accesses of each thread. With most it is the most
	// that can have been there, since what was is not known.
	between [2][]string
	most    [2]bool
}

// HitTests makes the litmus tests of witness number n, of a program's hit: as it ran, and
// with what orders the accesses that were not. Nothing is asked of the fix: whether it
// puts that there the binary says.
func HitTests(n int, h Hit) ([]trial.LitmusTest, error) {
	t, err := newShapeTest(h)
	if err != nil {
		return nil, err
	}
	name := fmt.Sprintf("witness%d-%s", n, h.Variant)
	ran := t.test(name, "as it ran", trial.Sometimes)
	suffix, what := t.order()
	return []trial.LitmusTest{ran, t.test(name+"+"+suffix, what, trial.Never)}, nil
}

// newShapeTest is the test of the hit as it ran.
func newShapeTest(h Hit) (*shapeTest, error) {
	shape, err := ShapeOf(h)
	if err != nil {
		return nil, err
	}
	t := &shapeTest{hit: h, shape: shape}
	if err := t.take(); err != nil {
		return nil, err
	}
	return t, t.fence()
}

// take turns the four accesses into litmus instructions.
func (t *shapeTest) take() error {
	kinds := [4]string{"ST", "ST", "LD", "LD"}
	if t.shape.Kind == StoreBuffering {
		kinds = [4]string{"ST", "LD", "ST", "LD"}
	}
	var sizes [4]int
	for n, i := range t.events() {
		var err error
		if t.ops[n], sizes[n], err = anyAccess(t.hit.Events[i].Text, kinds[n]); err != nil {
			return err
		}
	}
	x, y := [2]int{0, 3}, [2]int{1, 2}
	for _, same := range [][2]int{x, y} {
		if sizes[same[0]] != sizes[same[1]] {
			return fmt.Errorf("%q and %q access the same place with different sizes: no test is made of such", t.text(same[0]), t.text(same[1]))
		}
	}
	return nil
}

func (t *shapeTest) events() [4]int {
	return [4]int{t.shape.First, t.shape.Second, t.shape.Third, t.shape.Fourth}
}

func (t *shapeTest) text(n int) string { return t.hit.Events[t.events()[n]].Text }

// fence finds what stood between the two accesses of each thread. The emulator notes a
// barrier where a store waits for it; of the other side the most that can have been
// there is taken, as far as that is not what was reordered.
func (t *shapeTest) fence() error {
	for side := range t.between {
		from, to := t.events()[2*side], t.events()[2*side+1]
		reordered := t.shape.Kind == StoreBuffering && t.waited(from, to) || side == 0 && t.shape.Kind == StoresPassed || side == 1 && t.shape.Kind == LoadsPassed
		if !reordered {
			t.between[side], t.most[side] = []string{"DMB SY"}, true
			continue
		}
		if t.hit.left(from, to) {
			return fmt.Errorf("between %q and %q vCPU %d left the emulator's scope: what it did there is not known", t.text(2*side), t.text(2*side+1), t.hit.Events[from].VCPU)
		}
		for _, b := range t.hit.barriers(from, to) {
			if strings.HasPrefix(b.Text, "st") {
				continue // a release elsewhere orders what is before it, and no two of these
			}
			op, err := barrier(b.Text)
			if err != nil {
				return err
			}
			t.between[side] = append(t.between[side], op)
		}
	}
	return nil
}

// waited says whether the store at from still did at to: a barrier between the two that
// orders stores would be noted then, and have made it land.
func (t *shapeTest) waited(from, to int) bool {
	seen := t.hit.visible(from)
	return seen < 0 || seen > to
}

// order puts in what orders the accesses that were reordered.
func (t *shapeTest) order() (suffix, what string) {
	switch t.shape.Kind {
	case StoresPassed:
		t.between[0] = []string{"DMB ST"}
		return "dmb.st", "with a barrier between the stores (dmb st)"
	case LoadsPassed:
		t.between[1] = []string{"DMB LD"}
		return "dmb.ld", "with a barrier between the loads (dmb ld)"
	}
	t.between = [2][]string{{"DMB SY"}, {"DMB SY"}}
	return "dmb.sy", "with a full barrier between the store and the load of both (dmb sy)"
}

func (t *shapeTest) test(name, what string, expected trial.Expectation) trial.LitmusTest {
	access := func(n int, register, base string) string { return fmt.Sprintf("%s %s,[%s]", t.ops[n], register, base) }
	x, y := litmus.Value{Address: "x"}, litmus.Value{Address: "y"}
	var first, second []string
	hit := map[string]uint64{"1:X0": 1, "1:X2": 0}
	if t.shape.Kind == StoreBuffering {
		first = slices.Concat([]string{"MOV X0,#1", access(0, "X0", "X1")}, t.between[0], []string{access(1, "X2", "X3")})
		second = slices.Concat([]string{"MOV X0,#1", access(2, "X0", "X1")}, t.between[1], []string{access(3, "X2", "X3")})
		hit = map[string]uint64{"0:X2": 0, "1:X2": 0}
	} else {
		first = slices.Concat([]string{"MOV X0,#1", access(0, "X0", "X1")}, t.between[0], []string{access(1, "X0", "X3")})
		second = slices.Concat([]string{access(2, "X0", "X1")}, t.between[1], []string{access(3, "X2", "X3")})
	}
	test := litmus.Test{
		Name: name,
		Threads: []litmus.Thread{
			{Code: first, Regs: map[string]litmus.Value{"X1": x, "X3": y}}, {Code: second, Regs: map[string]litmus.Value{"X1": y, "X3": x}},
		},
		Memory:    []litmus.Variable{{Name: "x", Bytes: 8}, {Name: "y", Bytes: 8}},
		Condition: litmus.Exists(hit),
	}
	return trial.LitmusTest{Name: name, What: what, Text: test.Text(t.remarks(what)...), Expected: expected}
}

// remarks say in the test what it was built from.
func (t *shapeTest) remarks(what string) []string {
	h, how := t.hit, what
	if what != "as it ran" {
		how = "but " + how
	}
	at := func(n int) uint64 { return h.Events[t.events()[n]].Address }
	list := []string{
		fmt.Sprintf("The shape of what kcovrig noted before a hit, %s: %s.", how, t.shape.Kind),
		fmt.Sprintf("P0 is vCPU %d, P1 is vCPU %d; x stands for address %#x and y for %#x, guest physical, 0 for what they held before, 1 for what was stored.",
			h.Events[t.shape.First].VCPU, h.Events[t.shape.Third].VCPU, at(0), at(2)),
	}
	for side, most := range t.most {
		if most {
			list = append(list, fmt.Sprintf("P%d's DMB SY stands for all that it had between the two: it can have been no more.", side))
		}
	}
	if t.shape.Kind == LoadsPassed {
		list = append(list, "Barriers for loads alone and dependencies are not in the events: the test has none between the loads.")
	}
	if h.Under != "" {
		list = append(list, alteredRemark+h.Under+".")
	}
	list = append(list, "It is built from these instructions, which ran:")
	for n, i := range t.events() {
		e := h.Events[i]
		list = append(list, strings.TrimRight(fmt.Sprintf("   P%d %-28s %s  %s", n/2, e.Text, instruction(e).Place(), e.Source), " "))
	}
	return list
}
