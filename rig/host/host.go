// SPDX-License-Identifier: Apache-2.0

// Package host describes the machine that the rig runs on, as far as it says so
// itself: system, processors, memory, what of them a process gets; and waits that neither a
// stop of the rig itself ends nor a time in which the other gets nothing. What the machine is
// enough for, and what is waited for, is left to others.
package host

import (
	"os"
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"kcovrig/rig/arch"
	"kcovrig/rig/trial"
)

// This describes the machine that the rig runs on, as far as it says.
func This() trial.Host {
	h := trial.Host{
		System: valueIn("/etc/os-release", "PRETTY_NAME", "="), CPU: valueIn("/proc/cpuinfo", "model name", ":"),
		Arch: runtime.GOARCH, CPUs: runtime.NumCPU(),
	}
	var u unix.Utsname
	if unix.Uname(&u) == nil {
		h.Kernel = unix.ByteSliceToString(u.Release[:])
	}
	return h
}

// valueIn returns the value of the first line "key SEPARATOR value" of a file;
// empty where there is none.
func valueIn(path, key, separator string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(text)) {
		if k, v, ok := strings.Cut(line, separator); ok && strings.TrimSpace(k) == key {
			return strings.Trim(strings.TrimSpace(v), `"`)
		}
	}
	return ""
}

// AvailableMemory is what proc_meminfo(5) estimates, in bytes; 0: not known.
func AvailableMemory() uint64 {
	kib, _, _ := strings.Cut(valueIn("/proc/meminfo", "MemAvailable", ":"), " ")
	n, err := strconv.ParseUint(kib, 10, 64)
	if err != nil {
		return 0
	}
	return n << 10
}

// Arch is this machine's architecture as kcovrig names it; Go's name where it is
// none of kcovrig's.
func Arch() string {
	for _, name := range arch.Names() {
		if a, err := arch.Lookup(name); err == nil && a.GOARCH == runtime.GOARCH {
			return name
		}
	}
	return runtime.GOARCH
}
