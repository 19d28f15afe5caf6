// SPDX-License-Identifier: Apache-2.0

package rig

import (
	"errors"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"kcovrig/rig/fault"
	"kcovrig/rig/internal/qemu"
)

// ramFolder holds guest memory files. It is locked while its rig lives, so that
// the next rig can remove what a killed one left: such files hold real memory.
type ramFolder struct {
	dir  string
	lock *os.File
}

const ramPattern = "kcovrig-ram-"

func newRAMFolder() (*ramFolder, error) {
	const op = "make a folder for guest memory"
	parent := qemu.RAMDir(2*ramBytes, os.TempDir())
	sweepRAM(parent)
	dir, err := os.MkdirTemp(parent, ramPattern)
	if err != nil {
		return nil, fault.Wrap(fault.Rig, op, err)
	}
	f, err := lockFolder(dir)
	if err != nil {
		return nil, fault.Wrap(fault.Rig, op, errors.Join(err, os.RemoveAll(dir)))
	}
	return &ramFolder{dir: dir, lock: f}, nil
}

func (r *ramFolder) close() error {
	return errors.Join(os.RemoveAll(r.dir), r.lock.Close())
}

// lockFolder fails where another process holds the folder. The lock ends with
// the process, flock(2).
func lockFolder(dir string) (*os.File, error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// sweepRAM removes folders with memory files that nobody holds. One that is
// still empty may be about to be locked by its rig.
func sweepRAM(parent string) {
	left, _ := filepath.Glob(filepath.Join(parent, ramPattern+"*"))
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
