// SPDX-License-Identifier: Apache-2.0

package disk

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"golang.org/x/sys/unix"

	"kcovrig/rig/fault"
)

// Folder is a temporary folder that is locked while its rig lives, so
// that the next rig can remove what a killed one left.
type Folder struct {
	Dir  string
	lock *Lock
	ctx  context.Context // of who works in it
}

// patience is how long a folder is removed once its context has ended.
const patience = 2 * time.Second

// Prefixes of the folders' names: of those that are worked in, and of those that
// hold what is to take its place whole.
const (
	workPrefix  = "kcovrig-run-"
	asidePrefix = ".kcovrig-new-"
)

// plainPath matches the paths that every tool takes as they are: the emulator's
// plan is made of words, QEMU's options are divided by commas, make has blanks
// and more to itself.
var plainPath = regexp.MustCompile(`^/[A-Za-z0-9/._+-]*$`)

// NewWorkFolder makes the folder that a run works in.
func NewWorkFolder() (*Folder, error) {
	return newFolder(context.Background(), workParent(os.TempDir()), workPrefix)
}

// NewTempFolder makes a folder where TMPDIR says, for what nobody needs once it is closed.
func NewTempFolder() (*Folder, error) {
	return newFolder(context.Background(), os.TempDir(), workPrefix)
}

// workParent is where temporary files belong, or /tmp where the paths below it
// are not plain, or too long for Unix sockets: 108 bytes of sockaddr_un, unix(7).
func workParent(temporary string) string {
	const longest = 40
	if len(temporary) > longest || !plainPath.MatchString(temporary) {
		return "/tmp"
	}
	return temporary
}

// NewFolder makes a folder in parent, and parent, for what is made there and then
// moved to its place beside it.
func NewFolder(ctx context.Context, parent string) (*Folder, error) {
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return nil, fault.Wrap(fault.Rig, "make a folder", err)
	}
	return newFolder(ctx, parent, asidePrefix)
}

// newFolder also removes what killed rigs left there.
func newFolder(ctx context.Context, parent, prefix string) (*Folder, error) {
	op := "make a folder in " + parent
	sweep(ctx, parent, prefix, os.Geteuid())
	for {
		dir, err := os.MkdirTemp(parent, prefix)
		if err != nil {
			return nil, fault.Wrap(fault.Rig, op, err)
		}
		f, err := LockFolder(dir)
		if err == nil {
			return &Folder{Dir: dir, lock: f, ctx: ctx}, nil
		}
		// Another rig's sweep may have come between: it held the folder, or removed it.
		if !errors.Is(err, unix.EWOULDBLOCK) && !errors.Is(err, fs.ErrNotExist) {
			return nil, fault.Wrap(fault.Rig, op, errors.Join(err, os.RemoveAll(dir)))
		}
	}
}

// Close removes the folder, where it was not moved, and gives up its lock. Where its
// context has ended, that may be left to the next sweep.
func (f *Folder) Close() error {
	err := RemoveUntil(f.ctx, f.Dir, patience)
	if f.ctx.Err() != nil {
		err = nil
	}
	return errors.Join(err, f.lock.Close())
}

// LockFolder fails where another process holds the folder, or removed it while
// this one took it.
func LockFolder(dir string) (*Lock, error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	lock := &Lock{f}
	if err := lock.try(true); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	held, err := f.Stat()
	now, statErr := os.Stat(dir)
	if err = errors.Join(err, statErr); err == nil && !os.SameFile(held, now) {
		err = fmt.Errorf("%s was removed meanwhile: %w", dir, fs.ErrNotExist)
	}
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return lock, nil
}

// Sweep removes what killed rigs left of NewFolder's in parent.
func Sweep(ctx context.Context, parent string) { sweep(ctx, parent, asidePrefix, os.Geteuid()) }

// sweep removes folders of one user that nobody holds; root could remove all
// users'. A rig that has not locked its own yet makes another.
func sweep(ctx context.Context, parent, prefix string, user int) {
	left, _ := filepath.Glob(filepath.Join(parent, prefix+"*"))
	for _, dir := range left {
		var info unix.Stat_t
		if unix.Lstat(dir, &info) != nil || int(info.Uid) != user || info.Mode&unix.S_IFMT != unix.S_IFDIR {
			continue
		}
		if f, err := LockFolder(dir); err == nil {
			_ = RemoveUntil(ctx, dir, 0)
			_ = f.Close()
		}
	}
}
