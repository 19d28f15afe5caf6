// SPDX-License-Identifier: Apache-2.0

package initramfs

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/cavaliergopher/cpio"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/goldentest"
)

var extras = []File{
	{Name: "litmus/run/MP.exe", Mode: 0o755, Data: []byte("mp")},
	{Name: "a.txt", Mode: 0o644, Data: []byte("abcde")},
	{Name: "litmus/SB.exe", Mode: 0o755, Data: nil},
}

func TestPackGolden(t *testing.T) {
	for golden, program := range map[string][]byte{"listing.golden": nil, "program.golden": []byte("program")} {
		archive, err := pack([]byte("guest"), program, extras)
		require.NoError(t, err)
		goldentest.Check(t, golden, listing(t, archive)+fmt.Sprintf("sha256 %x\n", sha256.Sum256(archive)))
	}
}

func TestPackIsReproducible(t *testing.T) {
	first, err := pack([]byte("guest"), nil, extras)
	require.NoError(t, err)
	backwards := slices.Clone(extras)
	slices.Reverse(backwards)
	second, err := pack([]byte("guest"), nil, backwards)
	require.NoError(t, err)
	assert.True(t, bytes.Equal(first, second), "the order of extra files shows in the archive")
	other, err := pack([]byte("Guest"), nil, extras)
	require.NoError(t, err)
	assert.False(t, bytes.Equal(first, other))
}

// listing prints what a reader other than our writer finds: one line per
// member, device numbers taken from the raw header.
func listing(t *testing.T, archive []byte) string {
	t.Helper()
	var out strings.Builder
	r := cpio.NewReader(bytes.NewReader(archive))
	for {
		h, err := r.Next()
		if err == io.EOF {
			return out.String()
		}
		require.NoError(t, err)
		data, err := io.ReadAll(r)
		require.NoError(t, err)
		at := bytes.Index(archive, []byte(h.Name+"\x00")) - 110
		require.GreaterOrEqual(t, at, 0)
		rdev, err := strconv.ParseUint(string(archive[at+78:at+94]), 16, 64)
		require.NoError(t, err)
		fmt.Fprintf(&out, "%06o ino=%d links=%d uid=%d gid=%d mtime=%d dev=%d:%d %s %q\n",
			h.Mode, h.Inode, h.Links, h.Uid, h.Guid, h.ModTime.Unix(), rdev>>32, uint32(rdev), h.Name, data)
	}
}
