// SPDX-License-Identifier: Apache-2.0

package witness

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/guest/wire"
	"kcovrig/rig/litmus/litmustest"
	"kcovrig/rig/trial"
)

// The addresses and values of the samples: entry 3 is the stale one.
const (
	count, entry, other = 0x1000, 0x1018, 0x1020
	old, value          = 0x5ca1ab1e, 0xffff800080001234
)

var (
	storeEntry = trial.Instruction{Symbol: "__memcpy", Offset: 0x2c, Text: "stp x6, x7, [x0]", Source: "lib/memcpy.S:73"}
	publishAt  = trial.Instruction{Symbol: "stop", Offset: 0x2d4, Text: "str x25, [x27]", Source: "kernel/ring.c:993"}
	wmb        = trial.Instruction{Symbol: "stop", Offset: 0x2c0, Text: "dmb ishst", Source: "kernel/ring.c:995"}
	unpatched  = trial.Code{Variant: trial.Unpatched, Container: "stop", Ordered: "no", Publish: []trial.Instruction{publishAt}}
	patched    = trial.Code{Variant: trial.Patched, Container: "stop", Ordered: "yes", Publish: []trial.Instruction{publishAt}, Between: []trial.Instruction{wmb}}
	acquire    = trial.ReaderCode{Reader: trial.Acquire, Count: trial.Instruction{Text: "ldar x11, [x0]"}, Entry: trial.Instruction{Text: "ldr x13, [x9]"}, Control: true}
	relaxed    = trial.ReaderCode{Reader: trial.Relaxed, Count: trial.Instruction{Text: "ldr x11, [x0]"}, Entry: trial.Instruction{Text: "ldr x13, [x9]"}, Control: true}
)

func event(cpu int, kind trial.WitnessKind, in trial.Instruction, address, value, version uint64) trial.WitnessEvent {
	return trial.WitnessEvent{
		VCPU: cpu, Kind: kind, Symbol: in.Symbol, Offset: in.Offset, Text: in.Text, Source: in.Source,
		Address: address, Value: value, Version: version,
	}
}

func sample(reader trial.Reader, events ...trial.WitnessEvent) trial.Witness {
	w := trial.Witness{Variant: trial.Unpatched, Reader: reader, Detection: wire.Detection{Index: 3, Count: 4, Seen: old, Later: value}}
	w.Events = append(events, event(1, trial.Mark, trial.Instruction{}, entry, old, 0))
	for i := range w.Events {
		w.Events[i].AtNS = int64(i) * 100
	}
	return w
}

// overtaken is the bug: the count passes the entry's store.
func overtaken() trial.Witness {
	return sample(trial.Acquire,
		event(0, trial.Delayed, storeEntry, entry, value, 1), event(0, trial.Delayed, storeEntry, other, 9, 1),
		event(0, trial.Executed, publishAt, count, 4, 1),
		event(1, trial.Load, acquire.Count, count, 4, 1), event(1, trial.Load, acquire.Entry, entry, old, 0),
		event(0, trial.Drained, storeEntry, other, 9, 1), event(0, trial.Drained, storeEntry, entry, value, 1))
}

// early is the patched kernel with a reader that does not order its loads.
func early() trial.Witness {
	w := sample(trial.Relaxed,
		event(0, trial.Delayed, storeEntry, entry, value, 1), event(0, trial.Barrier, wmb, 0, 0, 0),
		event(0, trial.Drained, storeEntry, entry, value, 1), event(0, trial.Delayed, publishAt, count, 4, 1),
		event(0, trial.Drained, publishAt, count, 4, 1),
		event(1, trial.Load, relaxed.Count, count, 4, 1), event(1, trial.Load, relaxed.Entry, entry, old, 0))
	w.Variant = trial.Patched
	return w
}

func TestReadNamesTheParts(t *testing.T) {
	r := Read(overtaken(), unpatched)
	assert.Equal(t, []int{0}, r.Stores)
	assert.Equal(t, []int{0, 1, 2, 2, 3, 4, 6, 7}, []int{r.WriterCPU, r.ReaderCPU, r.Publish, r.Visible, r.Count, r.Stale, r.Landed, r.Mark})
	assert.True(t, r.Held())
	assert.False(t, r.Later())
	assert.Empty(t, r.Barriers())

	r = Read(early(), patched)
	assert.Equal(t, []int{3, 4, 5, 6, 2}, []int{r.Publish, r.Visible, r.Count, r.Stale, r.Landed})
	assert.False(t, r.Held(), "the entry landed before the count could be seen")
	require.Len(t, r.Barriers(), 1)
}

func TestReadWithoutThePublishingStoreInTheCode(t *testing.T) {
	r := Read(overtaken(), trial.Code{Container: "stop"})
	assert.Equal(t, 2, r.Publish)
}

func TestReadOfOddWitnesses(t *testing.T) {
	for name, w := range map[string]trial.Witness{
		"nothing": {}, "no mark": {Events: overtaken().Events[:3]}, "the mark alone": sample(trial.Acquire),
		"never landed": sample(trial.Acquire, event(0, trial.Delayed, storeEntry, entry, value, 1)),
	} {
		assert.NotPanics(t, func() {
			r := Read(w, unpatched)
			assert.Equal(t, name == "never landed", r.Held(), name)
			_, _ = NewSkeleton(r, unpatched, acquire)
		}, name)
	}
}

