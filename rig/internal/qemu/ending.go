// SPDX-License-Identifier: Apache-2.0

package qemu

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"kcovrig/rig/fault"
	"kcovrig/rig/internal/proc"
)

// What ended a boot, found with errors.Is in what Why returns.
var (
	ErrPanic    = errors.New("the kernel panicked")
	ErrPowerOff = errors.New("the guest powered off before it was done")
	ErrTimeout  = errors.New("the guest was silent for too long")
	ErrExit     = errors.New("QEMU ended early")
	ErrCut      = errors.New("the guest's records were cut short")
)

const (
	consoleTail = 20      // lines of the console that an error carries
	consoleMax  = 1 << 20 // bytes from the console's end that are looked at
	// settleTime is how long QEMU may take to end after it closed the socket,
	// and a panicking kernel to print its last lines.
	settleTime = 2 * time.Second
)

// Wait returns when QEMU has ended: Why it did, where nobody closed it. A ctx
// that ends first gives its error, or ErrTimeout at a deadline.
func (vm *VM) Wait(ctx context.Context) error {
	select {
	case <-vm.process.Done():
		return vm.Why(ctx, nil)
	case <-ctx.Done():
		return vm.Why(ctx, ctx.Err())
	}
}

// Why says how the machine ended, to a caller that got no closing record and
// saw cause instead: the end of the stream, or a deadline. A panic comes
// before everything else, since it brings about the rest. Cancellation stays
// what it is. Not for a machine that Close ended.
func (vm *VM) Why(ctx context.Context, cause error) error {
	if errors.Is(cause, context.Canceled) {
		return fault.Wrap(fault.Unknown, "run the machine "+vm.cfg.Name, cause)
	}
	late := errors.Is(cause, context.DeadlineExceeded) || errors.Is(cause, os.ErrDeadlineExceeded)
	if !late {
		vm.settle(ctx)
	}
	if panicked := vm.panicked(); panicked != nil {
		return panicked
	}
	switch {
	case vm.ended():
		return vm.exitFault()
	case late:
		return vm.newFault(fault.Kernel, fmt.Errorf("%w: %w", ErrTimeout, cause))
	case cause == nil:
		cause = io.ErrUnexpectedEOF
	}
	return vm.newFault(fault.Rig, fmt.Errorf("%w: %w", ErrCut, cause))
}

// panicked is the fault of a kernel that says so on its console; nil: it does not.
func (vm *VM) panicked() error {
	if vm.ended() {
		vm.console.settle()
	}
	kind, line := Diagnose(Console(vm.cfg.Console()))
	if kind == fault.Unknown {
		return nil
	}
	return vm.newFault(kind, fmt.Errorf("%w: %s", ErrPanic, line))
}

// Console is the end of what a console holds, no more than is looked at.
func Console(path string) []byte { return readTail(path, consoleMax) }

func (vm *VM) settle(ctx context.Context) {
	timer := time.NewTimer(settleTime)
	defer timer.Stop()
	select {
	case <-vm.process.Done():
	case <-ctx.Done():
	case <-timer.C:
	}
}

// exitFault says why a QEMU that has ended did so.
func (vm *VM) exitFault() error {
	err := vm.process.Wait()
	if errors.Is(err, context.Canceled) || errors.Is(err, proc.ErrClosed) {
		return err
	}
	var reason string
	if vm.monitor != nil {
		var panicked bool
		if reason, panicked = vm.monitor.reason(); panicked || reason == "guest-panic" {
			return vm.newFault(fault.Kernel, ErrPanic)
		}
	}
	// -no-reboot turns a reset into a shutdown.
	if err == nil && (reason == "guest-shutdown" || reason == "guest-reset") {
		return vm.newFault(fault.Guest, fmt.Errorf("%w (%s)", ErrPowerOff, reason))
	}
	f := &fault.Error{Kind: fault.Rig, Op: "run QEMU for " + vm.cfg.Name, Log: vm.cfg.Log(), Tail: vm.process.Tail(consoleTail)}
	var exit *proc.ExitError
	switch {
	case errors.As(err, &exit):
		f.Err = fmt.Errorf("%w: %w", ErrExit, exit)
		advise(f, exit.Signal)
	case err != nil:
		f.Err = fmt.Errorf("%w: %w", ErrExit, err)
	default:
		f.Err = fmt.Errorf("%w: exit status 0, reason %q: %s", ErrExit, reason, proc.Quote(vm.argv))
	}
	return f
}

