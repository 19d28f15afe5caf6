// SPDX-License-Identifier: Apache-2.0

// Package disk changes what other processes may read at the same time: files
// appear whole or not at all, folders are locked while their owner lives, and
// are moved and removed on file systems too where a folder cannot be renamed:
// overlayfs refuses it (EXDEV) for one that lies in a lower layer, as a cache
// that came with a container image does. It reads what users name without
// waiting for a pipe that nobody writes to, and makes the hashes that name
// contents. What the files and folders hold it leaves to its callers.
package disk

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// rename is os.Rename; tests make it refuse.
var rename = os.Rename

// removedPrefix is of the names of folders that are being removed.
const removedPrefix = ".removed-"

// Move gives a folder another name, which is complete as soon as it is there.
// Where it cannot be renamed it is copied, times included, and then removed; a
// remainder of the old one that cannot be removed is no error.
func Move(ctx context.Context, from, to string) error {
	err := rename(from, to)
	if !errors.Is(err, unix.EXDEV) {
		return err
	}
	temp, err := NewFolder(ctx, filepath.Dir(to))
	if err != nil {
		return err
	}
	defer temp.Close()
	whole := filepath.Join(temp.Dir, "folder")
	if err := copyFolder(ctx, from, whole); err != nil {
		return err
	}
	if err := Place(whole, to); err != nil { // made just now: in the upper layer
		return err
	}
	_ = os.RemoveAll(from)
	return nil
}

// Remove removes a folder that nobody else uses. It is renamed first, so that a
// half removed one is none; where it cannot be, its own files go first, which
// say what the folder is.
func Remove(dir string) error {
	temp := filepath.Join(filepath.Dir(dir), removedPrefix+filepath.Base(dir))
	if err := os.RemoveAll(temp); err != nil { // of a removal that was interrupted
		return err
	}
	err := rename(dir, temp)
	if err == nil {
		return os.RemoveAll(temp)
	}
	if !errors.Is(err, unix.EXDEV) {
		return err
	}
	items, err := os.ReadDir(dir)
	for _, item := range items {
		if !item.IsDir() {
			err = errors.Join(err, os.Remove(filepath.Join(dir, item.Name())))
		}
	}
	return errors.Join(err, os.RemoveAll(dir))
}

// RemoveUntil removes a folder that is of no more use. Some while after ctx has ended
// it gives up: hundreds of thousands of files take minutes.
func RemoveUntil(ctx context.Context, dir string, patience time.Duration) error {
	var ended time.Time
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if ctx.Err() != nil && ended.IsZero() {
			ended = time.Now()
		}
		switch {
		case ctx.Err() != nil && time.Since(ended) >= patience:
			return ctx.Err()
		case err != nil || entry.IsDir():
			return nil // RemoveAll says what is wrong with a folder
		}
		return os.Remove(path)
	})
	if err != nil {
		return err
	}
	return os.RemoveAll(dir)
}

// RemoveLeftovers ends the removals below parent that were interrupted.
func RemoveLeftovers(parent string) (err error) {
	left, _ := filepath.Glob(filepath.Join(parent, removedPrefix+"*"))
	for _, dir := range left {
		err = errors.Join(err, os.RemoveAll(dir))
	}
	return err
}

// copyFolder copies files, folders and symbolic links with modes and times.
func copyFolder(ctx context.Context, from, to string) error {
	info, err := os.Lstat(from)
	if err != nil {
		return err
	}
	if err := os.Mkdir(to, 0o700); err != nil {
		return err
	}
	items, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	for _, item := range items {
		if err := ctx.Err(); err != nil {
			return err
		}
		a, b := filepath.Join(from, item.Name()), filepath.Join(to, item.Name())
		switch {
		case item.IsDir():
			err = copyFolder(ctx, a, b)
		case item.Type() == fs.ModeSymlink:
			err = copyLink(a, b)
		case item.Type().IsRegular():
			err = copyFile(a, b)
		}
		if err != nil {
			return err
		}
	}
	return errors.Join(os.Chmod(to, info.Mode().Perm()), os.Chtimes(to, info.ModTime(), info.ModTime()))
}

func copyLink(from, to string) error {
	target, err := os.Readlink(from)
	if err != nil {
		return err
	}
	return os.Symlink(target, to)
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, info.Mode().Perm())
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Chmod(info.Mode().Perm()), out.Close(), os.Chtimes(to, info.ModTime(), info.ModTime()))
}
