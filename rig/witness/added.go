// SPDX-License-Identifier: Apache-2.0

package witness

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"kcovrig/rig/trial"
)

// IsBetween says whether a barrier before an instruction of the kernel's, place, is passed on
// the way from one to another. An error says why that is not known.
type IsBetween func(from, to, place trial.Instruction) (bool, error)

// noAccess is why an access that is made to order is in no test.
const noAccess = "%s at %s is none of the accesses that the witness is about"

// Added are the litmus tests of a witness to whose code something is added.
type Added struct {
	Ran  trial.LitmusTest
	With *trial.LitmusTest // with what is added; nil: nothing is
	// OneSided: of the other side's two accesses With has the most that can have ordered them,
	// since what did is not known. Open is With where nothing does; nil: it could not be made.
	OneSided bool
	Open     *trial.LitmusTest
	// Unplaced says why a barrier of what is added is not in With though the code may pass it on
	// its way: With allows what the code does and perhaps more. Empty: none is.
	Unplaced string
}

// AddedTests make the litmus tests of witness number n: as it ran, and with what is added
// to the code, barriers before instructions and accesses that order more. An error says
// why there is no such test.
func AddedTests(n int, w trial.Witness, ran trial.Code, reader trial.ReaderCode, added []trial.AlteredInstruction, isBetween IsBetween) (Added, error) {
	texts := make([]string, 0, len(added))
	for _, a := range added {
		text, err := executed(a)
		if err != nil {
			return Added{}, err
		}
		texts = append(texts, text)
	}
	if w.OfProgram() {
		return addedToHit(n, ReadHit(w), added, texts, isBetween)
	}
	r := Read(w, ran)
	s, err := NewSkeleton(r, ran, reader)
	if err != nil {
		return Added{}, err
	}
	v := variants{reading: r, skeleton: s, name: fmt.Sprintf("witness%d-%s+%s", n, r.Variant, r.Reader), what: "as it ran"}
	v.add(trial.Sometimes)
	if len(added) == 0 {
		return Added{Ran: v.tests[0]}, nil
	}
	unplaced := ""
	for i, a := range added {
		unknown, err := v.skeleton.put(r, a, texts[i], isBetween)
		if err != nil {
			return Added{}, err
		}
		unplaced = cmp.Or(unplaced, unknown)
	}
	v.change(withAdded(texts))
	v.add("")
	return Added{Ran: v.tests[0], With: &v.tests[1], Unplaced: unplaced}, nil
}

// withAdded names what was added.
func withAdded(texts []string) (name, what string) {
	var short []string
	for _, t := range texts {
		if !ordersAlone(t) {
			t, _, _ = strings.Cut(t, " ")
		}
		short = append(short, t)
	}
	name = strings.Join(short, ", ")
	return name, "with what was suggested (" + name + ")"
}

// put puts what is added to the writer's code into its place; unplaced: why it is left out
// though it may stand there.
func (s *Skeleton) put(r Reading, a trial.AlteredInstruction, text string, isBetween IsBetween) (unplaced string, err error) {
	if !a.Before {
		return "", s.strengthen(r, a, text)
	}
	if !r.waited() {
		return "", errors.New("the store that the reader missed did not wait any more when the other was executed, so that nothing between the two is to blame")
	}
	op, err := barrier(text)
	if err != nil {
		return "", err
	}
	way := append(slices.Clone(r.Stores), r.Publish)
	for i := len(way) - 1; i > 0; i-- {
		from, to := instruction(r.Events[way[i-1]]), instruction(r.Events[way[i]])
		between, err := isBetween(from, to, a.Instruction)
		switch {
		case err != nil:
			unplaced = cmp.Or(unplaced, unknownBetween(a, from, to, err))
		case between && i < len(way)-1:
			return "", fmt.Errorf("%s at %s is between two stores of the word that the reader missed", a.Text, a.Place())
		case between:
			s.Between = append(slices.Clone(s.Between), op)
			return "", nil
		}
	}
	return unplaced, nil // it stands elsewhere, where it orders neither
}

