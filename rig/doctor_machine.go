// SPDX-License-Identifier: Apache-2.0

package rig

import (
	"context"
	"fmt"
	"runtime"

	"kcovrig/rig/arch"
	"kcovrig/rig/internal/qemu"
	"kcovrig/rig/trial"
)

func qemuCheck(ctx context.Context, cfg DoctorConfig, a arch.Arch) trial.Check {
	c := trial.Check{Name: a.QEMU, Required: true, Fix: "scripts/setup qemu"}
	e, err := findEmulator(ctx, EmulatorConfig{Arch: a, Override: cfg.QEMU, CacheDir: cfg.CacheDir})
	switch {
	case err != nil:
		c.Detail = err.Error()
		return c
	case a.Emulated && needEmulator(e) != nil:
		c.Detail = needEmulator(e).Error()
		return c
	}
	c.OK, c.Fix = true, ""
	c.Detail = fmt.Sprintf("%s, plugin API %d, %s", e.Version, e.PluginAPI, e.Argv[0])
	return c
}

// kvmCheck tries whether KVM runs a guest of this machine's own architecture.
// Nothing requires it.
func kvmCheck(ctx context.Context, cfg DoctorConfig) trial.Check {
	c := trial.Check{Name: "KVM", Detail: "no architecture of this machine's own"}
	for _, name := range arch.Names() {
		a, err := arch.Lookup(name)
		if err != nil || a.GOARCH != runtime.GOARCH {
			continue
		}
		e, err := findEmulator(ctx, EmulatorConfig{Arch: a, Override: cfg.QEMU, CacheDir: cfg.CacheDir})
		if err == nil {
			err = qemu.ProbeKVM(ctx, e.Argv, a)
		}
		if err != nil {
			c.Detail = err.Error()
			return c
		}
		c.OK, c.Detail = true, "a "+a.Name+" guest ran"
	}
	return c
}
