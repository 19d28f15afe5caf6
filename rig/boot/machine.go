// SPDX-License-Identifier: Apache-2.0

package boot

import (
	"cmp"
	"context"
	"errors"
	"net"

	"kcovrig/rig/fault"
	"kcovrig/rig/internal/qemu"
)

const (
	// ramMiB is the guest's memory, where no other is asked for: a lean kernel and one Go program.
	ramMiB   = 256
	RAMBytes = ramMiB << 20
	// GuestCPUs, where no others are asked for: one for the writer, one for the reader.
	GuestCPUs = 2
)

// VM is a started, stopped machine.
type VM interface {
	Cont(ctx context.Context) error
	Pause(ctx context.Context) error // the guest's clock stands still until Cont
	Wire() net.Conn
	Exited() <-chan struct{} // closed when the machine has ended
	Argv() []string
	Console() string // path
	// Why says how the machine ended, to a caller that saw cause instead of the
	// done record.
	Why(ctx context.Context, cause error) error
	Close() error
}

type realVM struct{ *qemu.VM }

// Machine completes a machine by what all of the rig's have.
func Machine(c qemu.Config) qemu.Config {
	c.CPUs, c.MemoryMiB, c.Sockets = cmp.Or(c.CPUs, GuestCPUs), cmp.Or(c.MemoryMiB, ramMiB), c.Dir
	return c
}

// StartVM starts a machine, stopped.
func StartVM(ctx context.Context, cfg qemu.Config) (VM, error) {
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
