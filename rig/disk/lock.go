// SPDX-License-Identifier: Apache-2.0

package disk

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"kcovrig/rig/fault"
)

// lockPoll is the time between two tries for a lock that another rig holds:
// flock itself cannot be interrupted by a context.
const lockPoll = 50 * time.Millisecond

// Lock is a flock(2) on a file of its own, or on a folder (LockFolder). It ends with the
// process at the latest, so that a killed rig blocks nobody.
type Lock struct{ file *os.File }

// OpenLock makes the file, and its folder; the lock is not taken yet.
func OpenLock(path string) (*Lock, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, Refused("open a lock", err)
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, Refused("open a lock", err)
	}
	return &Lock{f}, nil
}

// Try takes the lock, or changes how it is held, and says whether it could.
func (l *Lock) Try(exclusive bool) (bool, error) {
	err := l.try(exclusive)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return false, nil
	}
	return err == nil, fault.Wrap(fault.Rig, "lock "+l.file.Name(), err)
}

// noLocks are the errors of file systems that have no locks: NFS without its lock
// service, and some that are mounted over a network or by FUSE.
var noLocks = []error{unix.ENOLCK, unix.EOPNOTSUPP, unix.ENOSYS, unix.EINVAL}

// lockable says of err what to do, where there are no locks at all.
func lockable(err error) error {
	if !slices.ContainsFunc(noLocks, func(none error) bool { return errors.Is(err, none) }) {
		return err
	}
	return &fault.Error{Kind: fault.Rig, Op: "flock", Err: err, Try: "folders on a disk of this machine, or on NFS with its lock service: KCOVRIG_CACHE=DIR TMPDIR=DIR kcovrig ..., and --out there too"}
}

// try is EWOULDBLOCK where another holds it.
func (l *Lock) try(exclusive bool) error {
	how := unix.LOCK_SH
	if exclusive {
		how = unix.LOCK_EX
	}
	return lockable(unix.Flock(int(l.file.Fd()), how|unix.LOCK_NB))
}

// CheckLocks says that files in dir cannot be locked, and what to do; nothing where that
// cannot be tried.
func CheckLocks(dir string) error {
	f, err := os.CreateTemp(dir, asidePrefix)
	if err != nil {
		return nil
	}
	_, err = (&Lock{f}).Try(true)
	return errors.Join(err, os.Remove(f.Name()), f.Close())
}

// Wait takes the lock as soon as it can; waiting is told once, before the first wait.
func (l *Lock) Wait(ctx context.Context, exclusive bool, waiting func()) error {
	for first := true; ; first = false {
		ok, err := l.Try(exclusive)
		if err != nil || ok {
			return err
		}
		if first {
			waiting()
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for another kcovrig: %w", ctx.Err())
		case <-time.After(lockPoll):
		}
	}
}

// Close gives the lock up; nil is allowed.
func (l *Lock) Close() error {
	if l == nil {
		return nil
	}
	return l.file.Close()
}
