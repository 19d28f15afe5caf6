// SPDX-License-Identifier: Apache-2.0

//go:build linux

package program

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestStatIsReadWhateverTheNameHolds(t *testing.T) {
	const rest = " R 7 8 9 0 -1 2129984 1 2 3 4 50 6 7 8 20 0 1 0\n"
	for _, name := range []string{"sh", "a) R 1 (b", ") "} {
		p, ok := parseStat([]byte("43 (" + name + ")" + rest))
		assert.True(t, ok, name)
		assert.Equal(t, process{pid: 43, parent: 7, session: 9, name: name, state: 'R', kernel: true, cpu: 56}, p, name)
	}
	for _, text := range []string{"", "43", "43 (sh", "43 (sh) R 7 8 9", "x (sh)" + rest, "43 (sh) R x 8 9 0 -1 4194304 1 2 3 4 50 6 7", "43 sh) R 7 8 9 0 -1 4194304 1 2 3 4 50 6 7 8"} {
		_, ok := parseStat([]byte(text))
		assert.False(t, ok, text)
	}
}

// Of a machine full of processes, none but what a program started is ever killed.
func TestOthersProcessesAreNoOffspring(t *testing.T) {
	const nobody = -1
	assert.NotEmpty(t, stats(processes))
	assert.Empty(t, offspring(nobody), "this process has started nothing")
}

// A clock that runs while the machine does not says nothing of a process that has not ended.
func TestWhatIsKilledHasTimeOfTheMachines(t *testing.T) {
	const limit = 3 * time.Second
	assert.False(t, inVain(5000, limit, limit))
	assert.False(t, inVain(12, time.Minute, limit), "few looks: the host gave the machine no time")
	assert.True(t, inVain(300, limit+1, limit))
	assert.True(t, inVain(1, 2, 1))
}