func TestTheWindowEndsWhereTheFirstStoreLands(t *testing.T) {
	w := sample(trial.Acquire,
		event(0, trial.Delayed, storeEntry, entry, value, 1), event(0, trial.Delayed, storeEntry, entry, value, 2),
		event(0, trial.Drained, storeEntry, entry, value, 1), event(0, trial.Drained, storeEntry, entry, value, 2),
		event(0, trial.Executed, publishAt, count, 4, 1))
	r := Read(w, unpatched)
	assert.Equal(t, []int{0, 1}, r.Stores)
	assert.Equal(t, []int{2, 2, 3}, []int{r.Landed, r.visible(0), r.visible(1)})
	assert.False(t, r.Held())
}

// code of a test's threads, without the values and registers that are always the same.
func threads(t *testing.T, test trial.LitmusTest) (writer, reader []string) {
	t.Helper()
	parsed, err := litmustest.Parse(test.Text)
	require.NoError(t, err, test.Text)
	require.Len(t, parsed.Threads, 2)
	return parsed.Threads[0].Code, parsed.Threads[1].Code
}

func TestTestsOfTheBug(t *testing.T) {
	tests, err := Tests(7, Read(overtaken(), unpatched), unpatched, patched, acquire)
	require.NoError(t, err)
	require.Len(t, tests, 2)
	w, r := threads(t, tests[0])
	assert.Equal(t, []string{"MOV X0,#1", "STR X0,[X1]", "STR X0,[X3]"}, w)
	assert.Equal(t, []string{"LDAR X0,[X1]", "CBNZ X0,LC00", "LC00:", "LDR X2,[X3]"}, r)
	assert.Equal(t, "witness7-unpatched+acquire", tests[0].Name)
	assert.Equal(t, trial.Sometimes, tests[0].Expected)
	assert.Contains(t, tests[0].Text, "stp x6, x7, [x0]")
	assert.NotContains(t, tests[0].Text, "those with a +")

	w, _ = threads(t, tests[1])
	assert.Equal(t, []string{"MOV X0,#1", "STR X0,[X1]", "DMB ISHST", "STR X0,[X3]"}, w)
	assert.Equal(t, "witness7-unpatched+acquire+dmb.ishst", tests[1].Name)
	assert.Equal(t, trial.Never, tests[1].Expected)
	assert.Contains(t, tests[1].Text, "but with the patch's dmb ishst")
}

func TestTestsOfARelaxedReader(t *testing.T) {
	tests, err := Tests(1, Read(early(), patched), patched, patched, relaxed)
	require.NoError(t, err)
	require.Len(t, tests, 2)
	w, r := threads(t, tests[0])
	assert.Equal(t, []string{"MOV X0,#1", "STR X0,[X1]", "DMB ISHST", "STR X0,[X3]"}, w, "the barrier ran, and counts once")
	assert.Equal(t, "LDR X0,[X1]", r[0])
	assert.Equal(t, trial.Sometimes, tests[0].Expected)
	_, r = threads(t, tests[1])
	assert.Equal(t, "LDAR X0,[X1]", r[0])
	assert.Equal(t, trial.Never, tests[1].Expected)

	unordered := overtaken()
	unordered.Reader = trial.Relaxed
	unordered.Events[3].Text = relaxed.Count.Text
	tests, err = Tests(1, Read(unordered, unpatched), unpatched, patched, relaxed)
	require.NoError(t, err)
	require.Len(t, tests, 3)
	assert.Equal(t, []trial.Expectation{trial.Sometimes, "", trial.Never}, []trial.Expectation{tests[0].Expected, tests[1].Expected, tests[2].Expected})
}

// The events reach into the windows before and after: their stores of the word are no part of this one.
func TestStoresOfOtherWindowsAreNoneOfThisOne(t *testing.T) {
	before := []trial.WitnessEvent{
		event(0, trial.Executed, storeEntry, entry, value, 1), event(0, trial.Executed, publishAt, count, 4, 1),
	}
	next := []trial.WitnessEvent{event(0, trial.Delayed, storeEntry, entry, value, 3)}
	around := func(w trial.Witness) trial.Witness {
		own := w.Events[:len(w.Events)-1]
		w.Events = sample(w.Reader, append(append(append([]trial.WitnessEvent{}, before...), own...), next...)...).Events
		return w
	}

	r := Read(around(overtaken()), unpatched)
	assert.Equal(t, []int{2}, r.Stores)
	assert.Equal(t, []int{4, 6, 8}, []int{r.Publish, r.Stale, r.Landed})
	assert.True(t, r.Held())

	r = Read(around(early()), patched)
	assert.Equal(t, []int{2}, r.Stores)
	assert.Equal(t, []int{4, 5}, []int{r.Landed, r.Publish})
	assert.False(t, r.Held(), "the next window's store, which still waits, was not the reader's business")

	unnoted := overtaken()
	unnoted.Events = slices.Delete(unnoted.Events, 2, 3)
	next = append(next, event(0, trial.Executed, publishAt, count, 4, 3))
	assert.Equal(t, -1, Read(around(unnoted), unpatched).Publish, "the next window's publication is none of this one's")

	again := overtaken()
	again.Events = append([]trial.WitnessEvent{event(1, trial.Load, acquire.Count, count, 4, 1), event(1, trial.Load, acquire.Entry, entry, old, 0)}, again.Events...)
	r = Read(again, unpatched)
	assert.Equal(t, []int{5, 6}, []int{r.Count, r.Stale}, "the reader's last looks")

	lost := around(early())
	lost.Events = lost.Events[6:] // the emulator no longer held this window's stores
	r = Read(lost, patched)
	assert.Empty(t, r.Stores)
	_, err := NewSkeleton(r, patched, relaxed)
	require.ErrorContains(t, err, "not among the witness's events")
}
