// SPDX-License-Identifier: Apache-2.0

package qemu

import (
	"fmt"
	"io"
	"net"
	"time"

	"kcovrig/rig/disk"
)

// drainTime bounds the wait for what a QEMU that has ended had printed: only a process
// that it left behind can still hold the socket then.
const drainTime = 2 * time.Second

// console keeps what the guest prints. QEMU hands it over instead of writing it to a
// file by itself: a guest can print for as long as it runs, and only here is that bounded.
type console struct {
	log    *disk.Log
	conn   net.Conn      // nil until QEMU has connected
	copied chan struct{} // closed when all of it is kept
	err    error         // why it is not; to be read after that
}

func newConsole(path string) (*console, error) {
	log, err := disk.NewLog(path)
	if err != nil {
		return nil, fmt.Errorf("create the console's log: %w", err)
	}
	return &console{log: log, copied: make(chan struct{})}, nil
}

// keep begins to keep what comes from conn. What cannot be kept is read all the same: a
// console that nobody reads would stop the machine.
func (c *console) keep(conn net.Conn) {
	c.conn = conn
	go func() {
		defer close(c.copied)
		kept := sink{log: c.log}
		_, _ = io.Copy(&kept, conn) // which ends as QEMU does
		c.err = kept.err
	}()
}

// sink writes to a log until that fails, and then takes what comes for nothing.
type sink struct {
	log *disk.Log
	err error
}

func (s *sink) Write(data []byte) (int, error) {
	if s.err == nil {
		_, s.err = s.log.Write(data)
	}
	return len(data), nil
}

// settle waits until all is kept that a QEMU that has ended had printed.
func (c *console) settle() {
	if c.conn == nil {
		return
	}
	_ = c.conn.SetReadDeadline(time.Now().Add(drainTime))
	<-c.copied
}

// close is to be called once, when QEMU has ended.
func (c *console) close() error {
	c.settle()
	err := c.log.Close()
	if c.conn != nil {
		_ = c.conn.Close()
	}
	if c.err != nil {
		err = c.err
	}
	if err != nil {
		return fmt.Errorf("keep the console: %w", err)
	}
	return nil
}
