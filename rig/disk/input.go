// SPDX-License-Identifier: Apache-2.0

package disk

import (
	"errors"
	"io"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// ErrNoFile is what is neither a regular file nor a pipe.
var ErrNoFile = errors.New("it is no regular file")

// ReadInput reads a file that a user named, or a pipe, as a shell's <(...) makes
// one. It never waits for a pipe to be opened at its other end: one that nobody
// writes to is empty.
func ReadInput(path string) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() && info.Mode()&fs.ModeNamedPipe == 0 {
		return nil, ErrNoFile
	}
	return io.ReadAll(f)
}

// ReadRegular reads a file that was found in a user's folder: a pipe there is none.
func ReadRegular(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, ErrNoFile
	}
	return ReadInput(path)
}
