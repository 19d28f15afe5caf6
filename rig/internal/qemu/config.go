// SPDX-License-Identifier: Apache-2.0

// Package qemu drives one virtual machine: its command line, the lifetime of
// the QEMU process, the QMP connection, the console and the socket of the
// guest's records. It finds an installed QEMU, says what that can do, how a
// machine ended and whose fault that is. It leaves what goes over the socket to
// guest/wire, the plugin to weakmem, and what a boot means to rig/boot.
package qemu

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"kcovrig/rig/arch"
	"kcovrig/rig/fault"
	"kcovrig/rig/trial"
)

// WirePort is the virtio-serial port's name in the guest.
const WirePort = "kcovrig.wire"

// Config describes one machine.
type Config struct {
	Name      string // for people and errors
	Arch      arch.Arch
	Binary    []string // QEMU's command prefix: the program, with its loader and -L where it has them
	Accel     trial.Accel
	CPU       string // empty: the row's under TCG, the host's under KVM
	CPUs      int
	MemoryMiB int
	Kernel    string
	Initrd    string
	// SurviveOops lets the kernel go on after an oops, which the guest then has to
	// look for; else it panics, so that none goes unseen.
	SurviveOops bool
	Cmdline     []string // kernel command line options beside Cmdline's own
	Plugin      string   // TCG plugin; empty: none
	PluginArgs  []string // key=value
	Dir         string   // the boot's folder: console.log and qemu.log
	Sockets     string   // short private folder of the sockets; empty: Start makes one
}

// Console is the path of the kept console.
func (c Config) Console() string { return filepath.Join(c.Dir, "console.log") }

// Log is the path of what QEMU itself printed.
func (c Config) Log() string { return filepath.Join(c.Dir, "qemu.log") }

func (c Config) consoleSocket() string { return filepath.Join(c.Sockets, "console") }
func (c Config) wireSocket() string    { return filepath.Join(c.Sockets, "wire") }
func (c Config) qmpSocket() string     { return filepath.Join(c.Sockets, "qmp") }

// Validate says what in c cannot work, before anything is started.
func (c Config) Validate() error {
	var errs []error
	need := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	need(c.Arch.Name != "", "no architecture")
	need(len(c.Binary) > 0, "no QEMU")
	need(c.Accel == trial.AccelTCG || c.Accel == trial.AccelKVM, "accelerator %q is not decided", c.Accel)
	need(c.CPUs > 0, "%d CPUs", c.CPUs)
	need(c.MemoryMiB > 0, "%d MiB of memory", c.MemoryMiB)
	need(c.Kernel != "", "no kernel")
	need(c.Initrd != "", "no initramfs")
	need(c.Dir != "", "no folder")
	need(c.Plugin == "" || c.Accel == trial.AccelTCG, "a plugin needs tcg, not %s", c.Accel)
	need(c.Plugin != "" || len(c.PluginArgs) == 0, "plugin arguments without a plugin")
	for _, word := range c.Cmdline {
		need(word != "" && !strings.ContainsAny(word, " \t\n"), "kernel command line option %q", word)
	}
	return fault.Wrap(fault.Rig, "set up the machine "+c.Name, errors.Join(errs...))
}

// CheckKernel reads the kernel file's magic: an image of another architecture
// would only hang.
func CheckKernel(a arch.Arch, path string) error {
	op := "check the kernel " + path
	f, err := os.Open(path)
	if err != nil {
		return fault.Wrap(fault.Rig, op, err)
	}
	defer f.Close()
	magic := make([]byte, len(a.ImageMagic))
	if _, err := f.ReadAt(magic, a.ImageMagicAt); err != nil {
		return fault.Newf(fault.Kernel, op, "no %s kernel: too short", a.Name)
	}
	if string(magic) != a.ImageMagic {
		return fault.Newf(fault.Kernel, op, "no %s kernel: %q instead of %q at byte %d",
			a.Name, magic, a.ImageMagic, a.ImageMagicAt)
	}
	return nil
}
