// SPDX-License-Identifier: Apache-2.0

package program

import (
	"errors"
	"io"
	"strings"
	"syscall"
	"time"

	"kcovrig/guest/wire"
)

const (
	// recordMax is more than a record of /dev/kmsg has; one is read at a time.
	recordMax = 8 << 10
	// pollMax bounds what one look takes, where the kernel prints as fast as it is read.
	pollMax = 1000
)

// console watches the kernel's messages.
type console struct {
	from   io.Reader
	reader reader
	buf    [recordMax]byte
}

// poll returns what has been reported since the last look, and whether there is
// nothing more to read at present.
func (c *console) poll() (found []report, idle bool, err error) {
	for n := 0; n < pollMax && !idle; n++ {
		read, err := c.from.Read(c.buf[:])
		// A record's other lines, which begin with a blank, name devices.
		for line := range strings.Lines(string(c.buf[:read])) {
			c.reader.record(strings.TrimSuffix(line, "\n"))
		}
		switch {
		case err == nil || errors.Is(err, syscall.EINTR):
		case errors.Is(err, io.EOF), errors.Is(err, syscall.EAGAIN):
			idle = true
		case errors.Is(err, syscall.EPIPE):
			return nil, false, wire.Faultf(wire.WhoseGuest, "watch the kernel's messages", "some were overwritten before they were read: whether one was a report is not known")
		default:
			return nil, false, wire.Faultf(wire.WhoseKernel, "watch the kernel's messages", "%v", err)
		}
	}
	found, c.reader.found = c.reader.found, nil
	return found, idle, nil
}

// settle returns what has been reported, whole: it waits for the rest of a report that
// has begun, no longer than limit.
func (c *console) settle(limit time.Duration) (found []report, err error) {
	for end := time.Now().Add(limit); ; time.Sleep(time.Millisecond) {
		more, idle, err := c.poll()
		found = append(found, more...)
		if err != nil || idle && c.reader.dying == nil {
			return found, err
		}
		if time.Now().After(end) {
			c.reader.giveUp()
			more, _, err = c.poll()
			return append(found, more...), err
		}
	}
}
