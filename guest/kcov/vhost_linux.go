// SPDX-License-Identifier: Apache-2.0

package kcov

import (
	"errors"
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"

	"kcovrig/guest/wire"
)

// ioctl numbers of include/uapi/linux/vhost.h.
const (
	vhostSetOwner     = 0xaf01
	vhostSetVringKick = 0x4008af20
)

// vhostVrings is the number of rings of vhost-vsock that have a kick handler;
// each runs as one remote section of its own (vhost_run_work_list, drivers/vhost/vhost.c).
const vhostVrings = 2

// ownerTries bounds VHOST_SET_OWNER, which fails with ENOMEM or EINTR when a
// signal interrupts the creation of its worker.
const ownerTries = 100

// vringFile is struct vhost_vring_file.
type vringFile struct {
	index uint32
	fd    int32
}

// vhost is a set of vhost-vsock devices whose rings all hang on one eventfd:
// one write to it makes each worker run vhostVrings remote sections.
type vhost struct {
	kick int
	fds  []int
}

// openVhost makes n devices, owned by the calling thread, which must have done
// KCOV_REMOTE_ENABLE: the workers take its common handle. Rings are not
// attached yet.
func openVhost(n int) (*vhost, error) {
	kick, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return nil, wire.Faultf(wire.WhoseKernel, "eventfd", "%v", err)
	}
	v := &vhost{kick: kick}
	for range n {
		fd, err := openOwned()
		if err != nil {
			return nil, errors.Join(err, v.close())
		}
		v.fds = append(v.fds, fd)
	}
	return v, nil
}

func openOwned() (int, error) {
	const path = "/dev/vhost-vsock"
	fd, err := unix.Open(path, unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, wire.Faultf(wire.WhoseKernel, "open "+path, "%v", err)
	}
	for range ownerTries {
		err = ioctl(fd, vhostSetOwner, 0)
		if !errors.Is(err, unix.ENOMEM) && !errors.Is(err, unix.EINTR) {
			break
		}
	}
	if err != nil {
		unix.Close(fd)
		return -1, wire.Faultf(wire.WhoseKernel, "VHOST_SET_OWNER", "%v", err)
	}
	return fd, nil
}

// attach hangs every ring on the eventfd: from now on writes to it run sections.
func (v *vhost) attach() error {
	for _, fd := range v.fds {
		for ring := range uint32(vhostVrings) {
			f := vringFile{index: ring, fd: int32(v.kick)}
			if err := ioctl(fd, vhostSetVringKick, uintptr(unsafe.Pointer(&f))); err != nil {
				return wire.Faultf(wire.WhoseKernel, fmt.Sprintf("VHOST_SET_VRING_KICK %d", ring), "%v", err)
			}
		}
	}
	return nil
}

// close ends the workers.
func (v *vhost) close() error {
	var errs []error
	for _, fd := range append(v.fds, v.kick) {
		errs = append(errs, unix.Close(fd))
	}
	return errors.Join(errs...)
}