// unknownBetween says that it is not known whether a barrier stands between two accesses.
func unknownBetween(a trial.AlteredInstruction, from, to trial.Instruction, err error) string {
	return fmt.Sprintf("whether a barrier before %s at %s comes between %q and %q: %v", a.Text, a.Place(), from.Text, to.Text, err)
}

// strengthen makes one of the writer's accesses order more.
func (s *Skeleton) strengthen(r Reading, a trial.AlteredInstruction, text string) error {
	found := false
	s.Stores = slices.Clone(s.Stores)
	for i, of := range append(slices.Clone(r.Stores), r.Publish) {
		if of < 0 || instruction(r.Events[of]).Place() != a.Place() {
			continue
		}
		op, err := access(text, "ST")
		if err != nil {
			return err
		}
		if found = true; i < len(s.Stores) {
			s.Stores[i] = op
		} else {
			s.Publish = op
		}
	}
	if !found {
		return fmt.Errorf(noAccess, a.Text, a.Place())
	}
	return nil
}

// addedToHit is AddedTests of a program's hit.
func addedToHit(n int, h Hit, added []trial.AlteredInstruction, texts []string, isBetween IsBetween) (Added, error) {
	t, err := newShapeTest(h)
	if err != nil {
		return Added{}, err
	}
	name := fmt.Sprintf("witness%d-%s", n, h.Variant)
	out := Added{Ran: t.test(name, "as it ran", trial.Sometimes)}
	if len(added) == 0 {
		return out, nil
	}
	open := t.open()
	unplaced, err := t.putAll(added, texts, isBetween)
	if err != nil {
		return Added{}, err
	}
	suffix, what := withAdded(texts)
	with := t.test(name+"+"+dotted(suffix), what, "")
	out.With, out.OneSided, out.Unplaced = &with, slices.Contains(t.most[:], true), unplaced
	if !out.OneSided {
		return out, nil
	}
	if _, err := open.putAll(added, texts, isBetween); err == nil {
		test := open.test(with.Name+"+open", what+", and the other side's two accesses in no order", "")
		out.Open = &test
	}
	return out, nil
}

// open is the test where nothing but what was noted orders either side.
func (t *shapeTest) open() *shapeTest {
	o := *t
	for side, most := range o.most {
		if most {
			o.between[side], o.most[side] = nil, false
		}
	}
	return &o
}

func (t *shapeTest) putAll(added []trial.AlteredInstruction, texts []string, isBetween IsBetween) (unplaced string, err error) {
	for i, a := range added {
		unknown, err := t.put(a, texts[i], isBetween)
		if err != nil {
			return "", err
		}
		unplaced = cmp.Or(unplaced, unknown)
	}
	return unplaced, nil
}

// put puts what is added into its place on each side; where the most that can be there
// stands already, it is no matter. Unplaced: why it is left out though it may stand there.
func (t *shapeTest) put(a trial.AlteredInstruction, text string, isBetween IsBetween) (unplaced string, err error) {
	if !a.Before {
		return "", t.strengthen(a, text)
	}
	op, err := barrier(text)
	if err != nil {
		return "", err
	}
	for side := range t.between {
		if t.most[side] {
			continue
		}
		from, to := t.instruction(2*side), t.instruction(2*side+1)
		between, err := isBetween(from, to, a.Instruction)
		switch {
		case err != nil:
			unplaced = cmp.Or(unplaced, unknownBetween(a, from, to, err))
		case between:
			t.between[side] = append(slices.Clone(t.between[side]), op)
		}
	}
	return unplaced, nil
}

// strengthen makes accesses order more.
func (t *shapeTest) strengthen(a trial.AlteredInstruction, text string) error {
	found := false
	for n := range t.ops {
		if t.instruction(n).Place() != a.Place() {
			continue
		}
		op, _, err := anyAccess(text, t.ops[n][:len("ST")])
		if err != nil {
			return err
		}
		t.ops[n], found = op, true
	}
	if !found {
		return fmt.Errorf(noAccess, a.Text, a.Place())
	}
	return nil
}

func (t *shapeTest) instruction(n int) trial.Instruction {
	return instruction(t.hit.Events[t.events()[n]])
}
