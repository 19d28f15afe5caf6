// SPDX-License-Identifier: Apache-2.0

package rig

import "kcovrig/rig/arch"

// ramBytes is the guest's memory: a lean kernel and one Go program.
const ramBytes = 256 << 20

// Cmdline is the kernel command line: the console, an end of QEMU at a panic,
// and the addresses of vmlinux, which the emulator's scope is made of.
func Cmdline(a arch.Arch) string {
	return "console=" + a.Console + " nokaslr panic=-1 oops=panic loglevel=4"
}
