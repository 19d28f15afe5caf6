// SPDX-License-Identifier: Apache-2.0

package disk

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// WriteJSON writes value as JSON under a name that appears only when complete.
func WriteJSON(path string, value any) error {
	data, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return WriteFile(path, data)
}

// WriteFile puts data in the place of path in one step, and makes its folder.
func WriteFile(path string, data []byte) error { return replace(path, data, 0o644, false) }

// WriteProgram is WriteFile for a file that may be executed.
func WriteProgram(path string, data []byte) error { return replace(path, data, 0o755, false) }

// WriteDurably is WriteFile, and data is on the disk when it returns: it
// outlives a machine that loses its power.
func WriteDurably(path string, data []byte) error {
	if err := replace(path, data, 0o644, true); err != nil {
		return err
	}
	dir, err := unix.Open(filepath.Dir(path), unix.O_RDONLY|unix.O_DIRECTORY, 0)
	if err != nil {
		return err
	}
	return errors.Join(unix.Fsync(dir), unix.Close(dir))
}

func replace(path string, data []byte, mode os.FileMode, durable bool) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".aside-")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if durable {
		err = errors.Join(err, f.Sync())
	}
	if err = errors.Join(err, f.Chmod(mode), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}
