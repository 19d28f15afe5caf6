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

// Pending is a file under way, which takes its place whole.
type Pending struct {
	*os.File
	path string
}

// NewPending makes it beside path, in the folder that is there.
func NewPending(path string) (*Pending, error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".aside-")
	return &Pending{f, path}, err
}

// Place closes the file and puts it in its place.
func (p *Pending) Place(mode os.FileMode) error {
	err := errors.Join(p.Chmod(mode), p.Close())
	if err == nil {
		err = Place(p.Name(), p.path)
	}
	return err
}

// Place gives what was made whole in a folder of its own, on the same file system, its
// place: whoever looks there finds what was before, or all of it.
func Place(made, path string) error { return os.Rename(made, path) }

// Drop closes and removes what was not placed.
func (p *Pending) Drop() error {
	_ = p.Close() // it may be closed
	if err := os.Remove(p.Name()); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

func replace(path string, data []byte, mode os.FileMode, durable bool) (err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := NewPending(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Drop()) }()
	if _, err = f.Write(data); err == nil && durable {
		err = f.Sync()
	}
	if err != nil {
		return err
	}
	return f.Place(mode)
}
