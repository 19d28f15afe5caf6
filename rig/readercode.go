// SPDX-License-Identifier: Apache-2.0

package rig

import (
	"slices"
	"strings"

	"kcovrig/rig/boot"
	"kcovrig/rig/internal/objcode"
	"kcovrig/rig/trial"
)

// readReader lists the code of a reader, and finds in it what orders the two
// loads that the scenario tells of.
func (j *job) readReader(reader trial.Reader) error {
	ranges := j.readers[reader]
	lines, err := j.backends().Disassemble(j.archive.Guest, ranges)
	if err != nil {
		return err
	}
	j.inGuest = append(j.inGuest, lines...)
	code := trial.ReaderCode{Reader: reader, Barriers: []string{}}
	loads := slices.DeleteFunc(lines, func(l objcode.Line) bool {
		return !strings.HasPrefix(l.Text, "ld") || strings.Contains(l.Text, "[sp")
	})
	if len(loads) < 2 {
		return nil // another architecture's, or none that is understood
	}
	j.counts[reader] = loads[0].Addr
	code.Count, code.Entry = boot.InstructionOf(loads[0]), boot.InstructionOf(loads[1])
	for _, r := range ranges {
		if loads[0].Addr < r.Start || loads[1].Addr >= r.End {
			continue
		}
		chain, err := j.backends().Between(j.archive.Guest, r, loads[0].Addr, loads[1].Addr)
		if err != nil {
			return err
		}
		code.Barriers = append(code.Barriers, chain.Barriers...)
		code.Control, code.Address, code.Unknown = chain.Control, chain.Address, chain.Unknown
		j.result.Readers = append(j.result.Readers, code)
	}
	return nil
}
