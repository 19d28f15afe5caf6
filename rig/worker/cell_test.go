// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestCellsAtOnce(t *testing.T) {
	const gib = 1 << 30
	for _, c := range []struct {
		cpus   int
		memory uint64
		want   int
	}{{1, 64 * gib, 1}, {2, 64 * gib, 1}, {3, 64 * gib, 1}, {8, 64 * gib, 4}, {64, 4 * gib, 4}, {64, gib / 2, 1}, {8, 0, 4}} {
		assert.Equal(t, c.want, cellsAtOnce(c.cpus, c.memory), "%+v", c)
	}
}
