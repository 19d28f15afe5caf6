// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/fault"
	"kcovrig/rig/internal/proc"
)

func tarOf(t *testing.T, members ...tar.Header) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, h := range members {
		if h.Typeflag == 0 {
			h.Typeflag = tar.TypeReg
		}
		text := []byte(h.PAXRecords["TEST.text"])
		h.PAXRecords = nil
		if h.Size == 0 {
			h.Size = int64(len(text))
		}
		require.NoError(t, w.WriteHeader(&h))
		if len(text) > 0 {
			_, err := w.Write(text)
			require.NoError(t, err)
		}
	}
	_ = w.Close() // an understated member makes it fail, as wanted
	return b.Bytes()
}

func file(name, text string) tar.Header {
	return tar.Header{Name: name, Mode: 0o644, PAXRecords: map[string]string{"TEST.text": text}}
}

func TestUnpackRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		members []tar.Header
		want    string
	}{
		"absolute":        {[]tar.Header{file("/etc/passwd", "x")}, "outside"},
		"parent":          {[]tar.Header{file("../x", "x")}, "outside"},
		"inner parent":    {[]tar.Header{file("a/b/../../../x", "x")}, "outside"},
		"hidden parent":   {[]tar.Header{file("a/../x", "x")}, "outside"},
		"absolute link":   {[]tar.Header{{Name: "l", Typeflag: tar.TypeSymlink, Linkname: "/etc"}}, "outside"},
		"link outside":    {[]tar.Header{{Name: "a/l", Typeflag: tar.TypeSymlink, Linkname: "../../x"}}, "outside"},
		"through a link":  {[]tar.Header{{Name: "l", Typeflag: tar.TypeSymlink, Linkname: "d"}, file("l/x", "x")}, "behind the symbolic link"},
		"over a link":     {[]tar.Header{{Name: "l", Typeflag: tar.TypeSymlink, Linkname: "d"}, file("l", "x")}, "exists"},
		"folder on link":  {[]tar.Header{{Name: "l", Typeflag: tar.TypeSymlink, Linkname: "."}, {Name: "l/", Typeflag: tar.TypeDir}}, "behind the symbolic link"},
		"hard link":       {[]tar.Header{file("a", "x"), {Name: "b", Typeflag: tar.TypeLink, Linkname: "a"}}, "is no file"},
		"device":          {[]tar.Header{{Name: "d", Typeflag: tar.TypeBlock, Devmajor: 8}}, "is no file"},
		"named pipe":      {[]tar.Header{{Name: "p", Typeflag: tar.TypeFifo}}, "is no file"},
		"huge":            {[]tar.Header{{Name: "big", Size: maxArchiveBytes + 1}}, "more than"},
		"twice":           {[]tar.Header{file("a", "x"), file("a", "y")}, "exists"},
		"cut in the file": {[]tar.Header{{Name: "a", Size: 5000}}, "EOF"},
	} {
		t.Run(name, func(t *testing.T) {
			outer := t.TempDir()
			dest := filepath.Join(outer, "dest")
			require.NoError(t, os.Mkdir(dest, 0o755))
			err := unpackStream(t.Context(), "unpack", bytes.NewReader(tarOf(t, c.members...)), dest)
			require.ErrorContains(t, err, c.want)
			require.Equal(t, fault.User, fault.KindOf(err))
			items, err := os.ReadDir(outer)
			require.NoError(t, err)
			require.Len(t, items, 1, "nothing beside the folder")
		})
	}
}

func goodTree(t *testing.T) []byte {
	script := file("linux/run.sh", "#!")
	script.Mode = 0o4777
	return tarOf(t,
		tar.Header{Name: "linux/", Typeflag: tar.TypeDir, Mode: 0o700},
		file("linux/Makefile", "VERSION = 6\nPATCHLEVEL = 12\nSUBLEVEL = 1\nEXTRAVERSION = -rc1\n"),
		file("linux/Kconfig", ""), file("linux/Kbuild", ""), file("linux/arch/x/Kconfig", ""), script,
		file("linux/kernel/kcov.c", unpatchedTree(t, 3)["kernel/kcov.c"]),
		tar.Header{Name: "linux/link", Typeflag: tar.TypeSymlink, Linkname: "arch/x"},
	)
}

func compress(t *testing.T, suffix string, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	var w io.WriteCloser = gzip.NewWriter(&b)
	switch suffix {
	case ".zst":
		var err error
		w, err = zstd.NewWriter(&b)
		require.NoError(t, err)
	case ".xz":
		res, err := proc.Run(t.Context(), proc.Command{Path: "xz", Args: []string{"-c"}, Stdin: bytes.NewReader(data)})
		require.NoError(t, err)
		return res.Stdout
	}
	_, err := w.Write(data)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return b.Bytes()
}

func TestUnpackEachCompression(t *testing.T) {
	for _, suffix := range []string{".gz", ".xz", ".zst"} {
		t.Run(suffix, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "linux.tar"+suffix)
			data := compress(t, suffix, goodTree(t))
			require.NoError(t, os.WriteFile(path, data, 0o644))
			dest := t.TempDir()
			require.NoError(t, unpackTarball(t.Context(), path, dest))
			root, err := topFolder(dest)
			require.NoError(t, err)
			version, err := readVersion(root)
			require.NoError(t, err)
			require.Equal(t, "6.12.1-rc1", version)
			info, err := os.Stat(filepath.Join(root, "run.sh"))
			require.NoError(t, err)
			require.Equal(t, os.FileMode(0o755), info.Mode(), "executable, nothing more")

			require.NoError(t, os.WriteFile(path, data[:len(data)/2], 0o644))
			err = unpackTarball(t.Context(), path, t.TempDir())
			require.Error(t, err, "cut")
			require.Equal(t, fault.User, fault.KindOf(err))
			require.NoError(t, os.WriteFile(path, []byte("no archive at all"), 0o644))
			err = unpackTarball(t.Context(), path, t.TempDir())
			require.Error(t, err, "no archive")
			require.Equal(t, fault.User, fault.KindOf(err))
		})
	}
}
