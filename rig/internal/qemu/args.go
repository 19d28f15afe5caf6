// SPDX-License-Identifier: Apache-2.0

package qemu

import (
	"fmt"
	"slices"
	"strings"

	"kcovrig/rig/trial"
)

// Args is the whole command line of the machine, the program included. It is
// a pure function of c: equal configs give equal bytes.
func Args(c Config) []string {
	argv := slices.Clone(c.Binary)
	add := func(words ...string) { argv = append(argv, words...) }
	machine, cpu, accel := c.Arch.QEMUMachine, c.CPU, "tcg,thread=multi"
	if c.Accel == trial.AccelKVM {
		accel = "kvm"
		if cpu == "" {
			cpu = "host"
		}
	} else if cpu == "" {
		cpu = c.Arch.CPU
	}
	add("-nodefaults", "-no-user-config", "-display", "none", "-nic", "none",
		"-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny",
		"-no-reboot", "-S",
		"-machine", machine, "-accel", accel, "-cpu", cpu,
		"-smp", fmt.Sprint(c.CPUs), "-m", fmt.Sprintf("%dM", c.MemoryMiB))
	add("-kernel", c.Kernel, "-initrd", c.Initrd, "-append", Cmdline(c))
	add("-chardev", "socket,id=console,path="+escape(c.consoleSocket()), "-serial", "chardev:console")
	add("-chardev", "socket,id=wire,path="+escape(c.wireSocket()),
		"-device", "virtio-serial-"+c.Arch.VirtioBus,
		"-device", "virtserialport,chardev=wire,name="+WirePort)
	add("-chardev", "socket,id=qmp,server=on,wait=off,path="+escape(c.qmpSocket()),
		"-mon", "chardev=qmp,mode=control")
	if c.Plugin != "" {
		words := []string{"file=" + escape(c.Plugin)}
		for _, word := range slices.Sorted(slices.Values(c.PluginArgs)) {
			words = append(words, escape(word))
		}
		add("-plugin", strings.Join(words, ","))
	}
	return argv
}

// Cmdline is the kernel's command line: options in sorted order, each once.
func Cmdline(c Config) string {
	words := []string{
		"console=" + c.Arch.Console,
		"loglevel=4", // errors only: each character on the console costs an exit
		"nokaslr",    // addresses as in vmlinux
		"panic=-1",
		"rdinit=/init",
	}
	if !c.SurviveOops {
		words = append(words, "oops=panic")
	}
	words = append(append(words, c.Arch.Cmdline...), c.Cmdline...)
	slices.Sort(words)
	return strings.Join(slices.Compact(words), " ")
}

// escape doubles commas, as QEMU's option parser wants them in values.
func escape(value string) string { return strings.ReplaceAll(value, ",", ",,") }
