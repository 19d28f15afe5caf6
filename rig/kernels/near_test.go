// SPDX-License-Identifier: Apache-2.0

package kernels

import (
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"

	"kcovrig/rig/internal/linetable"
	"kcovrig/rig/internal/objcode/elfcode"
)

// One function holds two hunks, whose lines are 8 to 12 and 30 to 33; another holds none.
func TestWhatIsNearAPatchLiesAtItsHunksOrBetweenThem(t *testing.T) {
	ranges := rangesOf(map[string][]linetable.Change{"a.c": {{Before: []int{9, 8}, Lines: []int{10}, After: []int{11, 12}}, {Before: []int{31, 30}, After: []int{32, 33}}, {}}})
	at := func(lines ...int) []uint64 {
		var code []elfcode.Line
		for i, line := range lines {
			l := elfcode.Line{Addr: uint64(i), File: "a.c", Line: line}
			if line == 0 { // inlined
				l.File, l.Line = "include/atomic.h", 10
			}
			code = append(code, l)
		}
		return slices.Sorted(maps.Keys(near(code, ranges)))
	}
	assert.Equal(t, []uint64{2, 3, 4, 5}, at(3, 0, 9, 0, 20, 30, 40, 0))
	assert.Equal(t, []uint64{1}, at(7, 12, 20, 29), "of the second hunk it holds nothing")
	assert.Empty(t, at(3, 0, 40))
}
