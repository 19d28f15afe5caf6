// SPDX-License-Identifier: Apache-2.0

package witness

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/trial"
)

// between knows of code that runs straight on: it lies there, if it is that instruction.
func between(place trial.Instruction) IsBetween {
	return func(_, _, p trial.Instruction) (bool, error) { return p == place, nil }
}

// only knows it of one of the sides, which begins there.
func only(begin, place trial.Instruction) IsBetween {
	return func(from, _, p trial.Instruction) (bool, error) { return p == place && from.Text == begin.Text, nil }
}

func nobodyKnows(_, _, _ trial.Instruction) (bool, error) { return false, errors.New("nobody knows") }

var (
	someplace = trial.Instruction{Symbol: "stop", Offset: 0x2b0, Text: "b.ne stop+0x2c8"}
	store     = []trial.AlteredInstruction{{Instruction: someplace, To: trial.OrderStores, Before: true}}
	release   = []trial.AlteredInstruction{{Instruction: publishAt, To: trial.OrderRelease}}
)

func TestWhatIsAddedStandsInTheTest(t *testing.T) {
	for name, c := range map[string]struct {
		added     []trial.AlteredInstruction
		isBetween IsBetween
		want      []string
		named     string
	}{
		"a barrier between":   {store, between(someplace), []string{"MOV X0,#1", "STR X0,[X1]", "DMB ISHST", "STR X0,[X3]"}, "dmb.ishst"},
		"a barrier elsewhere": {store, between(wmb), []string{"MOV X0,#1", "STR X0,[X1]", "STR X0,[X3]"}, "dmb.ishst"},
		"the second store":    {release, nobodyKnows, []string{"MOV X0,#1", "STR X0,[X1]", "STLR X0,[X3]"}, "stlr"},
		"both":                {append(store[:1:1], release...), between(someplace), []string{"MOV X0,#1", "STR X0,[X1]", "DMB ISHST", "STLR X0,[X3]"}, "dmb.ishst-stlr"},
	} {
		t.Run(name, func(t *testing.T) {
			tests, err := AddedTests(7, overtaken(), unpatched, acquire, c.added, c.isBetween)
			require.NoError(t, err)
			require.NotNil(t, tests.With)
			ran, _ := threads(t, tests.Ran)
			assert.Equal(t, []string{"MOV X0,#1", "STR X0,[X1]", "STR X0,[X3]"}, ran)
			got, reader := threads(t, *tests.With)
			assert.Equal(t, c.want, got)
			assert.Equal(t, "LDAR X0,[X1]", reader[0])
			assert.Equal(t, "witness7-unpatched+acquire+"+c.named, tests.With.Name)
			assert.Contains(t, tests.With.Text, "but with what was suggested")
			assert.False(t, tests.OneSided, "the reader's code is known")
		})
	}
	tests, err := AddedTests(7, overtaken(), unpatched, acquire, nil, nobodyKnows)
	require.NoError(t, err)
	assert.Nil(t, tests.With)
}

// A test says what would run, or less and that it does, or is not made.
func TestWhatIsAddedToAnUnknownPlaceIsInNoTest(t *testing.T) {
	twice := overtaken()
	again := storeEntry
	again.Offset += 4
	twice.Events[1] = event(0, trial.Delayed, again, entry, value, 2)
	landed := early()
	for want, c := range map[string]struct {
		w         trial.Witness
		added     []trial.AlteredInstruction
		isBetween IsBetween
	}{
		"between two stores of the word": {twice, store, func(from, _, _ trial.Instruction) (bool, error) { return from.Place() == storeEntry.Place(), nil }},
		"none of the accesses":           {overtaken(), []trial.AlteredInstruction{{Instruction: trial.Instruction{Text: "str x1, [x0]"}, To: trial.OrderRelease}}, nobodyKnows},
		"did not wait":                   {landed, store, between(someplace)},
		"no litmus instruction for that": {overtaken(), []trial.AlteredInstruction{{Instruction: trial.Instruction{Text: "stp x1, x2, [x0]"}, To: trial.OrderRelease}}, nobodyKnows},
	} {
		_, err := AddedTests(7, c.w, unpatched, acquire, c.added, c.isBetween)
		assert.ErrorContains(t, err, want)
	}
	tests, err := AddedTests(7, overtaken(), unpatched, acquire, store, nobodyKnows)
	require.NoError(t, err)
	assert.Contains(t, tests.Unplaced, "nobody knows")
	_, ran, _ := strings.Cut(tests.Ran.Text, "{")
	_, with, _ := strings.Cut(tests.With.Text, "{")
	assert.Equal(t, ran, with)
}

