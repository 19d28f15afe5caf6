// SPDX-License-Identifier: Apache-2.0

package rigtest

import (
	"context"
	"errors"
	"net"
	"slices"
	"sync"
	"time"

	"kcovrig/rig/fault"
	"kcovrig/rig/internal/qemu"
)

// VM is a machine around a Guest.
type VM struct {
	Guest   Guest
	host    net.Conn
	console string
	ended   chan struct{}
	once    sync.Once
	far     net.Conn
	lab     *Lab
	number  int // of the kernel's boots before this one
	on      bool
	gate    sync.Mutex // held while the machine is paused
	chosen  []uint64   // alterations, in their order
}

func (v *VM) choose(number uint64) {
	v.lab.mu.Lock()
	defer v.lab.mu.Unlock()
	v.chosen = append(v.chosen, number)
}

// Chosen are the alterations that the guest put in force, in their order.
func (v *VM) Chosen() []uint64 {
	v.lab.mu.Lock()
	defer v.lab.mu.Unlock()
	return slices.Clone(v.chosen)
}

func (v *VM) Cont(context.Context) error {
	if v.on {
		v.lab.stressing(+1)
		v.gate.Unlock()
		return nil
	}
	v.on = true
	go v.Guest.serve(v, v.far)
	return nil
}

// awaitCont waits while the machine is paused: then it does nothing.
func (v *VM) awaitCont() {
	v.gate.Lock()
	defer v.gate.Unlock()
}

func (v *VM) Pause(context.Context) error {
	v.gate.Lock()
	v.lab.stressing(-1)
	v.lab.Pauses.Add(1)
	return nil
}
func (v *VM) Wire() net.Conn          { return v.host }
func (v *VM) Exited() <-chan struct{} { return v.ended }
func (v *VM) Usable(passed time.Duration) time.Duration {
	if v.Guest.Starved {
		return passed / 1000
	}
	return passed
}
func (v *VM) Argv() []string  { return []string{"qemu", "-S"} }
func (v *VM) Console() string { return v.console }
func (v *VM) Why(_ context.Context, cause error) error {
	if kind, line := qemu.Diagnose([]byte(v.Guest.Console)); line != "" {
		return fault.Newf(kind, "fake", "%w", qemu.ErrPanic)
	}
	if errors.Is(cause, context.DeadlineExceeded) {
		return fault.Newf(fault.Kernel, "fake", "%w", qemu.ErrTimeout)
	}
	return fault.Newf(fault.Rig, "fake", "%w", qemu.ErrCut)
}
func (v *VM) Close() error {
	v.once.Do(func() { close(v.ended) })
	return errors.Join(v.host.Close(), v.far.Close())
}
