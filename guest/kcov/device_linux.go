// SPDX-License-Identifier: Apache-2.0

package kcov

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"

	"kcovrig/guest/wire"
)

// ioctl numbers and handles of include/uapi/linux/kcov.h.
const (
	kcovInitTrace    = 0x80086301
	kcovDisable      = 0x6365
	kcovRemoteEnable = 0x40186366
	commonHandle     = 0x6b // KCOV_SUBSYSTEM_COMMON and any instance but 0
)

// DebugFS is where the workload expects debugfs to be mounted.
const DebugFS = "/sys/kernel/debug"

// remoteArg is struct kcov_remote_arg without handles.
type remoteArg struct {
	traceMode    uint32
	areaSize     uint32
	numHandles   uint32
	_            uint32
	commonHandle uint64
}

// device is an open kcov with its area mapped. Enable and disable must come
// from one thread: kcov belongs to the task that enabled it.
type device struct {
	fd   int
	mem  []byte
	area []uint64
}

func openDevice(words int) (*device, error) {
	path := DebugFS + "/kcov"
	fd, err := unix.Open(path, unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, wire.Faultf(wire.WhoseKernel, "open "+path, "%v", err)
	}
	if err := ioctl(fd, kcovInitTrace, uintptr(words)); err != nil {
		unix.Close(fd)
		return nil, wire.Faultf(wire.WhoseKernel, "KCOV_INIT_TRACE", "%v", err)
	}
	mem, err := unix.Mmap(fd, 0, words*8, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		unix.Close(fd)
		return nil, wire.Faultf(wire.WhoseKernel, "mmap "+path, "%v", err)
	}
	return &device{fd: fd, mem: mem, area: unsafe.Slice((*uint64)(unsafe.Pointer(&mem[0])), words)}, nil
}

// enable starts remote collection of sections that carry commonHandle.
func (d *device) enable(m mode) error {
	arg := remoteArg{traceMode: m.trace, areaSize: remoteWords, commonHandle: commonHandle}
	if err := ioctl(d.fd, kcovRemoteEnable, uintptr(unsafe.Pointer(&arg))); err != nil {
		return wire.Faultf(wire.WhoseKernel, "KCOV_REMOTE_ENABLE "+m.name, "%v", err)
	}
	return nil
}

// disable ends collection; the kernel writes no more to the area once it
// returns: it takes kcov's lock, under which sections are copied, and later
// ones are dropped by their sequence number (kcov_remote_stop, kernel/kcov.c).
func (d *device) disable() error {
	if err := ioctl(d.fd, kcovDisable, 0); err != nil {
		return wire.Faultf(wire.WhoseKernel, "KCOV_DISABLE", "%v", err)
	}
	return nil
}

func (d *device) close() error {
	err := unix.Munmap(d.mem)
	if e := unix.Close(d.fd); err == nil {
		err = e
	}
	if err != nil {
		return fmt.Errorf("close kcov: %w", err)
	}
	return nil
}

func ioctl(fd int, request, arg uintptr) error {
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), request, arg); errno != 0 {
		return errno
	}
	return nil
}
