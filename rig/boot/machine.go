// SPDX-License-Identifier: Apache-2.0

package boot

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"kcovrig/rig/arch"
	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
	"kcovrig/rig/host"
	"kcovrig/rig/internal/qemu"
	"kcovrig/rig/trial"
)

const (
	// ramMiB is the guest's memory, where no other is asked for: a lean kernel and one Go program.
	ramMiB   = 256
	RAMBytes = ramMiB << 20
	// GuestCPUs, where no others are asked for: one for the writer, one for the reader.
	GuestCPUs = 2
)

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
	const op = "end QEMU"
	ctx, cancel := within(op, quitTimeout, v.Usable)
	defer cancel(nil)
	err := v.Quit(ctx)
	select {
	case <-v.Exited():
	case <-ctx.Done():
	}
	switch {
	case ctx.Err() == nil: // it has ended
		err = nil
		if code := v.Result().ExitCode; code != 0 {
			err = fault.Newf(fault.Rig, op, "it ended with status %d; see its log qemu.log beside the console", code)
		}
	case err == nil || errors.Is(err, context.Canceled): // it is killed for that
		err = context.Cause(ctx)
	}
	return errors.Join(err, v.VM.Close())
}

// within is a context for what a machine has so much time of its own for. Its cause says
// who was too slow.
func within(op string, limit time.Duration, usable host.Usable) (context.Context, context.CancelCauseFunc) {
	ctx, cancel := context.WithCancelCause(context.Background())
	patience := host.NewPatience(limit, usable)
	go func() {
		defer patience.Close()
		for {
			select {
			case <-ctx.Done():
				return
			case <-patience.Looks:
			}
			switch {
			case patience.Over():
				cancel(fault.Newf(fault.Rig, op, "it did not within %v that it could use", limit))
			case patience.Waited() >= hostTimeout:
				cancel(starved(op, patience))
			}
		}
	}()
	return ctx, cancel
}

// kvmHello is how long a kernel may take under KVM to reach the guest program, in time that
// QEMU can use.
const kvmHello = 5 * time.Second

// KVMConfig says which kernel to try KVM with.
type KVMConfig struct {
	Arch     arch.Arch
	QEMU     qemu.Program
	Kernel   string
	Initrd   string
	Workload string
	CacheDir string
}

// errNoKVMBoot says that KVM runs instructions but no kernel.
var errNoKVMBoot = errors.New("KVM runs instructions here, but no kernel boots on it")

// OnKVM returns nil where KVM boots the kernel up to the guest program.
// Instructions that run are no proof: on some hosts they do, and kernels hang.
// That is kept until the host restarts.
func OnKVM(ctx context.Context, cfg KVMConfig) error {
	if err := qemu.ProbeKVM(ctx, cfg.QEMU.Argv, cfg.Arch); err != nil {
		return err
	}
	return onKVM(ctx, cfg, bootOnKVM)
}

// onKVM says whether boot is, or once was, without an error.
func onKVM(ctx context.Context, cfg KVMConfig, boot func(context.Context, KVMConfig) error) error {
	kept := filepath.Join(cfg.CacheDir, "kvm", kvmKey(cfg)+".json")
	var boots bool
	if data, err := os.ReadFile(kept); err != nil || json.Unmarshal(data, &boots) != nil {
		err := boot(ctx, cfg)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if tooBusy(err) {
			return err
		}
		boots = err == nil
		if err := disk.WriteJSON(kept, boots); err != nil {
			return fault.Wrap(fault.Rig, "keep whether KVM works", err)
		}
	}
	if !boots {
		return errNoKVMBoot
	}
	return nil
}

// kvmKey names what that depends on: this start of the host, and QEMU.
func kvmKey(cfg KVMConfig) string {
	started, _ := os.ReadFile("/proc/sys/kernel/random/boot_id") // random(4)
	return disk.Sum(fmt.Appendf(bytes.TrimSpace(started), " %s %s", cfg.QEMU.Version, strings.Join(cfg.QEMU.Argv, " ")))[:16]
}

// tooBusy says whether the host kept a kernel from showing whether it boots.
func tooBusy(err error) bool {
	return errors.Is(err, ErrStarved) || errors.Is(err, context.DeadlineExceeded) // ... or QEMU from replying
}

func bootOnKVM(ctx context.Context, cfg KVMConfig) error {
	folder, err := disk.NewWorkFolder()
	if err != nil {
		return err
	}
	defer folder.Close()
	vm, err := StartVM(ctx, Machine(qemu.Config{
		Name: "KVM probe", Arch: cfg.Arch, Binary: cfg.QEMU.Argv, Accel: trial.AccelKVM,
		Kernel: cfg.Kernel, Initrd: cfg.Initrd, Dir: folder.Dir,
	}))
	if err != nil {
		return err
	}
	s := NewSession(vm, "", func(trial.Event) {})
	err = vm.Cont(ctx)
	if err == nil {
		_, err = s.hello(ctx, kvmHello, cfg.Arch.GOARCH, cfg.Workload)
	}
	s.Close()
	return errors.Join(err, vm.Close())
}
