// SPDX-License-Identifier: Apache-2.0

package source

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/fault"
	"kcovrig/rig/internal/kernel/store"
	"kcovrig/rig/internal/proc"
)

func tarOf(t testing.TB, members ...tar.Header) []byte {
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
		"hard link out":   {[]tar.Header{{Name: "b", Typeflag: tar.TypeLink, Linkname: "../a"}}, "outside"},
		"hard link /":     {[]tar.Header{{Name: "b", Typeflag: tar.TypeLink, Linkname: "/etc/passwd"}}, "outside"},
		"hard link early": {[]tar.Header{{Name: "b", Typeflag: tar.TypeLink, Linkname: "a"}, file("a", "x")}, "no file before it"},
		"hard link dir":   {[]tar.Header{{Name: "d/", Typeflag: tar.TypeDir}, {Name: "b", Typeflag: tar.TypeLink, Linkname: "d"}}, "no file before it"},
		"hard link over":  {[]tar.Header{file("a", "x"), file("b", "x"), {Name: "b", Typeflag: tar.TypeLink, Linkname: "a"}}, "exists"},
		"to a link":       {[]tar.Header{{Name: "l", Typeflag: tar.TypeSymlink, Linkname: "a"}, {Name: "b", Typeflag: tar.TypeLink, Linkname: "l"}}, "symbolic link"},
		"behind a link":   {[]tar.Header{file("d/a", "x"), {Name: "l", Typeflag: tar.TypeSymlink, Linkname: "d"}, {Name: "b", Typeflag: tar.TypeLink, Linkname: "l/a"}}, "symbolic link"},
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
			err := unpackStream(t.Context(), "unpack", bytes.NewReader(tarOf(t, c.members...)), dest, keepAll)
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
		file("linux/kernel/ring.c", "int ring;\n"),
		tar.Header{Name: "linux/link", Typeflag: tar.TypeSymlink, Linkname: "arch/x"},
		tar.Header{Name: "linux/second.sh", Typeflag: tar.TypeLink, Linkname: "linux/run.sh"},
		// what a build in the tree leaves
		tar.Header{Name: "linux/vmlinux-gdb.py", Typeflag: tar.TypeSymlink, Linkname: "/home/u/linux/scripts/gdb/vmlinux-gdb.py"},
		file("linux/.config", "CONFIG_X=y"), file("linux/include/generated/uapi/x.h", "x"), file("linux/kernel/ring.o", "x"),
	)
}

func compress(t *testing.T, suffix string, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	var w io.WriteCloser = gzip.NewWriter(&b)
	switch suffix {
	case "":
		return data
	case ".bz2":
		res, err := proc.Run(t.Context(), proc.Command{Path: "bzip2", Args: []string{"-c"}, Stdin: bytes.NewReader(data)})
		require.NoError(t, err)
		return res.Stdout
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
	for name, suffix := range map[string]string{
		".tar": "", ".tar.gz": ".gz", ".tar.xz": ".xz", ".tar.zst": ".zst", ".tar.bz2": ".bz2",
		".tgz": ".gz", ".txz": ".xz", ".tbz2": ".bz2", ".tzst": ".zst",
		"-named-wrongly.tar.gz": ".xz",
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "linux"+name)
			require.True(t, isTarball(path))
			data := compress(t, suffix, goodTree(t))
			require.NoError(t, os.WriteFile(path, data, 0o644))
			dest := t.TempDir()
			require.NoError(t, unpackTarball(t.Context(), path, dest))
			root, err := Top(dest)
			require.NoError(t, err)
			version, err := Version(root)
			require.NoError(t, err)
			require.Equal(t, "6.12.1-rc1", version)
			info, err := os.Stat(filepath.Join(root, "run.sh"))
			require.NoError(t, err)
			require.Equal(t, os.FileMode(0o755), info.Mode(), "executable, nothing more")
			text, err := os.ReadFile(filepath.Join(root, "second.sh"))
			require.NoError(t, err)
			require.Equal(t, "#!", string(text), "a hard link")
			for _, left := range []string{"vmlinux-gdb.py", ".config", "include/generated", "kernel/ring.o"} {
				require.False(t, store.Exists(filepath.Join(root, left)), left)
			}

			require.NoError(t, os.WriteFile(path, data[:len(data)/2/512*512], 0o644))
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

// A tar archive that was cut between two members reads like a whole one.
func TestACutArchiveIsNotWhole(t *testing.T) {
	whole := tarOf(t, file("a", "x"), file("b", "y"))
	for size, want := range map[int]string{len(whole): "", len(whole) - 1024: "damaged", len(whole) - 512: "damaged", 1024: "damaged"} {
		err := unpackStream(t.Context(), "unpack", bytes.NewReader(whole[:size]), t.TempDir(), keepAll)
		if want == "" {
			require.NoError(t, err)
		} else {
			require.ErrorContains(t, err, want, "%d bytes", size)
		}
	}
}

// endless has zeros for ever, as a few compressed bytes may.
type endless struct{ began chan struct{} }

func (e endless) Read(p []byte) (int, error) {
	select {
	case e.began <- struct{}{}:
	default:
	}
	clear(p)
	return len(p), nil
}

// An archive is read until its end, and some have none.
func TestUnpackingEndsWithItsContext(t *testing.T) {
	huge := tarOf(t, tar.Header{Name: "big", Size: maxArchiveBytes})
	leftOut := tarOf(t, tar.Header{Name: "big.o", Size: maxArchiveBytes})
	for name, head := range map[string][]byte{"after its end": tarOf(t), "in a member": huge, "in one that is left out": leftOut} {
		ctx, cancel := context.WithCancel(t.Context())
		in := endless{make(chan struct{})}
		go func() {
			<-in.began
			cancel()
		}()
		err := unpackStream(ctx, "unpack", io.MultiReader(bytes.NewReader(head), in), t.TempDir(), leftOutOfArchive)
		require.ErrorIs(t, err, context.Canceled, name)
	}
	_, err := io.Copy(io.Discard, &bounded{t.Context(), endless{}, 1 << 20})
	require.ErrorContains(t, err, "on and on")
}
