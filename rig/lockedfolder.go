// SPDX-License-Identifier: Apache-2.0

package rig

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"

	"golang.org/x/sys/unix"

	"kcovrig/rig/fault"
)

// lockedFolder is a temporary folder that is locked while its rig lives, so
// that the next rig can remove what a killed one left.
type lockedFolder struct {
	dir  string
	lock *os.File
}

// workPattern is what the folders' names begin with.
const workPattern = "kcovrig-run-"

// newWorkFolder makes the folder that a run works in.
func newWorkFolder() (*lockedFolder, error) { return newLockedFolder(workParent(os.TempDir())) }

// plainPath matches the paths that every tool takes as they are: the emulator's
// plan is made of words, QEMU's options are divided by commas, make has blanks
// and more to itself.
var plainPath = regexp.MustCompile(`^/[A-Za-z0-9/._+-]*$`)

// workParent is where temporary files belong, or /tmp where the paths below it
// are not plain, or too long for Unix sockets: 108 bytes of sockaddr_un, unix(7).
func workParent(temporary string) string {
	const longest = 40
	if len(temporary) > longest || !plainPath.MatchString(temporary) {
		return "/tmp"
	}
	return temporary
}

func newLockedFolder(parent string) (*lockedFolder, error) {
	op := "make a folder in " + parent
	sweep(parent)
	dir, err := os.MkdirTemp(parent, workPattern)
	if err != nil {
		return nil, fault.Wrap(fault.Rig, op, err)
	}
	f, err := lockFolder(dir)
	if err != nil {
		return nil, fault.Wrap(fault.Rig, op, errors.Join(err, os.RemoveAll(dir)))
	}
	return &lockedFolder{dir: dir, lock: f}, nil
}

func (f *lockedFolder) close() error {
	return errors.Join(os.RemoveAll(f.dir), f.lock.Close())
}

// lockFolder fails where another process holds the folder, or removed it while
// this one took it. The lock ends with the process, flock(2).
func lockFolder(dir string) (*os.File, error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	held, err := f.Stat()
	now, statErr := os.Stat(dir)
	if err = errors.Join(err, statErr); err == nil && !os.SameFile(held, now) {
		err = fmt.Errorf("%s was removed meanwhile", dir)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// sweep removes folders that nobody holds. One that is still empty may be about
// to be locked by its rig.
func sweep(parent string) {
	left, _ := filepath.Glob(filepath.Join(parent, workPattern+"*"))
	for _, dir := range left {
		files, err := os.ReadDir(dir)
		if err != nil || len(files) == 0 {
			continue
		}
		if f, err := lockFolder(dir); err == nil {
			_ = os.RemoveAll(dir)
			_ = f.Close()
		}
	}
}
