// SPDX-License-Identifier: Apache-2.0

package weakmem

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/trial"
)

// traceOf is a trace file's beginning, with marks that hold nothing.
func traceOf(t testing.TB, vcpus, room, used uint64, marks int) []byte {
	t.Helper()
	var b bytes.Buffer
	head := traceHeader{VCPUs: vcpus, MarkMax: room, Used: used}
	copy(head.Magic[:], "kcovrig-trace 2")
	require.NoError(t, binary.Write(&b, binary.NativeEndian, head))
	for range marks {
		require.NoError(t, binary.Write(&b, binary.NativeEndian, traceMark{NS: 1}))
		for range vcpus {
			require.NoError(t, binary.Write(&b, binary.NativeEndian, [traceEvents]traceEvent{}))
		}
	}
	return b.Bytes()
}

// A header is the word of whoever wrote the file: it is believed as far as marks follow.
func TestATraceThatPromisesMarksTakesNoMemory(t *testing.T) {
	_, err := parseMarks(bytes.NewReader(traceOf(t, 1, 1<<62, maxMarks, 1)))
	require.ErrorContains(t, err, "mark 2: EOF")
	_, err = parseMarks(bytes.NewReader(traceOf(t, 1, 1<<62, 1<<62, 1)))
	require.ErrorContains(t, err, "cannot be")
}

// The emulator writes these files in QEMU's process, which a guest may have taken over.
func FuzzWhatTheEmulatorLeaves(f *testing.F) {
	f.Add(append([]byte("held"+strings.Repeat("\x00", nameBytes-4)), 1, 0, 0, 0, 0, 0, 0, 0))
	f.Add(traceOf(f, 2, 4, 1, 1))
	f.Add(traceOf(f, 1, 1<<62, 1<<62, 0))
	f.Add(record(Site{First: 1, By: 2, Second: 3, Count: 4, Why: "caution-scope"}))
	f.Add(make([]byte, 3*alterationSize))
	f.Fuzz(func(t *testing.T, data []byte) {
		if counters, err := parseCounters(data); err == nil {
			assert.LessOrEqual(t, len(counters), len(data)/recordSize)
		}
		if sites, err := parseSites(data); err == nil {
			assert.LessOrEqual(t, len(sites), maxSites)
		}
		_, _ = parseMarks(bytes.NewReader(data))
		_, _ = parseAlterations(data, []trial.Alteration{{{Address: 0}}})
	})
}

func FuzzUnpack(f *testing.F) {
	packed, err := Sources{}.Pack()
	require.NoError(f, err)
	f.Add(packed)
	f.Add(packed[:1024])
	f.Fuzz(func(t *testing.T, packed []byte) {
		if s, err := Unpack(packed); err == nil {
			_, err = s.Pack()
			assert.NoError(t, err)
		}
	})
}

// What QEMU counted is shown, and judged by: a QEMU that a guest has taken over may have
// written what it likes, but no names that do something and no sums that begin anew.
func TestCountsOfATakenOverQEMU(t *testing.T) {
	counter := func(name string, n uint64) []byte {
		return binary.NativeEndian.AppendUint64(append([]byte(name), make([]byte, nameBytes-len(name))...), n)
	}
	for why, data := range map[string][]byte{
		"no name":     counter("\x1b[2Jdelayed", 1),
		"no sum":      append(counter("delayed", 1<<63), counter("delayed", 1<<63)...),
		"at most":     bytes.Repeat(counter("delayed", 1), maxRecords+1),
		"no whole nu": counter("delayed", 1)[1:],
	} {
		_, err := parseCounters(data)
		assert.ErrorContains(t, err, why)
	}
	_, err := parseSites(append(record(Site{First: 1, Count: 1 << 63, Why: WhyPassed}), record(Site{First: 1, Count: 1 << 63, Why: "caution-scope"})...))
	require.ErrorContains(t, err, "no sum")

	huge := filepath.Join(t.TempDir(), "counters")
	require.NoError(t, os.WriteFile(huge, nil, 0o600))
	require.NoError(t, os.Truncate(huge, 1<<40)) // which no memory holds
	_, err = ReadCounters(huge)
	require.ErrorContains(t, err, "at most")
	_, err = ReadSites(huge)
	require.ErrorContains(t, err, "at most")
	_, err = ReadAlterations(huge, nil)
	require.ErrorContains(t, err, "no table")
}
