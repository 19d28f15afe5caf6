// SPDX-License-Identifier: Apache-2.0

package objcode

import (
	"errors"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"kcovrig/rig/coderange"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/objcode/elfcode"
)

// Clang's prologue differs with debug information: the rest still has its lines.
func TestCodeThatDiffersOutsideTheBody(t *testing.T) {
	body := []coderange.Range{{Start: 0x104, End: 0x108}}
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
	l := layout{{object: 0x100, code: coderange.Range{Start: 0x9000, End: 0x900c}, only: body}}
	if at, ok := l.toObject(0x9005); !ok || at != 0x105 {
		t.Errorf("in the body: %#x, %t", at, ok)
	}
	if at, ok := l.toObject(0x9001); ok {
		t.Errorf("the debug information of other code was used: %#x", at)
	}
}

func TestFunctionsOfAnObjectArePlacedInTheKernel(t *testing.T) {
	f := build(t)
	object, err := CompileDebug(t.Context(), f.Dir, "kernel/move.o", t.TempDir(), nil)
	require.NoError(t, err)
	whole, err := elfcode.Functions(f.Vmlinux, []string{"remote_stop"})
	require.NoError(t, err)
	placed, err := Place(f.Vmlinux, object, []string{"remote_stop", "nowhere"})
	require.NoError(t, err)
	require.Equal(t, []Placed{{whole[0], nil}, {}}, placed)
	placed, err = Place(build(t, "-O1").Vmlinux, object, []string{"remote_stop"})
	require.NoError(t, err)
	require.NotZero(t, placed[0].End, "code that differs is found by its name")
	require.Len(t, placed[0].Other, 1)
	require.Equal(t, placed[0].Start, placed[0].Other[0].Start, "all of it differs")
}

func TestPartsOfAFunctionThatDifferAreTold(t *testing.T) {
	f := build(t)
	object, err := CompileDebug(t.Context(), f.Dir, "kernel/move.o", t.TempDir(), nil)
	require.NoError(t, err)
	placed, err := Place(f.Vmlinux, object, []string{"remote_stop"})
	require.NoError(t, err)
	im, err := elfcode.Open(f.Vmlinux, fault.Rig)
	require.NoError(t, err)
	defer im.Close()
	at := placed[0].Start + 8
	section := im.Section(at)
	file, err := os.OpenFile(f.Vmlinux, os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = file.WriteAt([]byte{0x1f, 0x20, 0x03, 0xd5}, int64(section.Offset+at-section.Addr)) // NOP
	require.NoError(t, errors.Join(err, file.Close()))
	placed, err = Place(f.Vmlinux, object, []string{"remote_stop"})
	require.NoError(t, err)
	require.Equal(t, []coderange.Range{{Symbol: "remote_stop", Start: at, End: at + 4}}, placed[0].Other)
}
