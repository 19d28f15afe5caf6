// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"cmp"
	"io/fs"
	"time"

	"go.yaml.in/yaml/v3"

	"kcovrig/guest/program"
	"kcovrig/guest/wire"
	"kcovrig/rig/trial"
)

// Program is a workload that a scenario brings: a program for the guest.
type Program struct {
	Files  fs.FS  // the scenario's folder, as far as the file names it
	Source string // a C file in it; empty: Binary is a static ELF
	Binary string
	// Beside are files in Files that the guest has below /files, by the same paths.
	Beside []string
	// Start is what the guest is told of it.
	Start wire.Program
}

// DefaultBoot is the windows of a boot that a hit ends, where the file does not say.
const DefaultBoot = 512

// What comes after a hit.
const (
	goesOn = "continue"
	reboot = "reboot"
)

// sign is a way in which the bug shows: a kind alone, or in a function, and what comes
// after it where that is not as after the others.
type sign struct {
	Kind     wire.Kind
	Function string
	After    string
}

// UnmarshalYAML takes a kind, or a kind and its function.
func (s *sign) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		return n.Decode(&s.Kind)
	}
	in := map[string]string{}
	err := n.Decode(&in)
	for key, value := range in {
		if key == "after" {
			s.After = value
			continue
		}
		s.Kind, s.Function = wire.Kind(key), value
	}
	return err
}

// windows is what one chance to see the bug is.
type windows struct {
	Kind  wire.WindowKind
	Every time.Duration
}

// UnmarshalYAML takes a kind, or a length of time.
func (w *windows) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		return n.Decode(&w.Kind)
	}
	var timed struct{ Every time.Duration }
	err := n.Decode(&timed)
	w.Kind, w.Every = wire.WindowTimed, timed.Every
	return err
}

// program makes the workload that f describes; nil where it is one of the guest's own.
func (f file) program() (*Program, error) {
	if f.Workload.Source == "" && f.Workload.Binary == "" {
		return nil, nil
	}
	p := &Program{Source: f.Workload.Source, Binary: f.Workload.Binary, Beside: f.Workload.Files, Start: wire.Program{
		Args: f.Workload.Args, Env: f.Workload.Env, Ready: f.Workload.Ready, Window: f.Workload.Window.Kind, EveryNS: int64(f.Workload.Window.Every),
	}}
	if p.Start.Window == "" {
		p.Start.Window = wire.WindowTold
	}
	ends := false
	for _, s := range f.Detect {
		d := wire.Detect{Kind: s.Kind, Function: s.Function, Reboot: cmp.Or(s.After, f.After) == reboot}
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
	s.Program, s.Workload, s.Mark = p, program.Name, program.MarkSymbol
	if len(s.Modes) == 0 {
		s.Modes = []string{program.Name}
	}
	s.Readers = map[string]Reader{string(trial.InKernel): {Ordered: true}}
}

// Reboots says whether a hit may end a boot of the scenario's kernels, which are then
// booted again.
func (s Scenario) Reboots() bool { return s.Program != nil && s.Program.Start.Windows > 0 }

// SurvivesOops says whether the kernel has to go on after an oops, for the guest to
// see which it was.
func (p *Program) SurvivesOops() bool {
	for _, d := range p.Start.Detect {
		if d.Kind != wire.KindTold && d.Kind != wire.KindExit && d.Kind != wire.KindHang {
			return true
		}
	}
	return false
}
