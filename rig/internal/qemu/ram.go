// SPDX-License-Identifier: Apache-2.0

package qemu

import (
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// shm is where a shared file costs no disk.
const shm = "/dev/shm"

// RAMDir is where files of bytes in all fit as guest RAM: in memory where
// there is room twice over, else in fallback.
func RAMDir(bytes int64, fallback string) string {
	if free, err := freeBytes(shm); err == nil && free >= 2*bytes && unix.Access(shm, unix.W_OK) == nil {
		return shm
	}
	return fallback
}

func freeBytes(dir string) (int64, error) {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return 0, fmt.Errorf("ask for the free space of %s: %w", dir, err)
	}
	return int64(st.Bavail) * st.Bsize, nil
}

// roomIn says in brackets how much room a folder has; nothing where it is not known.
func roomIn(dir string) string {
	free, err := freeBytes(dir)
	if err != nil {
		return ""
	}
	return fmt.Sprintf(" (%d MiB free)", free>>20)
}

// moreRoom is what to try where guest memory does not fit: RAMDir takes shm, else TMPDIR.
func (c Config) moreRoom() string {
	dir := filepath.Dir(filepath.Dir(c.RAMFile)) // RAMFile lies in a folder of its run's
	return fmt.Sprintf("free some space in %s or in %s: each guest takes up to %d MiB there; or name another folder with TMPDIR", dir, shm, c.MemoryMiB)
}

// makeRAM makes the RAM file, at full size before QEMU starts since the plugin
// maps it as it is loaded. The file is sparse: without room for all of it QEMU
// would die of SIGBUS in mid-run.
func makeRAM(path string, bytes int64) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("make the RAM file: %w", err)
	}
	defer f.Close()
	free, err := freeBytes(filepath.Dir(path))
	if err != nil {
		return err
	}
	if free < bytes {
		_ = os.Remove(path)
		return fmt.Errorf("make the RAM file %s: %w: %d MiB free, %d MiB needed", path, unix.ENOSPC, free>>20, bytes>>20)
	}
	if err := f.Truncate(bytes); err != nil {
		_ = os.Remove(path)
		return fmt.Errorf("make the RAM file: %w", err)
	}
	return nil
}
