// SPDX-License-Identifier: Apache-2.0

package disk

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// ErrNoFile is what is no regular file.
var ErrNoFile = errors.New("it is no regular file")

// Regular refuses what is no regular file, and says what it is.
func Regular(mode fs.FileMode) error {
	what := "something else"
	switch {
	case mode.IsRegular():
		return nil
	case mode.IsDir():
		what = "a folder"
	case mode&fs.ModeNamedPipe != 0:
		what = "a named pipe"
	case mode&fs.ModeDevice != 0:
		what = "a device"
	case mode&fs.ModeSocket != 0:
		what = "a socket"
	}
	return fmt.Errorf("%w but %s", ErrNoFile, what)
}

// MaxInput bounds a file that a user names: the patches of a whole release fit.
const MaxInput = 256 << 20

// ReadInput reads a file that a user named, or a pipe without a name, as a shell's
// <(...) makes one. A named pipe is refused: nobody may write to it, or somebody who
// never ends.
func ReadInput(path string) ([]byte, error) { return ReadAtMost(path, MaxInput) }

// ReadAtMost is ReadInput of a file that has so many bytes at most.
func ReadAtMost(path string, most int64) ([]byte, error) {
	var system unix.Statfs_t
	if err := unix.Statfs(path, &system); err == nil && system.Type == unix.PIPEFS_MAGIC {
		return read(path, most)
	}
	return readRegular(path, most)
}

// ReadRegular reads a file that was found in a user's folder: a pipe there is none.
func ReadRegular(path string) ([]byte, error) { return readRegular(path, MaxInput) }

func readRegular(path string, most int64) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if err := Regular(info.Mode()); err != nil { // before it is opened: that of a pipe would wait
		return nil, err
	}
	if info.Size() > most {
		return nil, tooLong(path, most)
	}
	return read(path, most)
}

// read reads what has no size, or may grow meanwhile.
func read(path string, most int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(text)) > most {
		err = tooLong(path, most)
	}
	return text, err
}

func tooLong(path string, most int64) error {
	return &fs.PathError{Op: "read", Path: path, Err: fmt.Errorf("more than %d MiB", most>>20)}
}
