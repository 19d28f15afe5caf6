// SPDX-License-Identifier: Apache-2.0

package objcode

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Clang's prologue differs with debug information: the rest still has its lines.
func TestCodeThatDiffersOutsideTheBody(t *testing.T) {
	body := []Range{{Start: 0x104, End: 0x108}}
	ignore := make([]bool, 12)
	leaveOut(ignore, 0x100, body)
	want, have := []byte("prolBODYtail"), []byte("rolpBODYlait")
	if at := firstDifference(want, have, ignore); at >= 0 {
		t.Errorf("differs at %d", at)
	}
	have[5] = '?'
	if at := firstDifference(want, have, ignore); at != 5 {
		t.Errorf("a difference in the body is at %d, want 5", at)
	}
	ignore = make([]bool, 12)
	leaveOut(ignore, 0x100, nil)
	if at := firstDifference(want, have, ignore); at != 0 {
		t.Errorf("without a body the first difference is at %d, want 0", at)
	}
	l := layout{{object: 0x100, code: Range{Start: 0x9000, End: 0x900c}, only: body}}
	if at, ok := l.toObject(0x9005); !ok || at != 0x105 {
		t.Errorf("in the body: %#x, %t", at, ok)
	}
	if at, ok := l.toObject(0x9001); ok {
		t.Errorf("the debug information of other code was used: %#x", at)
	}
}

func TestFunctionsOfAnObjectArePlacedInTheKernel(t *testing.T) {
	f := build(t)
	object, err := CompileDebug(t.Context(), f.dir, "kernel/move.o", t.TempDir())
	require.NoError(t, err)
	whole, err := Functions(f.vmlinux, []string{"remote_stop"})
	require.NoError(t, err)
	placed, err := Place(f.vmlinux, object, []string{"remote_stop", "nowhere"})
	require.NoError(t, err)
	require.Equal(t, []Placed{{whole[0], true}, {}}, placed)
	placed, err = Place(build(t, "-O1").vmlinux, object, []string{"remote_stop"})
	require.NoError(t, err)
	require.False(t, placed[0].Same, "code that differs is found by its name")
	require.NotZero(t, placed[0].End)
}
