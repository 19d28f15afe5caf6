// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"cmp"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"kcovrig/guest/mark"
	"kcovrig/guest/program"
	"kcovrig/guest/wire"
	"kcovrig/rig/arch"
	"kcovrig/rig/fault"
	"kcovrig/rig/trial"
)

// DefaultBoot is the windows of a boot that a hit ends, where the file does not say.
const DefaultBoot = 512

// ends says whether a hit that shows so ends the boot.
func (f file) ends(s sign) bool {
	return s.Kind == wire.KindPanic || cmp.Or(s.After, f.After) == reboot
}

// program makes the workload that f describes; nil where it is one of the guest's own.
func (f file) program() (*Program, error) {
	if f.Workload.Source == "" && f.Workload.Binary == "" {
		return nil, nil
	}
	p := &Program{Source: f.Workload.Source, Binary: f.Workload.Binary, GuestFiles: f.Workload.Files, Start: wire.Program{
		Args: f.Workload.Args, Env: f.Workload.Env, Ready: f.Workload.Ready, Window: f.Workload.Window.Kind, EveryNS: int64(f.Workload.Window.Every),
	}}
	if p.Start.Window == "" {
		p.Start.Window = wire.WindowTold
	}
	ends := false
	for _, s := range f.Detect {
		d := wire.Detect{Kind: s.Kind, Function: s.Function, NS: int64(s.Lasts), Exit: s.Exit, Reboot: f.ends(s)}
		p.Start.Detect, ends = append(p.Start.Detect, d), ends || d.Reboot
	}
	p.Start.Windows = uint64(f.Workload.Boot)
	if ends && p.Start.Windows == 0 {
		p.Start.Windows = DefaultBoot
	}
	return p, p.Start.Check()
}

// ofProgram fills in what a scenario with a program of its own has no names for: one
// mode and one reader, whose loads are those of the kernel.
func (s *Scenario) ofProgram(p *Program) {
	s.Program, s.Workload, s.Mark = p, program.Name, mark.Symbol
	if len(s.Modes) == 0 {
		s.Modes = []string{program.Name}
	}
	s.Readers = map[string]Reader{string(trial.InKernel): {Ordered: true}}
}

// RuledOut says whether the architecture's memory model rules the bug out: it keeps
// stores in order, and two of them are what the scenario names. Where it names none the
// patch may order anything, a store and a later load too, which TSO does not.
func (s Scenario) RuledOut(a arch.Arch) bool { return a.TSO && s.Function != "" }

// HasLitmus says whether the scenario brings litmus tests.
func (s Scenario) HasLitmus() bool {
	if s.Litmus == nil {
		return false
	}
	files, err := fs.Glob(s.Litmus, "*.litmus")
	return err == nil && len(files) > 0
}

// ArchTests are the scenario's litmus tests of a kernel in the architecture's instructions,
// whose condition is a hit, by name: files KERNEL.litmus, or KERNEL+SHAPE.litmus where
// there are several of a kernel.
func (s Scenario) ArchTests(a arch.Arch, kernel string) map[string]string {
	out := map[string]string{}
	if s.Litmus == nil || a.LitmusFolder == "" {
		return out
	}
	files, _ := fs.Glob(s.Litmus, a.LitmusFolder+"/*.litmus") // no name of an architecture is a bad pattern
	for _, file := range files {
		name := strings.TrimSuffix(path.Base(file), ".litmus")
		of, _, _ := strings.Cut(name, "+")
		if text, err := fs.ReadFile(s.Litmus, file); err == nil && of == kernel {
			out[name] = string(text)
		}
	}
	return out
}

// TellsAlone is the user's fault of who asks whether one kernel is clean, without one
// beside it that shows the bug, where the scenario names no two writes: which stores
// matter shows beside such a kernel alone. what is what asks.
func (s Scenario) TellsAlone(what string) error {
	if s.Function != "" {
		return nil
	}
	return &fault.Error{
		Kind: fault.User,
		Err:  fmt.Errorf("%s asks of single kernels whether they are clean, and scenario %s names no two writes, so that under the memory emulator the silence of a kernel counts beside one alone that shows the bug", what, s.Name),
		Try:  "kcovrig bisect, which holds commits against the end that shows the bug, or kcovrig compare",
	}
}

// Reboots says whether a hit may end a boot of the scenario's kernels, which are then
// booted again.
func (s Scenario) Reboots() bool { return s.Program != nil && s.Program.Start.Windows > 0 }

// SurvivesOops says whether the kernel has to go on after an oops, for the guest to
// see which it was. Where a panic alone is looked for, each oops is one.
func (p *Program) SurvivesOops() bool {
	return slices.ContainsFunc(p.Start.Detect, func(d wire.Detect) bool {
		return slices.Contains([]wire.Kind{wire.KindOops, wire.KindWarn, wire.KindBug, wire.KindKASAN}, d.Kind)
	})
}

// Cmdline is options of the kernel's command line, for what is detected to show more than
// once per boot: a kernel keeps KASAN's reports to itself after the first
// (mm/kasan/report.c).
func (p *Program) Cmdline() []string {
	if slices.ContainsFunc(p.Start.Detect, func(d wire.Detect) bool { return d.Kind == wire.KindKASAN }) {
		return []string{"kasan_multi_shot"}
	}
	return nil
}
