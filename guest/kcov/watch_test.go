// SPDX-License-Identifier: Apache-2.0

//go:build arm64 || amd64

package kcov

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/guest/tally"
	"kcovrig/guest/wire"
)

const kernelText = 0xffff800080000000

// bench is a watch over plain memory that a goroutine of the test writes.
type bench struct {
	watch
	mode       mode
	tally      tally.Tally
	detections []wire.Detection
	marks      uint64
}

func newBench(t *testing.T, modeName, reader string, words int) *bench {
	t.Helper()
	m, err := lookupMode(modeName)
	require.NoError(t, err)
	start := time.Now()
	b := &bench{mode: m, tally: tally.New(modeName, 2)}
	b.watch = watch{
		area: make([]uint64, words), read: readers[reader], stale: make([]uint32, words),
		clock: func() int64 { return int64(time.Since(start)) },
		rest:  runtime.Gosched,
		moved: func() {},
		found: func(d wire.Detection) { b.detections = append(b.detections, d) },
		marked: func(_ *uint64, entry, count uint64) uint64 {
			b.marks++
			return b.marks*10000 + entry*100 + count
		},
	}
	b.reset(3)
	return b
}

// fill writes one entry as the kernel would.
func (b *bench) fill(entry uint64) {
	for w := range b.mode.words {
		v := w + 1
		if w == b.mode.pc {
			v = kernelText + entry
		}
		atomic.StoreUint64(&b.area[1+entry*b.mode.words+w], v)
	}
}

func (b *bench) publish(count uint64) { atomic.StoreUint64(&b.area[0], count) }

func eachReader(t *testing.T, f func(t *testing.T, mode, reader string)) {
	for _, m := range modes {
		for name := range readers {
			t.Run(m.name+"/"+name, func(t *testing.T) { f(t, m.name, name) })
		}
	}
}

// An entry written before the count is never stale, however fast they come.
func TestOrderedWriterShowsNothing(t *testing.T) {
	eachReader(t, func(t *testing.T, mode, reader string) {
		if reader == "relaxed" && runtime.GOARCH != "amd64" {
			t.Skip("a relaxed reader may see stale entries here")
		}
		b := newBench(t, mode, reader, 1+40_000)
		end := b.limit(b.mode)
		var writer sync.WaitGroup
		writer.Go(func() {
			for e := range end {
				b.fill(e)
				b.publish(e + 1)
			}
		})
		count, err := b.round(t.Context(), b.mode, &b.tally, end)
		require.NoError(t, err)
		writer.Wait() // for the race detector, which does not see what the assembly loads
		require.NoError(t, b.audit(b.mode, count))
		assert.Equal(t, end, count)
		assert.Equal(t, end, b.tally.Units)
		assert.NotZero(t, b.tally.Windows)
		assert.Zero(t, b.tally.HitWindows)
		assert.Empty(t, b.detections)
	})
}

// A count published before its entries is seen, with everything that is known of it.
func TestStaleEntriesAreDetected(t *testing.T) {
	eachReader(t, func(t *testing.T, mode, reader string) {
		b := newBench(t, mode, reader, 1+64)
		b.fill(0)
		b.fill(1) // entries 2 and 3 come only once the reader has looked
		looked := make(chan struct{})
		read := b.read
		b.read = func(area *uint64, seen, words, poison, limit, spins uint64, stale *uint32) (uint64, uint64) {
			count, n := read(area, seen, words, poison, limit, spins, stale)
			if count > seen {
				close(looked)
			}
			return count, n
		}
		var writer sync.WaitGroup
		writer.Go(func() {
			b.publish(4)
			<-looked
			b.fill(2)
			b.fill(3)
		})
		count, err := b.round(t.Context(), b.mode, &b.tally, 4)
		require.NoError(t, err)
		writer.Wait()
		require.NoError(t, b.audit(b.mode, count))
		assert.Equal(t, uint64(1), b.tally.HitWindows)
		assert.Equal(t, uint64(2), b.tally.HitUnits)
		assert.Equal(t, uint64(4), b.tally.Units)
		require.Len(t, b.detections, 2)
		for i, d := range b.detections {
			assert.Equal(t, uint64(2+i), d.Index)
			assert.Equal(t, uint64(4), d.Count)
			assert.Equal(t, poisonOf(3), d.Seen)
			assert.False(t, isPoison(d.Later))
			assert.Equal(t, uint64(3), d.Round)
			assert.Equal(t, mode, d.Mode)
			assert.NotZero(t, d.LastedNS)
			assert.Equal(t, []uint64{10204, 0}[i], d.Witness, "the first stale entry of a window is marked, at once")
		}
	})
}

