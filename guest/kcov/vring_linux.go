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

// Layout of a ring of one descriptor; all rings share a page.
const (
	ringStride = 256
	ringDesc   = 0
	ringAvail  = 64
	ringUsed   = 128
)

// attach hangs the rings on the eventfd: from now on a write to it runs sections.
func (v *vhost) attach() error {
	for i := range uint32(vhostVrings) {
		kick := vringFile{index: i, fd: int32(v.kick)}
		if err := ioctl(v.fd, vhostSetVringKick, uintptr(unsafe.Pointer(&kick))); err != nil {
			return wire.Faultf(wire.WhoseKernel, fmt.Sprintf("VHOST_SET_VRING_KICK %d", i), "%v", err)
		}
	}
	return nil
}

// setUpRings gives the rings memory and sets the device running. Without them
// a handler returns before its first comparison of integers, and kcov's mode
// cmp records nothing.
//
// Each ring announces one buffer whose descriptor does not exist: the handler
// gives up at once, by the shortest path that compares anything.
func (v *vhost) setUpRings() (err error) {
	v.rings, err = unix.Mmap(-1, 0, os.Getpagesize(), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	if err != nil {
		return wire.Faultf(wire.WhoseKernel, "map vrings", "%v", err)
	}
	var table struct{ regions, padding uint32 } // struct vhost_memory: nothing is ever translated
	if err := ioctl(v.fd, vhostSetMemTable, uintptr(unsafe.Pointer(&table))); err != nil {
		return wire.Faultf(wire.WhoseKernel, "VHOST_SET_MEM_TABLE", "%v", err)
	}
	for i := range uint32(vhostVrings) {
		if err := v.setUpRing(i); err != nil {
			return wire.Faultf(wire.WhoseKernel, fmt.Sprintf("set up vring %d", i), "%v", err)
		}
	}
	running := int32(1)
	if err := ioctl(v.fd, vhostVsockSetRunning, uintptr(unsafe.Pointer(&running))); err != nil {
		return wire.Faultf(wire.WhoseKernel, "VHOST_VSOCK_SET_RUNNING", "%v", err)
	}
	return nil
}

func (v *vhost) setUpRing(i uint32) error {
	num := vringState{index: i, num: 1}
	if err := ioctl(v.fd, vhostSetVringNum, uintptr(unsafe.Pointer(&num))); err != nil {
		return fmt.Errorf("VHOST_SET_VRING_NUM: %w", err)
	}
	ring := v.rings[i*ringStride:]
	copy(ring[ringAvail:], []byte{
		0, 0, // flags
		1, 0, // idx: one buffer
		0xff, 0xff, // its descriptor, of a table of one
	})
	base := uint64(uintptr(unsafe.Pointer(&ring[0])))
	addr := vringAddr{index: i, desc: base + ringDesc, avail: base + ringAvail, used: base + ringUsed}
	if err := ioctl(v.fd, vhostSetVringAddr, uintptr(unsafe.Pointer(&addr))); err != nil {
		return fmt.Errorf("VHOST_SET_VRING_ADDR: %w", err)
	}
	return nil
}
