// SPDX-License-Identifier: Apache-2.0

package prepare

import (
	"slices"

	"kcovrig/guest/mark"
	"kcovrig/rig/boot"
	"kcovrig/rig/coderange"
	"kcovrig/rig/internal/objcode"
	"kcovrig/rig/internal/objcode/elfcode"
	"kcovrig/rig/internal/objcode/insn"
	"kcovrig/rig/trial"
)

// findReaders finds the code in the guest's binary whose loads the emulator may reorder,
// where it marks its hits, and where it selects alterations.
func findReaders(cfg Config, request Request, binary string) (GuestCode, error) {
	guest := GuestCode{Readers: map[trial.Reader]Reader{}}
	if !cfg.Spec.Emulated() {
		return guest, nil
	}
	for _, name := range cfg.Spec.Readers {
		symbols := cfg.Scenario.Readers[string(name)].Symbols
		if len(symbols) == 0 { // what reads is the kernel
			continue
		}
		code, err := elfcode.GuestScope(binary, symbols)
		if err != nil {
			return guest, err
		}
		reader, lines, err := readReader(binary, name, code)
		if err != nil {
			return guest, err
		}
		guest.Readers[name], guest.Lines = reader, append(guest.Lines, lines...)
	}
	var err error
	if cfg.Scenario.Mark != "" {
		guest.Mark, err = findOne(binary, cfg.Scenario.Mark)
	}
	if err == nil && request.Altered {
		guest.Select, err = findOne(binary, mark.SelectSymbol)
	}
	return guest, err
}

func findOne(binary, symbol string) (coderange.Range, error) {
	found, err := elfcode.GuestScope(binary, []string{symbol})
	if err != nil {
		return coderange.Range{}, err
	}
	return found[0], nil
}

// readReader lists the code of a reader, and finds in it what orders the two
// loads that the scenario tells of.
func readReader(binary string, name trial.Reader, ranges []coderange.Range) (Reader, []elfcode.Line, error) {
	out := Reader{Code: ranges}
	lines, err := elfcode.Disassemble(binary, ranges)
	if err != nil {
		return out, nil, err
	}
	code := trial.ReaderCode{Reader: name, Barriers: []string{}}
	loads := slices.DeleteFunc(slices.Clone(lines), func(l elfcode.Line) bool {
		return !insn.Loads(l.Text) || insn.OnStack(l.Text)
	})
	if len(loads) < 2 {
		return out, lines, nil // another architecture's, or none that is understood
	}
	out.Count = loads[0].Addr
	code.Count, code.Entry = boot.InstructionOf(loads[0]), boot.InstructionOf(loads[1])
	for _, r := range ranges {
		if loads[0].Addr < r.Start || loads[1].Addr >= r.End {
			continue
		}
		chain, err := objcode.Between(binary, r, loads[0].Addr, loads[1].Addr)
		if err != nil {
			return out, lines, err
		}
		code.Barriers = append(code.Barriers, chain.Barriers...)
		code.Control, code.Address, code.Unknown = chain.Control, chain.Address, chain.Unknown
		out.Says = &code
	}
	return out, lines, nil
}
