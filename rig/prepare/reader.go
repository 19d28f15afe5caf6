// SPDX-License-Identifier: Apache-2.0

package prepare

import (
	"slices"
	"strings"

	"kcovrig/rig/boot"
	"kcovrig/rig/internal/objcode"
	"kcovrig/rig/trial"
)

// findReaders finds the code in the guest whose loads the emulator may reorder.
func (s *Setup) findReaders() error {
	if !s.Emulated() {
		return nil
	}
	for _, reader := range s.Config.Spec.Readers {
		symbols := s.Scenario.Readers[string(reader)].Symbols
		if len(symbols) == 0 { // what reads is the kernel
			continue
		}
		code, err := s.Config.Doers.GuestScope(s.Archive.Guest, symbols)
		if err != nil {
			return err
		}
		if s.Readers[reader], err = s.readReader(reader, code); err != nil {
			return err
		}
	}
	if s.Scenario.Mark == "" {
		return nil
	}
	found, err := s.Config.Doers.GuestScope(s.Archive.Guest, []string{s.Scenario.Mark})
	if err == nil {
		s.Mark = found[0]
	}
	return err
}

// readReader lists the code of a reader, and finds in it what orders the two
// loads that the scenario tells of.
func (s *Setup) readReader(reader trial.Reader, ranges []objcode.Range) (Reader, error) {
	out := Reader{Code: ranges}
	lines, err := s.Config.Doers.Disassemble(s.Archive.Guest, ranges)
	if err != nil {
		return out, err
	}
	s.GuestLines = append(s.GuestLines, lines...)
	code := trial.ReaderCode{Reader: reader, Barriers: []string{}}
	loads := slices.DeleteFunc(lines, func(l objcode.Line) bool {
		return !strings.HasPrefix(l.Text, "ld") || strings.Contains(l.Text, "[sp")
	})
	if len(loads) < 2 {
		return out, nil // another architecture's, or none that is understood
	}
	out.Count = loads[0].Addr
	code.Count, code.Entry = boot.InstructionOf(loads[0]), boot.InstructionOf(loads[1])
	for _, r := range ranges {
		if loads[0].Addr < r.Start || loads[1].Addr >= r.End {
			continue
		}
		chain, err := s.Config.Doers.Between(s.Archive.Guest, r, loads[0].Addr, loads[1].Addr)
		if err != nil {
			return out, err
		}
		code.Barriers = append(code.Barriers, chain.Barriers...)
		code.Control, code.Address, code.Unknown = chain.Control, chain.Address, chain.Unknown
		out.Says = &code
	}
	return out, nil
}
