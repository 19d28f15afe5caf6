// SPDX-License-Identifier: Apache-2.0

package rig

import (
	"cmp"
	"context"
	"errors"

	"kcovrig/rig/fault"
	"kcovrig/rig/internal/qemu"
)

const (
	// ramMiB is the guest's memory: a lean kernel and one Go program.
	ramMiB   = 256
	ramBytes = ramMiB << 20
	// guestCPUs: one for the writer, one for the reader.
	guestCPUs = 2
)

type realVM struct{ *qemu.VM }

// machineOf completes a machine by what all of the rig's have.
func machineOf(c qemu.Config) qemu.Config {
	c.CPUs, c.MemoryMiB, c.Sockets = cmp.Or(c.CPUs, guestCPUs), ramMiB, c.Dir
	return c
}

func boot(ctx context.Context, cfg qemu.Config) (VM, error) {
	vm, err := qemu.Start(ctx, cfg)
	if err != nil {
		return nil, err
	}
	return realVM{vm}, nil
}

// Close lets QEMU end by itself, so that the plugin can write its last words,
// and sees to it that it has ended. The guest powers off after its last record:
// a QEMU that ended before it was asked to did as it should, unless it crashed.
func (v realVM) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), quitTimeout)
	defer cancel()
	err := v.Quit(ctx)
	select {
	case <-v.Exited():
		err = nil
		if code := v.Result().ExitCode; code != 0 {
			err = fault.Newf(fault.Rig, "end QEMU", "it ended with status %d; see its log qemu.log beside the console", code)
		}
	case <-ctx.Done():
	}
	return errors.Join(err, v.VM.Close())
}
