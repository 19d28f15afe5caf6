// SPDX-License-Identifier: Apache-2.0

package barriers

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/guest/wire"
	"kcovrig/rig/barrier"
	"kcovrig/rig/rigtest"
	"kcovrig/rig/trial"
)

// passing is a witness in which the store of f at one offset is passed by that at another.
func passing(first, second uint64) trial.Witness {
	const x, y = 0x2010, 0x2000
	return trial.Witness{
		Variant: trial.Unpatched, Reader: trial.Acquire, Detection: wire.Detection{Index: 1, Count: 4, Seen: 5, Later: 7},
		Events: []trial.WitnessEvent{
			{VCPU: 0, Kind: trial.Delayed, Symbol: "f", Offset: first, Text: "str x1, [x0]", Address: x, Value: 7, Version: 1},
			{VCPU: 0, Kind: trial.Executed, Symbol: "f", Offset: second, Text: "str x1, [x1]", Address: y, Value: 4, Version: 1},
			{VCPU: 1, Kind: trial.Load, Text: "ldar x1, [x0]", Address: y, Value: 4, Version: 1},
			{VCPU: 1, Kind: trial.Load, Text: "ldr x1, [x0]", Address: x, Value: 5},
			{VCPU: 1, Kind: trial.Mark, Address: x, Value: 5},
		},
	}
}

// asks is an asker whose model rules out what has the text, of witnesses of those numbers.
func asks(never string, witnesses ...Witnessed) asker {
	a := asker{
		witnesses: witnesses,
		isBetween: func(_, _, place trial.Instruction) (bool, error) { return place.Offset == 8, nil },
		model: func(_ context.Context, _ string, tests []trial.LitmusTest) (trial.Expectation, error) {
			if strings.Contains(tests[0].Text, never) {
				return trial.Never, nil
			}
			return trial.Sometimes, nil
		},
	}
	a.result.Code = []trial.Code{{Variant: trial.Unpatched, Container: "f"}}
	for _, w := range witnesses {
		a.result.Witnesses = append(a.result.Witnesses, w.Witness)
	}
	return a
}

func before(offset uint64) []trial.AlteredInstruction {
	return []trial.AlteredInstruction{{Instruction: trial.Instruction{Symbol: "f", Offset: offset}, To: trial.OrderStores, Before: true}}
}

func TestTheModelIsAskedByAWitness(t *testing.T) {
	odd := Witnessed{0, trial.Witness{Detection: wire.Detection{Count: 1}}}
	under := Witnessed{3, passing(0, 8)}
	good := Witnessed{0, passing(0, 8)}
	for name, c := range map[string]struct {
		asker  asker
		number int
		added  []trial.AlteredInstruction
		says   trial.Expectation
		why    string
		test   bool
	}{
		"with a barrier between":      {asks("DMB ISHST", under, good), 0, before(8), trial.Never, "of witness 2", true},
		"with one elsewhere":          {asks("DMB ISHST", good), 0, before(16), trial.Sometimes, "of witness 1", true},
		"of the first that is read":   {asks("DMB ISHST", odd, good), 0, before(8), trial.Never, "of witness 2", true},
		"as it ran":                   {asks("DMB ISHST", good, under), 3, nil, trial.Sometimes, "of witness 2", true},
		"as it cannot have run":       {asks("STR X0", under), 3, nil, trial.Never, "of witness 1", true},
		"with more, which cannot be":  {asks("STR X0", good), 0, before(8), "", "what was seen cannot be", false},
		"none is read":                {asks("", odd), 0, before(8), "", "not among the witness's events", false},
		"no witness":                  {asks("", under), 0, before(8), "", "no witness was kept", false},
		"where a place is, not known": {unknown(asks("DMB ISHST", good)), 0, before(16), "", "nobody knows", true},
		"... and no matter":           {unknown(asks("DMB ISHST", good)), 0, slices.Concat(before(8), before(16)), trial.Never, "of witness 1", true},
		"herd7 does not answer":       {silent(asks("", good)), 0, before(8), "", "not installed", true},
	} {
		t.Run(name, func(t *testing.T) {
			said := c.asker.of(t.Context(), c.number, c.added)
			assert.Equal(t, c.says, said.Says)
			assert.Contains(t, said.Why, c.why)
			assert.Equal(t, c.test, said.Test != nil)
			if said.Test != nil {
				assert.Equal(t, c.says, said.Test.Allowed)
			}
		})
	}
}

