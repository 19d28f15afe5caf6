// SPDX-License-Identifier: Apache-2.0

package program

import (
	"fmt"
	"io"

	"golang.org/x/sys/unix"
)

// kmsg is /dev/kmsg, read without waiting.
type kmsg struct{ fd int }

// OpenConsole opens the kernel's messages, from the oldest that it keeps.
func OpenConsole() (io.ReadCloser, error) {
	const path = "/dev/kmsg"
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	return kmsg{fd}, nil
}

func (k kmsg) Read(b []byte) (int, error) {
	n, err := unix.Read(k.fd, b)
	return max(n, 0), err
}

func (k kmsg) Close() error { return unix.Close(k.fd) }