func TestWhatIsAddedToAHitsShape(t *testing.T) {
	plainY := event(0, trial.Executed, code("str x1, [x3]"), atY, 2, 1)
	plainY.Offset = 8
	passed, loads, both := hit(heldX, plainY, seesY, missesX), hit(heldX, fullStop, landsX, storeY, seesY, missesX), hit(heldX, otherY, missesY, missesX)
	all := []trial.AlteredInstruction{{Instruction: someplace, To: trial.OrderAll, Before: true}}
	publishes := []trial.AlteredInstruction{{Instruction: instruction(plainY), To: trial.OrderRelease}}
	for name, c := range map[string]struct {
		hit           Hit
		added         []trial.AlteredInstruction
		isBetween     IsBetween
		first, second string
		open          string // what stands between the other side's, in its test; "-": there is none
	}{
		"between the stores":  {passed, store, only(instruction(heldX), someplace), "DMB ISHST", "DMB SY", ""},
		"on both sides":       {passed, store, between(someplace), "DMB ISHST", "DMB SY", "DMB ISHST"},
		"not between them":    {passed, store, between(wmb), "STR X0,[X3]", "DMB SY", ""},
		"between the loads":   {loads, all, between(someplace), "DMB SY", "DMB ISH", "DMB ISH"},
		"in both of them":     {both, all, between(someplace), "DMB ISH", "DMB ISH", "-"},
		"the store publishes": {passed, publishes, nobodyKnows, "STLR X0,[X3]", "DMB SY", ""},
	} {
		t.Run(name, func(t *testing.T) {
			tests, err := AddedTests(3, c.hit.Witness, trial.Code{}, trial.ReaderCode{}, c.added, c.isBetween)
			require.NoError(t, err)
			require.NotNil(t, tests.With)
			first, second := threads(t, *tests.With)
			assert.Equal(t, c.first, first[2])
			assert.Contains(t, second, c.second)
			ran, err := HitTests(3, c.hit)
			require.NoError(t, err)
			assert.Equal(t, ran[0], tests.Ran)
			if c.open == "-" {
				assert.False(t, tests.OneSided)
				assert.Nil(t, tests.Open)
				return
			}
			assert.True(t, tests.OneSided)
			require.NotNil(t, tests.Open)
			assert.NotContains(t, tests.Open.Text, "DMB SY", "the most that can be there")
			assert.Equal(t, c.open != "", strings.Count(tests.Open.Text, "DMB ISH") > strings.Count(strings.ReplaceAll(tests.With.Text, "DMB SY", ""), "DMB ISH"), tests.Open.Text)
		})
	}
	tests, err := AddedTests(3, passed.Witness, trial.Code{}, trial.ReaderCode{}, store, nobodyKnows)
	require.NoError(t, err)
	assert.Contains(t, tests.Unplaced, "nobody knows")
	first, _ := threads(t, *tests.With)
	assert.Equal(t, "STR X0,[X3]", first[2])
	elsewhere := []trial.AlteredInstruction{{Instruction: trial.Instruction{Symbol: "g", Text: "str x1, [x0]"}, To: trial.OrderRelease}}
	_, err = AddedTests(3, passed.Witness, trial.Code{}, trial.ReaderCode{}, elsewhere, nobodyKnows)
	require.ErrorContains(t, err, "none of the accesses")
}
