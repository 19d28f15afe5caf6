// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"

	"kcovrig/rig/arch"
	"kcovrig/rig/boot"
	"kcovrig/rig/internal/initramfs"
	"kcovrig/rig/internal/qemu"
	"kcovrig/rig/scenario"
	"kcovrig/rig/trial"
)

func qemuCheck(ctx context.Context, cfg Config, a arch.Arch) trial.Check {
	c := trial.Check{Name: a.QEMU, Required: true, Fix: fix, Setup: []string{"qemu"}}
	e, err := qemu.Find(ctx, qemu.Search{Arch: a, Override: cfg.QEMU, CacheDir: cfg.CacheDir})
	switch {
	case err != nil:
		c.Detail = err.Error()
		return c
	case a.Emulated && e.CanEmulate() != nil:
		c.Detail = e.CanEmulate().Error()
		return c
	}
	c.OK, c.Fix = true, ""
	c.Detail = fmt.Sprintf("%s, plugin API %d, %s", e.Version, e.PluginAPI, e.Argv[0])
	return c
}

// kvmCheck tries whether KVM boots a guest of this machine's own architecture.
// Nothing requires it.
func kvmCheck(ctx context.Context, cfg Config) trial.Check {
	c := trial.Check{Name: "KVM", Detail: "kcovrig knows no guest of this machine's own architecture"}
	for _, name := range arch.Names() {
		a, err := arch.Lookup(name)
		if err != nil || a.GOARCH != runtime.GOARCH {
			continue
		}
		if err := KVM(ctx, cfg, a); err != nil {
			c.Detail = err.Error()
			if errors.Is(err, errNoKernel) {
				c.Fix = "kcovrig build --arch=" + a.Name + " --unpatched && kcovrig doctor"
			}
			return c
		}
		c.OK, c.Detail = true, "a "+a.Name+" kernel boots"
	}
	return c
}

var errNoKernel = errors.New("instructions run under KVM; whether a kernel boots is unknown, since none is in the cache")

// KVM boots, under KVM, any kernel of the architecture that is in the cache.
func KVM(ctx context.Context, cfg Config, a arch.Arch) error {
	e, err := qemu.Find(ctx, qemu.Search{Arch: a, Override: cfg.QEMU, CacheDir: cfg.CacheDir})
	if err != nil {
		return err
	}
	if err := qemu.ProbeKVM(ctx, e.Argv, a); err != nil {
		return err
	}
	s, err := scenario.Load(scenario.Default)
	if err != nil {
		return err
	}
	initrd, err := initramfs.Build(ctx, initramfs.Config{Arch: a, CacheDir: cfg.CacheDir})
	if err != nil {
		return err
	}
	kernels, _ := filepath.Glob(filepath.Join(cfg.CacheDir, "builds", "*", "out", a.ImagePath))
	for _, k := range kernels {
		if qemu.CheckKernel(a, k) == nil {
			return boot.OnKVM(ctx, boot.KVMConfig{Arch: a, QEMU: e, Kernel: k, Initrd: initrd.Path, Workload: s.Workload, CacheDir: cfg.CacheDir})
		}
	}
	return errNoKernel
}
