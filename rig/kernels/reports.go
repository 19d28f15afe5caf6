// SPDX-License-Identifier: Apache-2.0

package kernels

import (
	"kcovrig/guest/wire"
	"kcovrig/rig/arch"
	"kcovrig/rig/coderange"
	"kcovrig/rig/internal/objcode/elfcode"
	"kcovrig/rig/scenario"
)

// Reporters are the functions by which kernels of the architecture report what the
// scenario detects, as far as they take an exception for it.
func Reporters(a arch.Arch, s scenario.Scenario) (names []string) {
	if s.Program == nil || !a.Emulated {
		return nil
	}
	detected := map[wire.Kind]bool{}
	for _, d := range s.Program.Start.Detect {
		detected[d.Kind] = true
	}
	if detected[wire.KindOops] || detected[wire.KindBug] {
		names = append(names, a.Oops)
	}
	if detected[wire.KindWarn] {
		names = append(names, a.Warn)
	}
	return names
}

// reportsIn finds those functions in a kernel, and lists the code of the functions which
// the bug shows in, for the instruction that took the exception. What is not found is
// left out.
func reportsIn(cfg Config, vmlinux string) (reports []coderange.Range, detected []elfcode.Line, err error) {
	for _, name := range Reporters(cfg.Arch, cfg.Scenario) {
		if found, err := elfcode.Functions(vmlinux, []string{name}); err == nil {
			reports = append(reports, found...)
		}
	}
	if len(reports) == 0 {
		return nil, nil, nil
	}
	known := map[uint64]bool{}
	for _, d := range cfg.Scenario.Program.Start.Detect {
		if d.Function == "" {
			continue
		}
		found, err := elfcode.Functions(vmlinux, []string{d.Function})
		if err != nil {
			continue // the kernel's own words name the place
		}
		lines, err := elfcode.Disassemble(vmlinux, found)
		if err != nil {
			return nil, nil, err
		}
		for _, l := range lines {
			if !known[l.Addr] {
				known[l.Addr] = true
				detected = append(detected, l)
			}
		}
	}
	return reports, detected, nil
}
