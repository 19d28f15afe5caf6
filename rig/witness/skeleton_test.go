// SPDX-License-Identifier: Apache-2.0

package witness

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/trial"
)

func TestBarriersThatTheEmulatorDoesNotNote(t *testing.T) {
	for name, c := range map[string]struct {
		barrier string
		held    bool
		want    []string
	}{
		"loads only, always":             {"dmb ishld", true, []string{"DMB ISHLD"}},
		"isb, always":                    {"isb", true, []string{"ISB"}},
		"stores, and it would be noted":  {"dmb ishst", true, nil},
		"all, and it would be noted":     {"dmb ish", true, nil},
		"stores, nothing waited for it":  {"dmb ishst", false, []string{"DMB ISHST"}},
		"a release is the store itself":  {"stlr x25, [x27]", false, nil},
		"full system, nothing waited":    {"dsb sy", false, []string{"DSB SY"}},
		"loads of the whole system, too": {"dsb ld", false, []string{"DSB LD"}},
	} {
		w := overtaken()
		if !c.held {
			w.Events[0].Kind = trial.Executed
		}
		code := unpatched
		code.Between = []trial.Instruction{{Symbol: "stop", Offset: 4, Text: c.barrier}}
		s, err := NewSkeleton(Read(w, code), code, acquire)
		require.NoError(t, err, name)
		assert.Equal(t, c.want, s.Between, name)
	}
}

func TestSkeletonRefusesWhatItDoesNotUnderstand(t *testing.T) {
	change := func(i int, text string) trial.Witness {
		w := overtaken()
		w.Events[i].Text = text
		return w
	}
	for name, c := range map[string]struct {
		w      trial.Witness
		reader trial.ReaderCode
		want   string
	}{
		"an atomic":         {change(2, "swp x1, x2, [x3]"), acquire, "swp"},
		"a word":            {change(0, "str w6, [x0]"), acquire, "doubleword"},
		"a vector":          {change(0, "stp q0, q1, [x0]"), acquire, "doubleword"},
		"no text":           {change(0, ""), acquire, "older kcovrig"},
		"an exclusive load": {change(3, "ldaxr x11, [x0]"), acquire, "ldaxr"},
		"a call":            {overtaken(), trial.ReaderCode{Unknown: "bl f"}, "bl f"},
		"no store":          {sample(trial.Acquire), acquire, "not among"},
		"older": {sample(trial.Acquire, event(0, trial.Delayed, storeEntry, entry, value, 1)),
			trial.ReaderCode{}, "older kcovrig"},
	} {
		code := unpatched
		if name == "older" {
			code.Publish = nil
		}
		_, err := NewSkeleton(Read(c.w, code), code, c.reader)
		require.Error(t, err, name)
		assert.Contains(t, err.Error(), c.want, name)
	}
}

func TestThePublicationThatWasNotNoted(t *testing.T) {
	w := sample(trial.Relaxed, event(0, trial.Delayed, storeEntry, entry, value, 1), event(0, trial.Barrier, wmb, 0, 0, 0),
		event(0, trial.Drained, storeEntry, entry, value, 1))
	s, err := NewSkeleton(Read(w, patched), patched, relaxed)
	require.NoError(t, err)
	assert.Equal(t, "STR", s.Publish)
	assert.Equal(t, []string{"DMB ISHST"}, s.Between)
	tests, err := Tests(1, Read(w, patched), patched, patched, relaxed)
	require.NoError(t, err)
	assert.Contains(t, tests[0].Text, " *  + str x25, [x27]")
	assert.Contains(t, tests[0].Text, " *    dmb ishst")
	assert.Contains(t, tests[0].Text, "those with a +")

	twoKinds := patched
	twoKinds.Publish = append(twoKinds.Publish, trial.Instruction{Text: "stlr x1, [x2]"})
	_, err = NewSkeleton(Read(w, twoKinds), twoKinds, relaxed)
	require.ErrorContains(t, err, "2 kinds")
}

// A barrier after the publication orders nothing before it.
func TestABarrierThatMayHaveComeAfterThePublication(t *testing.T) {
	w := overtaken()
	w.Events[2] = event(0, trial.Barrier, trial.Instruction{Symbol: "spin_unlock", Offset: 8, Text: "dmb ish"}, 0, 0, 0)
	_, err := NewSkeleton(Read(w, unpatched), unpatched, acquire)
	require.ErrorContains(t, err, "not among the witness's events")
}

func TestALaterCountKeepsTheMostThatCanHaveRun(t *testing.T) {
	w := early()
	w.Detection.Count = 9
	s, err := NewSkeleton(Read(w, patched), patched, relaxed)
	require.NoError(t, err)
	require.True(t, s.Later)
	assert.False(t, Read(w, patched).Held())
	test := s.Test("x")
	assert.Equal(t, []string{"MOV X0,#1", "STR X0,[X1]", "DMB ISHST", "STR X0,[X3]", "DMB SY", "MOV X2,#2", "STR X2,[X3]"}, test.Threads[0].Code)
	assert.Equal(t, `exists (1:X0=2 /\ 1:X2=0)`, test.Condition.Text)
}

// In an unpatched kernel too: leaving the copy lets all its stores land.
func TestALaterCountIsTheReadersDoing(t *testing.T) {
	w := overtaken()
	assert.True(t, Read(w, unpatched).Held())
	w.Detection.Count = 9
	assert.False(t, Read(w, unpatched).Held())
}

func TestTheReadersDependencies(t *testing.T) {
	reader := acquire
	reader.Control, reader.Address, reader.Barriers = true, true, []string{"dmb ishld", "isb"}
	s, err := NewSkeleton(Read(overtaken(), unpatched), unpatched, reader)
	require.NoError(t, err)
	test := s.Test("x")
	assert.Equal(t, []string{"LDAR X0,[X1]", "CBNZ X0,LC00", "LC00:", "DMB ISHLD", "ISB", "EOR X4,X0,X0", "LDR X2,[X3,X4]"}, test.Threads[1].Code)
}

func TestWithAReleaseInThePatchedKernel(t *testing.T) {
	s, err := NewSkeleton(Read(overtaken(), unpatched), unpatched, acquire)
	require.NoError(t, err)
	_, ok := s.With(unpatched)
	assert.False(t, ok)
	with, ok := s.With(trial.Code{Between: []trial.Instruction{{Text: "stlr x25, [x27]"}}})
	assert.True(t, ok)
	assert.Equal(t, "STLR", with.Publish)
	assert.Equal(t, "STR", s.Publish)
}
