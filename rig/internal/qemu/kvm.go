// SPDX-License-Identifier: Apache-2.0

package qemu

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"kcovrig/rig/arch"
	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/proc"
	"kcovrig/rig/trial"
)

// kvmTime is how long KVM may take for a handful of instructions.
const kvmTime = 3 * time.Second

// ErrNoKVM is found in what ProbeKVM returns where KVM does not run guests.
var ErrNoKVM = errors.New("KVM does not run guests here")

// ProbeKVM tries whether KVM really runs code of a's: a /dev/kvm that opens is
// no proof. It boots a firmware of a few instructions that make QEMU exit with
// a known code. An error that wraps ErrNoKVM says why it does not; any other
// error means that it could not be tried. nil means that plain instructions
// run, which is needed but not enough: hosts exist where they do and a kernel
// hangs. Whether a kernel boots is for the caller to try.
func ProbeKVM(ctx context.Context, binary []string, a arch.Arch) error {
	if runtime.GOARCH != a.GOARCH {
		return fmt.Errorf("%w: the host is %s, the guest %s", ErrNoKVM, runtime.GOARCH, a.GOARCH)
	}
	f, err := os.OpenFile("/dev/kvm", os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNoKVM, err)
	}
	f.Close()
	err = runFirmware(ctx, binary, a, trial.AccelKVM, kvmTime)
	var exit *proc.ExitError
	if ctx.Err() == nil && (errors.Is(err, context.DeadlineExceeded) || errors.As(err, &exit)) {
		return fmt.Errorf("%w: %w", ErrNoKVM, err)
	}
	return err
}

// runFirmware boots a.KVMProbe's code; nil where it ran, else what was seen instead.
func runFirmware(ctx context.Context, binary []string, a arch.Arch, accel trial.Accel, limit time.Duration) error {
	const op = "try the accelerator"
	if len(binary) == 0 {
		return fault.Newf(fault.Rig, op, "no QEMU for %s", a.Name)
	}
	folder, err := disk.NewTempFolder()
	if err != nil {
		return fault.Wrap(fault.Rig, op, err)
	}
	defer folder.Close()
	rom := make([]byte, a.KVMProbe.Size)
	copy(rom[a.KVMProbe.CodeAt:], a.KVMProbe.Code)
	path := filepath.Join(folder.Dir, "firmware")
	if err := os.WriteFile(path, rom, 0o600); err != nil {
		return fault.Wrap(fault.Rig, op, err)
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	argv := firmwareArgs(binary, a, accel, path)
	res, err := proc.Run(ctx, proc.Command{Path: argv[0], Args: argv[1:], Kind: fault.Rig, Op: op})
	switch {
	case res.ExitCode == a.KVMProbe.Exit && ctx.Err() == nil:
		return nil
	case err == nil:
		exit := &proc.ExitError{Argv: argv, Code: res.ExitCode, Status: "exit status 0"}
		return fault.Wrap(fault.Rig, op, fmt.Errorf("the guest's code did not run: %w", exit))
	default:
		return err
	}
}

func firmwareArgs(binary []string, a arch.Arch, accel trial.Accel, rom string) []string {
	cpu := "host"
	if accel != trial.AccelKVM {
		cpu = a.CPU
	}
	return slices.Concat(binary, []string{
		"-nodefaults", "-no-user-config", "-display", "none", "-nic", "none", "-no-reboot",
		"-machine", a.QEMUMachine, "-accel", string(accel), "-cpu", cpu, "-m", "64M", "-bios", rom,
	}, a.KVMProbe.Args)
}
