// SPDX-License-Identifier: Apache-2.0

package source

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"

	"kcovrig/rig/fault"
	"kcovrig/rig/internal/kernel/store"
	"kcovrig/rig/internal/proc"
)

// Limits of an archive: several times today's largest kernel (1.6 GB, 92,000 files).
const (
	maxArchiveBytes   = 8 << 30
	maxArchiveMembers = 250_000
	maxStreamBytes    = maxArchiveBytes + maxArchiveMembers*4096 // with headers and what fills blocks
)

// archiveSuffixes are those of the archives that unpackTarball reads.
var archiveSuffixes = []string{".tar", ".tar.bz2", ".tar.gz", ".tar.xz", ".tar.zst", ".tbz2", ".tgz", ".txz", ".tzst"}

// isTarball says whether name looks like an archive that unpackTarball reads.
func isTarball(name string) bool {
	return slices.ContainsFunc(archiveSuffixes, func(suffix string) bool { return strings.HasSuffix(name, suffix) })
}

// unpackTarball unpacks file into the empty folder dest. How it is compressed
// says the file itself, as tar has it, not its name. What builds leave stays out.
func unpackTarball(ctx context.Context, file, dest string) error {
	op := "unpack " + file
	f, err := os.Open(file)
	if err != nil {
		return fault.Wrap(fault.User, op, err)
	}
	defer f.Close()
	in := bufio.NewReaderSize(f, 1<<20)
	magic, err := in.Peek(6)
	if err != nil && !errors.Is(err, io.EOF) {
		return fault.Wrap(fault.User, op, err)
	}
	var plain io.Reader = in
	err = nil
	switch {
	case bytes.HasPrefix(magic, []byte("\xfd7zXZ\x00")):
		// xz in Go takes several times as long as the tool.
		return unpackOutput(ctx, proc.Command{Path: "xz", Args: []string{"-dc", "-T0", "--", file}, Kind: fault.User, Op: op}, dest, leftOutOfArchive)
	case bytes.HasPrefix(magic, []byte("\x1f\x8b")):
		plain, err = gzip.NewReader(in)
	case bytes.HasPrefix(magic, []byte("BZh")):
		plain = bzip2.NewReader(in)
	case bytes.HasPrefix(magic, []byte("\x28\xb5\x2f\xfd")):
		z, zerr := zstd.NewReader(in)
		if zerr == nil {
			defer z.Close()
		}
		plain, err = z, zerr
	}
	if err != nil {
		return fault.Wrap(fault.User, op, fmt.Errorf("damaged archive: %w", err))
	}
	return unpackStream(ctx, op, plain, dest, leftOutOfArchive)
}

// leftOutOfArchive is leftOut for members, with or without the archive's one top folder.
func leftOutOfArchive(name string) bool {
	for p := name; p != "."; p = path.Dir(p) {
		_, below, _ := strings.Cut(p, "/")
		if leftOut(p) || leftOut(below) {
			return true
		}
	}
	return false
}

// keepAll leaves nothing out.
func keepAll(string) bool { return false }

// unpackOutput unpacks the tar archive that cmd writes to its standard output.
func unpackOutput(ctx context.Context, cmd proc.Command, dest string, leftOut func(string) bool) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r, w := io.Pipe()
	cmd.Stdout = w
	p, err := proc.Start(ctx, cmd)
	if err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() {
		err := p.Wait()
		_ = w.CloseWithError(err) // nil: end of file
		ended <- err
	}()
	err = unpackStream(ctx, cmd.Op, r, dest, leftOut)
	_ = r.CloseWithError(errors.New("no longer read"))
	if err != nil {
		cancel()
		<-ended
		return err
	}
	return <-ended
}

// unpackStream unpacks a tar stream and reads it to its end. A fault of the
// disk is the rig's, one of the archive the user's.
func unpackStream(ctx context.Context, op string, r io.Reader, dest string, leftOut func(string) bool) error {
	u := unpacker{dest: dest, leftOut: leftOut, links: map[string]bool{}, dirs: map[string]bool{".": true}}
	end := &zeros{in: &bounded{ctx, r, maxStreamBytes}}
	archive := tar.NewReader(end)
	for {
		h, err := archive.Next()
		if err == io.EOF {
			break
		}
		if err != nil && ctx.Err() != nil { // a cut stream reads like a damaged one
			return fmt.Errorf("%s: %w", op, ctx.Err())
		}
		if err != nil {
			return fault.Wrap(fault.User, op, fmt.Errorf("damaged archive: %w", err))
		}
		if err := u.member(h, archive); err != nil && ctx.Err() != nil {
			return fmt.Errorf("%s: %w", op, ctx.Err())
		} else if err != nil {
			return fault.Wrap(fault.User, op, fmt.Errorf("member %q: %w", h.Name, err))
		}
	}
	_, err := io.Copy(io.Discard, end)
	if err != nil && ctx.Err() != nil {
		return fmt.Errorf("%s: %w", op, ctx.Err())
	}
	if err == nil && end.count < endOfArchive {
		err = io.ErrUnexpectedEOF // cut between two members
	}
	if err != nil {
		return fault.Wrap(fault.User, op, fmt.Errorf("damaged archive: %w", err))
	}
	return nil
}

