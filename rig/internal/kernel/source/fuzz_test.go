// SPDX-License-Identifier: Apache-2.0

package source

import (
	"archive/tar"
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Whatever an archive holds: nothing appears beside its folder, and nothing in it leads out.
func FuzzUnpackStream(f *testing.F) {
	f.Add(tarOf(f, file("a/Makefile", "x"), tar.Header{Name: "a/l", Typeflag: tar.TypeSymlink, Linkname: "Makefile"}, tar.Header{Name: "a/h", Typeflag: tar.TypeLink, Linkname: "a/Makefile"}))
	f.Add(tarOf(f, tar.Header{Name: "l", Typeflag: tar.TypeSymlink, Linkname: "d/../.."}, file("l/x", "x")))
	f.Add(tarOf(f, tar.Header{Name: "d/", Typeflag: tar.TypeDir}, tar.Header{Name: "d/l", Typeflag: tar.TypeSymlink, Linkname: "../d"}, file("d/l/x", "x")))
	f.Fuzz(func(t *testing.T, archive []byte) {
		outer := t.TempDir()
		dest := filepath.Join(outer, "dest")
		require.NoError(t, os.Mkdir(dest, 0o755))
		_ = unpackStream(t.Context(), "unpack", bytes.NewReader(archive), dest, keepAll)
		beside, err := os.ReadDir(outer)
		require.NoError(t, err)
		require.Len(t, beside, 1)
		require.NoError(t, filepath.WalkDir(dest, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.Type() != fs.ModeSymlink {
				return err
			}
			if to, err := filepath.EvalSymlinks(path); err == nil {
				require.True(t, to == dest || strings.HasPrefix(to, dest+"/"), "%s leads to %s", path, to)
			}
			return nil
		}))
	})
}
