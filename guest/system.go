// SPDX-License-Identifier: Apache-2.0

//go:build linux && (arm64 || amd64)

package main

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"kcovrig/guest/builtin"
	"kcovrig/guest/wire"
)

// mountAll mounts the kernel's file systems that the guest reads, and those that its
// workloads need, where the kernel has them: sysfs then has their folders.
func mountAll() error {
	for _, m := range []builtin.Mount{{Kind: "devtmpfs", Dir: "/dev"}, {Kind: "proc", Dir: "/proc"}, {Kind: "sysfs", Dir: "/sys"}} {
		if err := mount(m); err != nil {
			return err
		}
	}
	for _, m := range builtin.Mounts() {
		if _, err := os.Stat(m.Dir); err != nil {
			continue
		}
		if err := mount(m); err != nil {
			return err
		}
	}
	return nil
}

func mount(m builtin.Mount) error {
	if err := os.MkdirAll(m.Dir, 0o755); err != nil {
		return wire.Faultf(wire.WhoseGuest, "mount "+m.Kind, "%v", err)
	}
	// EBUSY: CONFIG_DEVTMPFS_MOUNT was there first.
	if err := unix.Mount(m.Kind, m.Dir, m.Kind, 0, ""); err != nil && !errors.Is(err, unix.EBUSY) {
		return wire.Faultf(wire.WhoseKernel, "mount "+m.Kind, "%v", err)
	}
	return nil
}

// say writes a line to the console, which is what remains when the port does not work.
func say(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "kcovrig: "+format+"\n", args...)
}

// powerOff ends the machine. Where the kernel cannot switch it off, as without
// ACPI on x86, it would halt with the CPUs spinning: restart instead, which ends
// a QEMU that was started with -no-reboot.
func powerOff() {
	unix.Sync()
	if canPowerOff() {
		_ = unix.Reboot(unix.LINUX_REBOOT_CMD_POWER_OFF) // returns on failure only
	}
	_ = unix.Reboot(unix.LINUX_REBOOT_CMD_RESTART)
	say("power-off failed")
	select {}
}

func canPowerOff() bool {
	for _, dir := range []string{"/sys/firmware/devicetree", "/sys/firmware/acpi"} {
		if _, err := os.Stat(dir); err == nil {
			return true
		}
	}
	return false
}
