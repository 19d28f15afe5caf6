// SPDX-License-Identifier: Apache-2.0

package barriers

import (
	"cmp"
	"context"
	"fmt"
	"sync"

	"kcovrig/rig/barrier"
	"kcovrig/rig/kernels"
	"kcovrig/rig/modelcheck"
	"kcovrig/rig/trial"
	"kcovrig/rig/witness"
)

// asker asks the memory model by litmus tests made of what was seen.
type asker struct {
	model     model
	cacheDir  string
	result    trial.Result
	witnesses []Witnessed // the result's
	isBetween witness.IsBetween
	tests     ownTests
}

// betweenIn reads the ways through a kernel's code when they are first asked for.
func betweenIn(image kernels.Image, a kernels.Analysis) witness.IsBetween {
	code := sync.OnceValues(func() (kernels.Passages, error) { return kernels.NewPassages(image, a) })
	return func(from, to, place trial.Instruction) (bool, error) {
		ways, err := code()
		if err != nil {
			return false, err
		}
		return ways.IsBetween(from, to, place)
	}
}

// of asks about the witnesses that were seen under a number: of the first that gives a
// test, as it ran, or with what is added to the code. What cannot be said blocks nothing.
func (a asker) of(ctx context.Context, number int, added []trial.AlteredInstruction) barrier.Model {
	out := barrier.Model{}
	for n, w := range a.witnesses {
		if w.Number != number {
			continue
		}
		tests, err := modelcheck.Added(a.result, n+1, added, a.isBetween)
		if err != nil {
			out.Why = cmp.Or(out.Why, brief(err))
			continue
		}
		said, err := a.ask(ctx, tests)
		switch {
		case err != nil:
			return barrier.Model{Why: brief(err), Test: said.Test}
		case said.Says == "" && said.Why != "":
			out = barrier.Model{Why: cmp.Or(out.Why, said.Why), Test: cmp.Or(out.Test, said.Test)}
			continue
		case said.Says == "":
			out.Why = "what was seen cannot be, by the model, as a litmus test has it"
			continue
		}
		said.Why = fmt.Sprintf("herd7 with %s on the litmus test of witness %d, %s", modelcheck.ArmModel, n+1, said.Test.What)
		return said
	}
	out.Why = cmp.Or(out.Why, "no witness was kept")
	return out
}

// ask is what the model says of the bug with what is added, or as it ran where nothing is;
// empty without a reason, where it does not allow what was seen, to which something was added.
func (a asker) ask(ctx context.Context, tests witness.Added) (barrier.Model, error) {
	test := tests.Ran
	allowed := func(t trial.LitmusTest) (trial.Expectation, error) {
		return a.model(ctx, a.cacheDir, []trial.LitmusTest{t})
	}
	if tests.With != nil {
		test = *tests.With
		if ran, err := allowed(tests.Ran); err != nil || ran != trial.Sometimes {
			return barrier.Model{Test: &test}, err
		}
	}
	said, err := allowed(test)
	if err != nil {
		return barrier.Model{Test: &test}, err
	}
	if tests.Unplaced != "" && said != trial.Never {
		return barrier.Model{Why: tests.Unplaced, Test: &test}, nil // it is possible with less than there may be
	}
	test.Allowed = said
	out := barrier.Model{Says: said, Test: &test}
	if said == trial.Never && tests.OneSided {
		out.OneSided = true
		if tests.Open != nil {
			open, err := allowed(*tests.Open)
			if err != nil {
				return out, err
			}
			out.OneSided = open != trial.Never
		}
	}
	return out, nil
}

// ofSuggestions asks of each whether the bug is possible with it.
func (a asker) ofSuggestions(ctx context.Context, suggestions []barrier.Suggestion, at map[uint64]trial.Instruction) (out []barrier.Model) {
	for _, s := range suggestions {
		var change trial.Alteration
		for _, p := range s.Parts {
			change = append(change, p.Change)
		}
		m := a.of(ctx, 0, altered(change, at))
		if m.Says == "" && len(change) == 1 {
			m.Own, m.OneSided = a.tests.ask(ctx, a.model, a.cacheDir, change[0])
		}
		out = append(out, m)
	}
	return out
}

// ofNeeded asks of what was seen without an instruction that is needed, where the ways
// between two stores do not say.
func (a asker) ofNeeded(ctx context.Context, rows []barrier.Row) {
	for i := range rows {
		row := &rows[i]
		if row.Answer != barrier.Needed || row.Model.Says != "" {
			continue
		}
		if said := a.of(ctx, row.Forms[0].Number, nil); said.Test != nil || row.Model.Why == "" {
			row.Model = said
		}
	}
}

// ofNamed asks of the alteration that the specification names, number 1: of what was seen
// under it, or of the bug with the order that it adds.
func (a asker) ofNamed(ctx context.Context, said barrier.Altered, added []trial.AlteredInstruction) barrier.Model {
	switch {
	case said.Result.Effect == barrier.Showed:
		return a.of(ctx, 1, nil)
	case said.Adds:
		m := a.of(ctx, 0, added)
		if m.Says == "" && len(added) > 0 { // one line, be it of several instructions: all have the same before them
			m.Own, m.OneSided = a.tests.ask(ctx, a.model, a.cacheDir, trial.Change{To: added[0].To, Before: added[0].Before})
		}
		return m
	}
	return barrier.Model{}
}
