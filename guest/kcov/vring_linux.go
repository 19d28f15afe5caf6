// SPDX-License-Identifier: Apache-2.0

package kcov

import (
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"

	"kcovrig/guest/wire"
)

// vringState is struct vhost_vring_state.
type vringState struct{ index, num uint32 }

// vringFile is struct vhost_vring_file.
type vringFile struct {
	index uint32
	fd    int32
}

// vringAddr is struct vhost_vring_addr.
type vringAddr struct {
	index, flags           uint32
	desc, used, avail, log uint64
}

// Layout of an empty ring of one descriptor; all rings share a page.
const (
	ringStride = 256
	ringDesc   = 0
	ringAvail  = 64
	ringUsed   = 128
)

// attach gives every ring memory, sets the devices running and hangs the rings
// on the eventfd: from now on writes to it run sections.
//
// The rings stay empty. Without them a handler returns before its first
// comparison of integers and mode cmp would see nothing; with them it looks for
// work, finds none and returns.
func (v *vhost) attach() (err error) {
	v.rings, err = unix.Mmap(-1, 0, os.Getpagesize(), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	if err != nil {
		return wire.Faultf(wire.WhoseKernel, "map vrings", "%v", err)
	}
	for _, fd := range v.fds {
		if err := v.attachDevice(fd); err != nil {
			return err
		}
	}
	return nil
}

func (v *vhost) attachDevice(fd int) error {
	var table struct{ regions, padding uint32 } // struct vhost_memory: nothing is ever translated
	if err := ioctl(fd, vhostSetMemTable, uintptr(unsafe.Pointer(&table))); err != nil {
		return wire.Faultf(wire.WhoseKernel, "VHOST_SET_MEM_TABLE", "%v", err)
	}
	for i := range uint32(vhostVrings) {
		if err := v.attachRing(fd, i); err != nil {
			return wire.Faultf(wire.WhoseKernel, fmt.Sprintf("set up vring %d", i), "%v", err)
		}
	}
	running := int32(1)
	if err := ioctl(fd, vhostVsockSetRunning, uintptr(unsafe.Pointer(&running))); err != nil {
		return wire.Faultf(wire.WhoseKernel, "VHOST_VSOCK_SET_RUNNING", "%v", err)
	}
	return nil
}

func (v *vhost) attachRing(fd int, i uint32) error {
	num := vringState{index: i, num: 1}
	if err := ioctl(fd, vhostSetVringNum, uintptr(unsafe.Pointer(&num))); err != nil {
		return fmt.Errorf("VHOST_SET_VRING_NUM: %w", err)
	}
	base := uint64(uintptr(unsafe.Pointer(&v.rings[i*ringStride])))
	addr := vringAddr{index: i, desc: base + ringDesc, avail: base + ringAvail, used: base + ringUsed}
	if err := ioctl(fd, vhostSetVringAddr, uintptr(unsafe.Pointer(&addr))); err != nil {
		return fmt.Errorf("VHOST_SET_VRING_ADDR: %w", err)
	}
	kick := vringFile{index: i, fd: int32(v.kick)}
	if err := ioctl(fd, vhostSetVringKick, uintptr(unsafe.Pointer(&kick))); err != nil {
		return fmt.Errorf("VHOST_SET_VRING_KICK: %w", err)
	}
	return nil
}
