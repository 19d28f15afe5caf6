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

// vhost is a vhost-vsock device whose rings both hang on one eventfd: a write
// to it makes the device's worker run vhostVrings remote sections.
type vhost struct {
	fd    int
	kick  int
	rings []byte
}

// openVhost makes a device that the calling thread owns, which must have done
// KCOV_REMOTE_ENABLE: the worker takes its common handle. Nothing is kicked
// before attach.
func openVhost() (*vhost, error) {
	kick, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return nil, wire.Faultf(wire.WhoseKernel, "eventfd", "%v", err)
	}
	fd, err := openOwned()
	if err != nil {
		unix.Close(kick)
		return nil, err
	}
	return &vhost{fd: fd, kick: kick}, nil
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

// close ends the worker.
func (v *vhost) close() error {
	err := errors.Join(unix.Close(v.fd), unix.Close(v.kick))
	if v.rings != nil {
		err = errors.Join(err, unix.Munmap(v.rings))
	}
	return err
}