// In cmp any word that is missing makes its entry stale, and one entry counts once.
func TestOneMissingWordIsAStaleEntry(t *testing.T) {
	b := newBench(t, "cmp", "acquire", 1+64)
	for w := range b.mode.words {
		b.reset(w)
		for e := range uint64(4) {
			b.fill(e)
		}
		missing := &b.area[1+2*b.mode.words+w]
		value := *missing
		*missing = poisonOf(w)
		b.publish(4)
		count, n := readAcquire(&b.area[0], 1, b.mode.words, poisonOf(w), 16, 1, &b.stale[0])
		require.Equal(t, uint64(4), count)
		require.Equal(t, uint64(1), n)
		require.Equal(t, uint32(2*b.mode.words+w), b.stale[0])
		b.marked = func(*uint64, uint64, uint64) uint64 { // the reader has looked
			atomic.StoreUint64(missing, value)
			return 0
		}
		_, err := b.round(t.Context(), b.mode, &b.tally, 4)
		require.NoError(t, err)
	}
	assert.Equal(t, uint64(4), b.tally.HitUnits)
	assert.Equal(t, uint64(4), b.tally.HitWindows)
}

// An entry that never comes is a fault of the rig, not a detection.
func TestNeverFillingIsAFault(t *testing.T) {
	eachReader(t, func(t *testing.T, mode, reader string) {
		b := newBench(t, mode, reader, 1+64)
		hurry(b)
		b.fill(0)
		b.publish(2)
		_, err := b.round(t.Context(), b.mode, &b.tally, 2)
		var f *wire.Fault
		require.ErrorAs(t, err, &f)
		assert.Equal(t, wire.WhoseRig, f.Whose)
		assert.Contains(t, f.Message, "never filled")
		assert.Zero(t, b.tally.HitWindows)
		assert.Empty(t, b.detections)
	})
}

// The vCPU whose store is waited for may have no time on its host for a while.
func TestLateFillingIsADetection(t *testing.T) {
	eachReader(t, func(t *testing.T, mode, reader string) {
		b := newBench(t, mode, reader, 1+64)
		hurry(b)
		hurried, looks := b.clock, 0
		b.clock = func() int64 {
			if looks++; looks == 20 {
				b.fill(1)
			}
			return hurried()
		}
		b.fill(0)
		b.publish(2)
		_, err := b.round(t.Context(), b.mode, &b.tally, 2)
		require.NoError(t, err)
		assert.Equal(t, uint64(1), b.tally.HitWindows)
		require.Len(t, b.detections, 1)
		assert.Greater(t, b.detections[0].LastedNS, int64(10*time.Second))
	})
}

// hurry makes a second pass at every look at the clock.
func hurry(b *bench) {
	var now int64
	b.clock = func() int64 { now += int64(time.Second); return now }
}

func TestCountBeyondTheAreaIsAFault(t *testing.T) {
	eachReader(t, func(t *testing.T, mode, reader string) {
		b := newBench(t, mode, reader, 1+64)
		for e := range b.limit(b.mode) {
			b.fill(e)
		}
		b.publish(b.limit(b.mode) + 1)
		_, n := b.read(&b.area[0], 0, b.mode.words, b.area[1], b.limit(b.mode), 1, &b.stale[0])
		assert.Zero(t, n, "no entry is looked at")
		_, err := b.round(t.Context(), b.mode, &b.tally, 2)
		assert.ErrorContains(t, err, "capacity")
		assert.Zero(t, b.tally.Windows)
	})
}

func TestCountGoingBackIsAFault(t *testing.T) {
	for name := range readers {
		b := newBench(t, "pc", name, 1+64)
		b.publish(1)
		count, n := readers[name](&b.area[0], 2, 1, poisonOf(3), 64, 1, &b.stale[0])
		assert.Equal(t, uint64(1), count)
		assert.Zero(t, n, "no entry is looked at")
	}
}

func TestNoCoverageIsAFault(t *testing.T) {
	b := newBench(t, "pc", "acquire", 1+64)
	hurry(b)
	_, err := b.round(t.Context(), b.mode, &b.tally, 2)
	assert.ErrorContains(t, err, "no coverage")
}

func TestRoundEndsWithItsContext(t *testing.T) {
	b := newBench(t, "pc", "acquire", 1+64)
	ctx, cancel := context.WithCancel(t.Context())
	b.rest = cancel
	count, err := b.round(ctx, b.mode, &b.tally, 2)
	assert.NoError(t, err)
	assert.Zero(t, count)
}

func TestAuditRefusesWhatNoKernelWrote(t *testing.T) {
	b := newBench(t, "pc", "acquire", 1+64)
	b.fill(0)
	b.area[2] = poisonOf(2)
	err := b.audit(b.mode, 2)
	var f *wire.Fault
	require.True(t, errors.As(err, &f))
	assert.Equal(t, wire.WhoseRig, f.Whose)
	assert.Contains(t, f.Message, "another round")
}
