// SPDX-License-Identifier: Apache-2.0

package kcov

import (
	"errors"

	"golang.org/x/sys/unix"

	"kcovrig/guest/wire"
)

// ioctl numbers of include/uapi/linux/vhost.h.
const (
	vhostSetOwner        = 0xaf01
	vhostSetMemTable     = 0x4008af03
	vhostSetVringNum     = 0x4008af10
	vhostSetVringAddr    = 0x4028af11
	vhostSetVringKick    = 0x4008af20
	vhostVsockSetRunning = 0x4004af61
)

// vhostVrings is the number of rings of vhost-vsock that have a kick handler;
// each runs as one remote section of its own (vhost_run_work_list, drivers/vhost/vhost.c).
const vhostVrings = 2

// ownerTries bounds VHOST_SET_OWNER, which fails with ENOMEM or EINTR when a
// signal interrupts the creation of its worker.
const ownerTries = 100

// vhost is a set of vhost-vsock devices whose rings all hang on one eventfd:
// one write to it makes each worker run vhostVrings remote sections.
type vhost struct {
	kick  int
	fds   []int
	rings []byte
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

// close ends the workers.
func (v *vhost) close() error {
	var errs []error
	for _, fd := range append(v.fds, v.kick) {
		errs = append(errs, unix.Close(fd))
	}
	if v.rings != nil {
		errs = append(errs, unix.Munmap(v.rings))
	}
	return errors.Join(errs...)
}