// unpacker writes members below dest, which nobody else writes. It never
// writes through a symbolic link.
type unpacker struct {
	dest    string
	leftOut func(name string) bool
	links   map[string]bool
	dirs    map[string]bool
	bytes   int64
	members int
}

func (u *unpacker) member(h *tar.Header, content io.Reader) error {
	if h.Typeflag == tar.TypeXGlobalHeader {
		return nil
	}
	name := path.Clean(h.Name)
	if path.IsAbs(h.Name) || !filepath.IsLocal(h.Name) || strings.Contains("/"+h.Name+"/", "/../") {
		return errors.New("leads outside the archive")
	}
	if u.members++; u.members > maxArchiveMembers {
		return fmt.Errorf("more than %d members", maxArchiveMembers)
	}
	if u.bytes += h.Size; h.Size < 0 || u.bytes > maxArchiveBytes {
		return fmt.Errorf("more than %d bytes", int64(maxArchiveBytes))
	}
	if u.leftOut(name) {
		return nil
	}
	if err := u.parents(name, h.Typeflag == tar.TypeDir); err != nil {
		return err
	}
	target := filepath.Join(u.dest, name)
	switch h.Typeflag {
	case tar.TypeDir:
		return nil
	case tar.TypeReg:
		return writeMember(target, h, content)
	case tar.TypeSymlink:
		if !insideLink(name, h.Linkname) {
			return fmt.Errorf("symbolic link to %q leads outside the archive", h.Linkname)
		}
		u.links[name] = true
		return diskOrUser(os.Symlink(h.Linkname, target))
	case tar.TypeLink:
		return u.hardLink(h.Linkname, target)
	default:
		return fmt.Errorf("is no file, folder or symbolic link (type %q)", h.Typeflag)
	}
}

// hardLink gives a file that was unpacked before a second name.
func (u *unpacker) hardLink(to, target string) error {
	name := path.Clean(to)
	if !filepath.IsLocal(to) {
		return fmt.Errorf("hard link to %q leads outside the archive", to)
	}
	for p := name; p != "."; p = path.Dir(p) {
		if u.links[p] {
			return fmt.Errorf("hard link to %q, which is or lies behind a symbolic link", to)
		}
	}
	from := filepath.Join(u.dest, name)
	if info, err := os.Lstat(from); err != nil || !info.Mode().IsRegular() {
		return fmt.Errorf("hard link to %q, which is no file before it in the archive", to)
	}
	return diskOrUser(os.Link(from, target))
}

// parents makes the folders above name, and name itself where it is one.
func (u *unpacker) parents(name string, itself bool) error {
	dir := path.Dir(name)
	if itself {
		dir = name
	}
	if u.dirs[dir] {
		return nil
	}
	for p := dir; p != "."; p = path.Dir(p) {
		if u.links[p] {
			return fmt.Errorf("lies behind the symbolic link %q", p)
		}
	}
	if err := os.MkdirAll(filepath.Join(u.dest, dir), 0o755); err != nil {
		return diskOrUser(err)
	}
	for p := dir; p != "."; p = path.Dir(p) {
		u.dirs[p] = true
	}
	return nil
}

func writeMember(target string, h *tar.Header, content io.Reader) error {
	mode := os.FileMode(0o644) | os.FileMode(h.Mode)&0o111
	f, err := os.OpenFile(target, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return diskOrUser(err)
	}
	_, err = io.Copy(f, content)
	return diskOrUser(errors.Join(err, f.Close()))
}

// insideLink says whether a link at name with the given target stays in the tree.
func insideLink(name, target string) bool {
	return !path.IsAbs(target) && filepath.IsLocal(path.Join(path.Dir(name), target))
}

// diskOrUser leaves err to be the user's unless the disk is to blame.
func diskOrUser(err error) error {
	if d := store.DiskFault("write", err); d != nil && strings.Contains(d.Error(), "disk is full") {
		return d
	}
	return err
}

// bounded is a stream that ends with ctx, also while archive/tar skips a member, or
// reads one header after the other; and that a few bytes cannot make endless.
type bounded struct {
	ctx  context.Context
	in   io.Reader
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if err := b.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := b.in.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, errors.New("it goes on and on")
	}
	return n, err
}

// endOfArchive is how many zero bytes end a tar archive, pax(1). Without them
// it was cut, which archive/tar does not tell from its end.
const endOfArchive = 1024

// zeros counts the zero bytes at the end of what was read.
type zeros struct {
	in    io.Reader
	count int
}

func (z *zeros) Read(p []byte) (int, error) {
	n, err := z.in.Read(p)
	last := n
	for last > 0 && p[last-1] == 0 {
		last--
	}
	if last > 0 {
		z.count = 0
	}
	z.count += n - last
	return n, err
}
