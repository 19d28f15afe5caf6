// SPDX-License-Identifier: Apache-2.0

//go:build linux && (arm64 || amd64)

package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"kcovrig/guest/wire"
)

const (
	// portName is the name= of the host's virtserialport device.
	portName = "kcovrig.wire"
	// portWait bounds the wait for it: the name comes by a message of its own,
	// some time after the device.
	portWait = 10 * time.Second
	// writeWait bounds each write, which hangs where the host does not read: one that was
	// stopped, or slept, goes on some time.
	writeWait = 5 * time.Minute
)

// port is the virtio-serial port; a write that hangs ends with an error.
type port struct{ *os.File }

func (p port) Write(b []byte) (int, error) {
	if err := p.SetWriteDeadline(time.Now().Add(writeWait)); err != nil {
		return 0, fmt.Errorf("set deadline of port: %w", err)
	}
	return p.File.Write(b)
}

// openPort finds the port by its name and opens it. There is no udev: the
// kernel's own name for it is the device's.
func openPort() (port, error) {
	const class = "/sys/class/virtio-ports"
	for end := time.Now().Add(portWait); ; time.Sleep(time.Millisecond) {
		entries, err := os.ReadDir(class)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return port{}, wire.Faultf(wire.WhoseKernel, "find port "+portName, "%v", err)
		}
		for _, e := range entries {
			name, err := os.ReadFile(class + "/" + e.Name() + "/name")
			if err != nil || strings.TrimSpace(string(name)) != portName {
				continue
			}
			f, err := os.OpenFile("/dev/"+e.Name(), os.O_RDWR, 0)
			if err != nil {
				return port{}, wire.Faultf(wire.WhoseKernel, "open port "+portName, "%v", err)
			}
			return port{f}, nil
		}
		if time.Now().After(end) {
			return port{}, wire.Faultf(wire.WhoseRig, "find port "+portName, "not there after %v", portWait)
		}
	}
}
