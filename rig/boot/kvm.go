// SPDX-License-Identifier: Apache-2.0

package boot

import (
	"bytes"
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
	"kcovrig/rig/internal/qemu"
	"kcovrig/rig/trial"
)

// kvmHello is how long a kernel may take under KVM to reach the guest program.
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
// The answer is kept until the host restarts.
func OnKVM(ctx context.Context, cfg KVMConfig) error {
	if err := qemu.ProbeKVM(ctx, cfg.QEMU.Argv, cfg.Arch); err != nil {
		return err
	}
	kept := filepath.Join(cfg.CacheDir, "kvm", kvmKey(cfg)+".json")
	var boots bool
	if data, err := os.ReadFile(kept); err != nil || json.Unmarshal(data, &boots) != nil {
		err := bootOnKVM(ctx, cfg)
		if ctx.Err() != nil {
			return ctx.Err()
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

// kvmKey names what the answer depends on: this start of the host, and QEMU.
func kvmKey(cfg KVMConfig) string {
	started, _ := os.ReadFile("/proc/sys/kernel/random/boot_id") // random(4)
	return disk.Sum(fmt.Appendf(bytes.TrimSpace(started), " %s %s", cfg.QEMU.Version, strings.Join(cfg.QEMU.Argv, " ")))[:16]
}

func bootOnKVM(ctx context.Context, cfg KVMConfig) error {
	folder, err := disk.NewWorkFolder()
	if err != nil {
		return err
	}
	defer folder.Close()
	ctx, cancel := context.WithTimeout(ctx, kvmHello)
	defer cancel()
	vm, err := StartVM(ctx, Machine(qemu.Config{
		Name: "KVM probe", Arch: cfg.Arch, Binary: cfg.QEMU.Argv, Accel: trial.AccelKVM,
		Kernel: cfg.Kernel, Initrd: cfg.Initrd, Dir: folder.Dir,
	}))
	if err != nil {
		return err
	}
	s := NewSession(vm.Wire(), "", func(trial.Event) {})
	err = vm.Cont(ctx)
	if err == nil {
		_, err = s.Hello(ctx, cfg.Arch.GOARCH, cfg.Workload)
	}
	s.Close()
	return errors.Join(err, vm.Close())
}