// advise says what to try by what QEMU said last, or by a signal that nobody here sent.
func advise(f *fault.Error, s syscall.Signal) {
	f.Try = "kcovrig doctor, and the command line above by hand"
	switch {
	case strings.Contains(f.Tail, "No space left on device"): // of QEMU's files or the emulator's
		f.Try = "free some space where " + filepath.Dir(f.Log) + " was to be, or name another folder in TMPDIR"
	case s == syscall.SIGKILL:
		f.Try = "see whether the machine ran out of memory (dmesg | grep -i 'out of memory'), and run again with more of it free"
	}
}

// newFault carries the console's tail and the exact command line.
func (vm *VM) newFault(kind fault.Kind, err error) error {
	return &fault.Error{
		Kind: kind, Op: "run the machine " + vm.cfg.Name,
		Err: fmt.Errorf("%w: %s", err, proc.Quote(vm.argv)),
		Log: vm.cfg.Console(), Tail: proc.LastLines(string(Console(vm.cfg.Console())), consoleTail),
		Try: remedy(err),
	}
}

// remedy is what to try after a machine that ended in one of the known ways.
func remedy(err error) string {
	switch {
	case errors.Is(err, ErrPanic):
		return "read the console from the first oops on"
	case errors.Is(err, ErrTimeout):
		return "read the console: a kernel that still printed may only have been slow, so run again while the machine is less busy"
	case errors.Is(err, ErrPowerOff), errors.Is(err, ErrCut):
		return "read the console for what the guest said last"
	case errors.Is(err, context.DeadlineExceeded):
		return "run again while the machine is less busy: QEMU did not reply in time"
	}
	return ""
}

// deadly are the console's words for a kernel that is done for. From
// kernel/panic.c, arch/arm64/kernel/traps.c, arch/arm64/mm/fault.c,
// arch/x86/kernel/dumpstack.c, arch/x86/kernel/traps.c, lib/bug.c.
var deadly = []string{
	"Kernel panic - not syncing", "Internal error: ", "Oops: ", "kernel BUG at ", "Kernel BUG at ",
	"Unable to handle kernel ", "BUG: unable to handle ", "general protection fault",
}

// initDied is the panic that the death of PID 1 brings about: the guest's
// fault, unless an oops came before it. From kernel/exit.c.
const initDied = "Attempted to kill init!"

// Diagnose returns the console's first line that says that the kernel died,
// followed by the panic's own where that is another, and whose fault it is:
// Unknown where there is no such line.
func Diagnose(console []byte) (fault.Kind, string) {
	line := deadlyLine(console)
	switch {
	case line == "":
		return fault.Unknown, ""
	case strings.Contains(line, initDied) && !strings.Contains(line, "; "):
		return fault.Guest, line
	default:
		return fault.Kernel, line
	}
}

func deadlyLine(console []byte) string {
	var first string
	lines := bufio.NewScanner(bytes.NewReader(console))
	lines.Buffer(nil, consoleMax+1)
	for lines.Scan() {
		line := strings.TrimRight(lines.Text(), "\r")
		for _, words := range deadly {
			if !strings.Contains(line, words) {
				continue
			}
			if first == "" {
				first = line
			} else if words == deadly[0] {
				return first + "; " + line
			}
			break
		}
	}
	return first
}

// readTail returns the file's last max bytes, or nothing.
func readTail(path string, max int64) []byte {
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.Size() > max {
		_, _ = f.Seek(-max, io.SeekEnd)
	}
	data, _ := io.ReadAll(io.LimitReader(f, max))
	return data
}
