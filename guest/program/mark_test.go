// SPDX-License-Identifier: Apache-2.0

//go:build linux

package program

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/guest/wire"
)

// marks records what the emulator is told.
type marks struct {
	kinds   []wire.Kind
	numbers []uint64
}

func (m *marks) mark(kind wire.Kind, number uint64) {
	m.kinds, m.numbers = append(m.kinds, kind), append(m.numbers, number)
}

// A warning from before the program's time is no hit's report, and one that is not told
// of must not be taken for the next one's.
func TestTheEmulatorIsToldOfEachHit(t *testing.T) {
	var m marks
	b := newBench(t, wire.WindowTold, []wire.Detect{{Kind: wire.KindOops, Function: "f"}}, "stuck")
	b.Detections, b.mark = 2, m.mark
	b.kernel.say("WARNING: CPU: 0 PID: 1 at a.c:1 boot+0x1/0x2")
	b.enough = func(b *bench) bool {
		if windows(uint64(len(m.kinds))*6-1)(b) && len(m.kinds) < 4 {
			b.kernel.say(oops("f+0x1c/0x2bc")...)
		}
		return len(m.kinds) == 4
	}
	_, err := b.run(t)
	require.NoError(t, err)
	assert.Equal(t, []wire.Kind{"", wire.KindOops, wire.KindOops, wire.KindOops}, m.kinds)
	assert.Equal(t, []uint64{0, 1, 2, 0}, m.numbers)
	require.Len(t, b.hits, 2)
	assert.Equal(t, []uint64{1, 2}, []uint64{b.hits[0].Witness, b.hits[1].Witness})
}
