// SPDX-License-Identifier: Apache-2.0

package scenario

import (
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

// sign is a way in which the bug shows: a kind alone, or in a function.
type sign wire.Detect

// UnmarshalYAML takes a kind, or a kind and its function.
func (s *sign) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		return n.Decode(&s.Kind)
	}
	in := map[wire.Kind]string{}
	err := n.Decode(&in)
	for kind, function := range in {
		s.Kind, s.Function = kind, function
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
	for _, s := range f.Detect {
		p.Start.Detect = append(p.Start.Detect, wire.Detect(s))
	}
	return p, p.Start.Check()
}

// ofProgram fills in what a scenario with a program of its own has no names for: one
// mode and one reader, whose loads are those of the kernel.
func (s *Scenario) ofProgram(p *Program) {
	s.Program, s.Workload = p, program.Name
	if len(s.Modes) == 0 {
		s.Modes = []string{program.Name}
	}
	s.Readers = map[string]Reader{string(trial.InKernel): {Ordered: true}}
}

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
