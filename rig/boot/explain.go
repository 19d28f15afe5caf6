// SPDX-License-Identifier: Apache-2.0

package boot

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"kcovrig/rig/fault"
	"kcovrig/rig/internal/proc"
	"kcovrig/rig/internal/qemu"
	"kcovrig/rig/trial"
)

// explain decides how a failed boot ended and whose fault it was.
func explain(p Config, emulated bool, err error, vm VM) (trial.Outcome, error) {
	op := "run the " + p.Name + " kernel"
	switch {
	case errors.Is(err, context.Canceled):
		return trial.OutcomeRigFault, fault.Wrap(fault.Unknown, op+", interrupted before it was done", err)
	case vm == nil:
		return outcomeOf(err), fault.Wrap(fault.Rig, op, err)
	}
	out := blame(op, err, vm)
	if out.Kind == fault.Kernel {
		out.Try = kernelAdvice(out, p.Variant, emulated)
	}
	if argv := proc.Quote(vm.Argv()); !strings.Contains(out.Err.Error(), argv) {
		out.Err = fmt.Errorf("%w: %s", out.Err, argv)
	}
	return outcomeOf(out), out
}

// kernelAdvice is what to try where the kernel panicked, hung, or did not do
// what the guest asked of it: where to read, and which run takes away what may
// be to blame, the patch or else the memory emulator.
func kernelAdvice(err error, v trial.Variant, emulated bool) string {
	read, too := "read the console, and what the guest says above", "fails"
	switch {
	case errors.Is(err, qemu.ErrPanic):
		read, too = "read the console from the first oops on", "panics"
	case errors.Is(err, qemu.ErrTimeout):
		read, too = "read the console: a kernel that still printed may only have been slow, so run again while the machine is less busy", "hangs"
	}
	return read + Without(too, v, emulated)
}

// Without names the run that tells whether a kernel that failed, in whatever way
// too says, does so without the patch or else without the memory emulator too.
func Without(too string, v trial.Variant, emulated bool) string {
	switch {
	case v == trial.Patched:
		return "; kcovrig run --unpatched tells whether it " + too + " without the patch too"
	case emulated:
		return fmt.Sprintf("; kcovrig run --%s --memory-model=native tells whether it %s without the memory emulator too", v, too)
	}
	return ""
}

func outcomeOf(err error) trial.Outcome {
	if errors.Is(err, qemu.ErrTimeout) {
		return trial.OutcomeTimeout
	}
	switch fault.KindOf(err) {
	case fault.Kernel:
		return trial.OutcomeKernelFault
	case fault.Guest:
		return trial.OutcomeGuestFault
	default:
		return trial.OutcomeRigFault
	}
}

// consoleTail returns the last lines of the console, as many as an error carries.
func consoleTail(path string) string {
	const tailLines = 30
	return proc.LastLines(strings.ToValidUTF8(strings.ReplaceAll(string(qemu.Console(path)), "\r", ""), "?"), tailLines)
}

// Explain says whose fault it was that ended op.
func Explain(op string, err error, vm VM) error {
	if errors.Is(err, context.Canceled) {
		return fault.Wrap(fault.Unknown, op+", interrupted before they were done", err)
	}
	return blame(op, err, vm)
}

// blame asks the machine and its console where nobody has named the culprit of
// what ended op; a culprit that the session named stands.
func blame(op string, err error, vm VM) *fault.Error {
	if fault.KindOf(err) == fault.Unknown {
		cause := io.ErrUnexpectedEOF
		if errors.Is(err, ErrSilent) {
			cause = fmt.Errorf("%w: %w", err, context.DeadlineExceeded)
		}
		err = vm.Why(context.Background(), cause)
	}
	return &fault.Error{Kind: fault.KindOf(err), Op: op, Err: err, Log: vm.Console(), Tail: consoleTail(vm.Console())}
}
