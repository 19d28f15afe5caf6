// SPDX-License-Identifier: Apache-2.0

package prepare

import (
	"fmt"
	"slices"

	"kcovrig/rig/fault"
	"kcovrig/rig/internal/objcode"
	"kcovrig/rig/internal/weakmem"
	"kcovrig/rig/trial"
)

// addScopes gives the emulator the user's scopes, beside those that the scenario
// has or in their place.
func (s *Setup) addScopes(variants []trial.Variant) error {
	if !s.Emulated() {
		return nil
	}
	var guest found
	kernel := map[trial.Variant]found{}
	for _, text := range s.Config.Spec.Scopes {
		where, symbols, err := trial.ParseScope(text)
		if err != nil {
			return fault.Wrap(fault.User, "--scope", err)
		}
		if where == trial.ScopeGuest {
			if err := s.find(&guest, s.Archive.Guest, symbols); err != nil {
				return fmt.Errorf("--scope=%s: %w", text, err)
			}
			continue
		}
		for _, v := range variants {
			in := kernel[v]
			if err := s.find(&in, s.Kernels.Of[v].Image.Vmlinux, symbols); err != nil {
				return fmt.Errorf("--scope=%s: %w", text, err)
			}
			kernel[v] = in
		}
	}
	s.GuestLines = append(s.GuestLines, guest.lines...)
	for _, v := range variants {
		of := s.Kernels.Of[v]
		if s.Config.Spec.ScopeOnly {
			of.Scope = nil
		}
		of.Scope = slices.Concat(of.Scope, Bodies(kernel[v].code), Bodies(guest.code))
		of.Lines = slices.Concat(of.Lines, kernel[v].lines)
		s.Kernels.Of[v] = of
	}
	if s.Config.Spec.ScopeOnly {
		for name, reader := range s.Readers {
			reader.Code = nil
			s.Readers[name] = reader
		}
	}
	return nil
}

// found is code that a user named.
type found struct {
	code  []objcode.Range
	lines []objcode.Line
}

func (s *Setup) find(into *found, binary string, symbols []string) error {
	code, err := s.Config.Doers.Functions(binary, symbols)
	if err != nil {
		return err
	}
	lines, err := s.Config.Doers.Disassemble(binary, code)
	into.code, into.lines = append(into.code, code...), append(into.lines, lines...)
	return err
}

// addFunctions gives the emulator the functions that the request names.
func (s *Setup) addFunctions(ask Request) error {
	if len(ask.GuestSymbols)+len(ask.KernelSymbols) == 0 {
		return nil
	}
	guest, err := s.Config.Doers.Functions(s.Archive.Guest, ask.GuestSymbols)
	if err != nil {
		return fault.Wrap(fault.Rig, "find the guest's code", err)
	}
	for _, v := range ask.Variants {
		of := s.Kernels.Of[v]
		scope := slices.Concat(of.Scope, Bodies(guest))
		for _, symbol := range ask.KernelSymbols {
			// Which of them a kernel has depends on its version: one that is missing is no fault.
			if found, err := s.Config.Doers.Functions(of.Image.Vmlinux, []string{symbol}); err == nil {
				scope = append(scope, Bodies(found)...)
			}
		}
		of.Scope = dropDuplicates(scope)
		s.Kernels.Of[v] = of
	}
	return nil
}

// dropDuplicates leaves out a range that begins where another one does: one symbol's
// code may have several names.
func dropDuplicates(scope []weakmem.Scope) []weakmem.Scope {
	seen := map[uint64]bool{}
	return slices.DeleteFunc(slices.Clone(scope), func(r weakmem.Scope) bool {
		again := seen[r.Start]
		seen[r.Start] = true
		return again
	})
}

// Bodies puts functions into the emulator's scope: whatever they store or load
// may be reordered.
func Bodies(found []objcode.Range) []weakmem.Scope {
	var out []weakmem.Scope
	for _, r := range found {
		out = append(out, weakmem.Scope{Role: weakmem.Body, Symbol: r.Symbol, Start: r.Start, End: r.End})
	}
	return out
}