// Of a program's hit nothing is known of the other side's two accesses: where the model allows
// the bug if these are in no order, what it certifies is of one side.
func TestWhatIsCertifiedMayBeOfOneSide(t *testing.T) {
	w := passing(0, 8)
	w.Detection = wire.Detection{Kind: wire.KindTold}
	require.True(t, w.OfProgram())
	for open, want := range map[trial.Expectation]bool{trial.Sometimes: true, trial.Never: false} {
		a := asks("DMB ISHST", Witnessed{0, w})
		inner := a.model
		a.model = func(ctx context.Context, dir string, tests []trial.LitmusTest) (trial.Expectation, error) {
			if strings.HasSuffix(tests[0].Name, "+open") {
				return open, nil
			}
			return inner(ctx, dir, tests)
		}
		said := a.of(t.Context(), 0, before(8))
		assert.Equal(t, trial.Never, said.Says, said.Why)
		assert.Equal(t, want, said.OneSided)
	}
}

// unknown is an asker that does not know where offset 16 is passed.
func unknown(a asker) asker {
	known := a.isBetween
	a.isBetween = func(from, to, place trial.Instruction) (bool, error) {
		if place.Offset == 16 {
			return false, errors.New("nobody knows")
		}
		return known(from, to, place)
	}
	return a
}

func silent(a asker) asker {
	a.model = func(context.Context, string, []trial.LitmusTest) (trial.Expectation, error) {
		return "", errors.New("herd7 is not installed")
	}
	return a
}

// What is needed is asked about where the ways did not say; what was found of an
// alteration decides of which witness it is asked.
func TestWhichAnswersTheModelIsAskedAbout(t *testing.T) {
	a := asks("DMB ISHST", Witnessed{0, passing(0, 8)}, Witnessed{1, passing(0, 8)})
	form := []barrier.Form{{Number: 1}}
	rows := []barrier.Row{{Answer: barrier.Needed, Forms: form}, {Answer: barrier.Needed, Forms: form, Model: barrier.Model{Says: trial.Never}}, {Answer: barrier.NotShownNeeded, Forms: form}}
	a.ofNeeded(t.Context(), rows)
	assert.Equal(t, []trial.Expectation{trial.Sometimes, trial.Never, ""}, []trial.Expectation{rows[0].Model.Says, rows[1].Model.Says, rows[2].Model.Says})

	for want, said := range map[trial.Expectation]barrier.Altered{
		trial.Sometimes: {Adds: true, Result: barrier.Result{Effect: barrier.Showed}},
		trial.Never:     {Adds: true, Result: barrier.Result{Effect: barrier.Silent}},
		"":              {Result: barrier.Result{Effect: barrier.Silent}},
	} {
		assert.Equal(t, want, a.ofNamed(t.Context(), said, before(8)).Says)
	}
}

// Of a program's scenario, which names no two stores, a witness says what the ways cannot.
func TestANeededInstructionsWitnessIsAskedAbout(t *testing.T) {
	w := passing(0, 12)
	w.Variant = trial.Patched
	found, err := find(t, lab(map[uint64]rigtest.Guest{ofStores: bad}), keeping(w))
	require.NoError(t, err)
	require.Equal(t, barrier.Needed, found.Rows[0].Answer)
	assert.Equal(t, trial.Sometimes, found.Rows[0].Model.Says, found.Rows[0].Model.Why)
	assert.NotNil(t, found.Rows[0].Model.Test)
	assert.Empty(t, found.Rows[1].Model.Says)
}
