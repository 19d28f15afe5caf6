// SPDX-License-Identifier: Apache-2.0

package rig

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"kcovrig/rig/fault"
	"kcovrig/rig/trial"
)

// explain decides how a failed boot ended and whose fault it was, from the
// error, the console and the machine, in this order, and adds the console's tail.
func (a *arm) explain(err error, vm VM, console string) (trial.Outcome, error) {
	op := "run the " + a.name() + " kernel"
	if vm == nil {
		return trial.OutcomeRigFault, fault.Wrap(fault.Rig, op, err)
	}
	tail := consoleTail(console)
	outcome, kind, why := culprit(err, vm, tail)
	out := &fault.Error{Kind: kind, Op: op, Err: err, Log: console, Tail: tail}
	if why != "" {
		out.Err = fmt.Errorf("%s: %w", why, err)
	}
	out.Try = "look at the console; the machine was started as: " + strings.Join(vm.Argv(), " ")
	return outcome, out
}

func culprit(err error, vm VM, tail string) (trial.Outcome, fault.Kind, string) {
	if kind := fault.KindOf(err); kind != fault.Unknown {
		return outcomeOf(kind), kind, ""
	}
	switch {
	case errors.Is(err, context.Canceled):
		return trial.OutcomeRigFault, fault.Rig, "interrupted before anything was measured"
	case strings.Contains(tail, "Attempted to kill init"):
		return trial.OutcomeGuestFault, fault.Guest, "the guest program died"
	case strings.Contains(tail, "Kernel panic"), strings.Contains(tail, "Internal error: Oops"):
		return trial.OutcomeKernelFault, fault.Kernel, "the kernel panicked"
	case errors.Is(err, errSilent):
		return trial.OutcomeTimeout, fault.Kernel, "the kernel did not boot, or hung"
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if vmErr := vm.Err(ctx); vmErr != nil {
		return trial.OutcomeRigFault, fault.Rig, vmErr.Error()
	}
	return trial.OutcomeRigFault, fault.Rig, "the machine ended early"
}

func outcomeOf(kind fault.Kind) trial.Outcome {
	switch kind {
	case fault.Kernel:
		return trial.OutcomeKernelFault
	case fault.Guest:
		return trial.OutcomeGuestFault
	default:
		return trial.OutcomeRigFault
	}
}

// consoleTail returns the last lines of the console, as much as an error carries.
func consoleTail(path string) string {
	const tailBytes, tailLines = 16 << 10, 30
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.Size() > tailBytes {
		_, _ = f.Seek(-tailBytes, io.SeekEnd)
	}
	data, _ := io.ReadAll(io.LimitReader(f, tailBytes))
	lines := strings.Split(strings.TrimRight(string(bytes.ToValidUTF8(data, []byte("?"))), "\r\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-tailLines):], "\n")
}
