// SPDX-License-Identifier: Apache-2.0

package qemu

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
	"kcovrig/rig/host"
	"kcovrig/rig/internal/proc"
)

// VM is one QEMU process and its connections. Start makes it, stopped; Cont
// lets it run; Close ends it on every path.
type VM struct {
	cfg     Config
	argv    []string
	process *proc.Process
	usable  host.Usable
	monitor *monitor
	wire    net.Conn
	console *console
	powerOn time.Time
	cleanup []func()
	closing sync.Once
	closed  error
}

// Start starts QEMU with the guest stopped, and connects QMP and the records'
// socket. ctx bounds the start and the machine's life. The caller must Close.
func Start(ctx context.Context, cfg Config) (vm *VM, err error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if err := CheckKernel(cfg.Arch, cfg.Kernel); err != nil {
		return nil, err
	}
	vm = &VM{cfg: cfg}
	defer func() {
		if err != nil {
			_ = vm.Close()
			vm = nil
		}
	}()
	if err := vm.prepare(); err != nil {
		return vm, fault.Wrap(fault.Rig, "start the machine "+cfg.Name, err)
	}
	wire, err := vm.listen(vm.cfg.wireSocket())
	if err != nil {
		return vm, err
	}
	defer wire.Close()
	console, err := vm.listen(vm.cfg.consoleSocket())
	if err != nil {
		return vm, err
	}
	defer console.Close()
	vm.argv = Args(vm.cfg)
	vm.process, err = proc.Start(ctx, proc.Command{
		Path: vm.argv[0], Args: vm.argv[1:], Log: cfg.Log(), Kind: fault.Rig, Op: "run QEMU for " + cfg.Name,
	})
	if err != nil {
		return vm, err
	}
	vm.usable = host.UsableBy(vm.process.PID())
	if err := vm.connect(ctx, wire, console); err != nil {
		return vm, vm.startFault(ctx, err)
	}
	return vm, nil
}

// prepare makes the folders that QEMU needs to find, and the console's log: else the
// former run's could be read as this one's.
func (vm *VM) prepare() (err error) {
	if err := os.MkdirAll(vm.cfg.Dir, 0o755); err != nil {
		return err
	}
	if vm.console, err = newConsole(vm.cfg.Console()); err != nil {
		return err
	}
	if vm.cfg.Sockets == "" {
		folder, err := disk.NewWorkFolder() // whose path is short enough for them
		if err != nil {
			return err
		}
		vm.cleanup = append(vm.cleanup, func() { _ = folder.Close() })
		vm.cfg.Sockets = folder.Dir
	}
	return nil
}

// listen makes a socket that QEMU connects to.
func (vm *VM) listen(path string) (*net.UnixListener, error) {
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	return l, fault.Wrap(fault.Rig, "start the machine "+vm.cfg.Name, err)
}

func (vm *VM) connect(ctx context.Context, wire, console *net.UnixListener) error {
	var err error
	kill := func() { _ = vm.process.Close() }
	vm.monitor, err = dialMonitor(ctx, filepath.Join(vm.cfg.Sockets, "qmp"), vm.process.Done(), kill)
	if err != nil {
		return err
	}
	// QEMU connects its chardevs before it replies on QMP.
	if vm.wire, err = accept(wire, "the records"); err != nil {
		return err
	}
	printed, err := accept(console, "the console")
	if err == nil {
		vm.console.keep(printed)
	}
	return err
}

func accept(l *net.UnixListener, of string) (net.Conn, error) {
	err := l.SetDeadline(time.Now().Add(qmpTime))
	if err != nil {
		return nil, err
	}
	c, err := l.Accept()
	if err != nil {
		return nil, fmt.Errorf("connect the socket of %s: %w", of, err)
	}
	return c, nil
}

// startFault prefers QEMU's own words to those of the connection that it broke.
func (vm *VM) startFault(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fault.Wrap(fault.Unknown, "start the machine "+vm.cfg.Name, ctx.Err())
	}
	late := errors.Is(err, context.DeadlineExceeded) // it was killed for that
	if !late {
		vm.settle(ctx) // a QEMU that dies closes its connections first
	}
	if errors.Is(err, errGone) || vm.ended() {
		if panicked := vm.panicked(); panicked != nil {
			return panicked
		}
		if !late {
			return vm.exitFault()
		}
	}
	return vm.newFault(fault.Rig, err)
}

// Cont lets the guest run: the first is its power-on.
func (vm *VM) Cont(ctx context.Context) error {
	if vm.powerOn.IsZero() {
		vm.powerOn = time.Now()
	}
	if err := vm.monitor.run(ctx, "cont"); err != nil {
		return vm.startFault(ctx, err)
	}
	return nil
}

// Pause stops the guest's CPUs, and its clock with them: QEMU's virtual clock,
// which the guest's timers and counters run on, stands still until Cont.
func (vm *VM) Pause(ctx context.Context) error {
	if err := vm.monitor.run(ctx, "stop"); err != nil {
		return vm.startFault(ctx, err)
	}
	return nil
}

// Wire is the connection to the guest's virtio-serial port. Close closes it.
func (vm *VM) Wire() net.Conn { return vm.wire }

// Argv is QEMU's exact command line.
func (vm *VM) Argv() []string { return vm.argv }

// Console is the path of the kept console.
func (vm *VM) Console() string { return vm.cfg.Console() }

// PowerOn is when Cont was first called; zero before.
func (vm *VM) PowerOn() time.Time { return vm.powerOn }

// Usable says how much of the time that has passed QEMU could use, see host.Usable.
func (vm *VM) Usable(passed time.Duration) time.Duration { return vm.usable(passed) }

// PID is QEMU's process.
func (vm *VM) PID() int { return vm.process.PID() }

// Exited is closed when QEMU has ended.
func (vm *VM) Exited() <-chan struct{} { return vm.process.Done() }

// Result is what QEMU's process used; it waits for its end.
func (vm *VM) Result() proc.Result { return vm.process.Result() }

func (vm *VM) ended() bool {
	select {
	case <-vm.process.Done():
		return true
	default:
		return false
	}
}

// Quit asks QEMU to end, so that plugins write their last words, and waits for
// it until ctx ends. Close is still to be called.
func (vm *VM) Quit(ctx context.Context) error {
	err := vm.monitor.run(ctx, "quit")
	if err == nil || vm.ended() {
		select {
		case <-vm.process.Done():
			return nil
		case <-ctx.Done():
			err = ctx.Err()
		}
	}
	return vm.newFault(fault.Rig, fmt.Errorf("quit: %w", err))
}

// Close kills what runs, removes the sockets, and may be
// called again. It returns an error where QEMU's output or the console was not kept.
func (vm *VM) Close() error {
	vm.closing.Do(func() {
		if vm.process != nil {
			vm.closed = vm.process.Close()
		}
		if vm.console != nil {
			vm.closed = errors.Join(vm.closed, fault.Wrap(fault.Rig, "run QEMU for "+vm.cfg.Name, vm.console.close()))
		}
		if vm.wire != nil {
			_ = vm.wire.Close()
		}
		if vm.monitor != nil {
			vm.monitor.close()
		}
		for _, f := range vm.cleanup {
			f()
		}
	})
	return vm.closed
}
