// SPDX-License-Identifier: Apache-2.0

package prepare

import (
	"fmt"
	"maps"
	"slices"

	"kcovrig/rig/fault"
	"kcovrig/rig/internal/objcode/elfcode"
	"kcovrig/rig/internal/weakmem"
	"kcovrig/rig/trial"
)

// addScopes gives the emulator the user's scopes, beside those that the scenario
// has or in their place. It returns the kernels and the guest's code with them.
func addScopes(cfg Config, binary string, built *Kernels, guest GuestCode) (*Kernels, GuestCode, error) {
	if !cfg.Spec.Emulated() {
		return built, guest, nil
	}
	var inGuest found
	inKernel := map[trial.Variant]found{}
	for _, text := range cfg.Spec.Scopes {
		where, symbols, err := trial.ParseScope(text)
		if err != nil {
			return built, guest, fault.Wrap(fault.User, "--scope", err)
		}
		if where == trial.ScopeGuest {
			if inGuest, err = find(inGuest, binary, symbols); err != nil {
				return built, guest, fmt.Errorf("--scope=%s: %w", text, err)
			}
			continue
		}
		for _, v := range built.Built {
			if inKernel[v], err = find(inKernel[v], built.Of[v].Image.Vmlinux, symbols); err != nil {
				return built, guest, fmt.Errorf("--scope=%s: %w", text, err)
			}
		}
	}
	out := built.clone()
	for _, v := range built.Built {
		of := built.Of[v]
		if cfg.Spec.ScopeOnly {
			of.Scope = nil
		}
		of.Scope = slices.Concat(of.Scope, Bodies(inKernel[v].code), Bodies(inGuest.code))
		of.Lines = slices.Concat(of.Lines, inKernel[v].lines)
		out.Put(v, of)
	}
	guest.Lines = slices.Concat(guest.Lines, inGuest.lines)
	if cfg.Spec.ScopeOnly {
		guest.Readers = maps.Clone(guest.Readers)
		for name, reader := range guest.Readers {
			reader.Code = nil
			guest.Readers[name] = reader
		}
	}
	return out, guest, nil
}

// found is code that a user named.
type found struct {
	code  []elfcode.Range
	lines []elfcode.Line
}

// find adds a binary's functions to what was found before.
func find(before found, binary string, symbols []string) (found, error) {
	code, err := elfcode.Functions(binary, symbols)
	if err != nil {
		return before, err
	}
	lines, err := elfcode.Disassemble(binary, code)
	return found{slices.Concat(before.code, code), slices.Concat(before.lines, lines)}, err
}

// addFunctions gives the emulator the functions that the request names. It returns the
// kernels with them.
func addFunctions(cfg Config, ask Request, binary string, built *Kernels) (*Kernels, error) {
	if len(ask.GuestSymbols)+len(ask.KernelSymbols) == 0 {
		return built, nil
	}
	guest, err := elfcode.Functions(binary, ask.GuestSymbols)
	if err != nil {
		return built, fault.Wrap(fault.Rig, "find the guest's code", err)
	}
	out := built.clone()
	for _, v := range built.Built {
		of := built.Of[v]
		scope := slices.Concat(of.Scope, Bodies(guest))
		for _, symbol := range ask.KernelSymbols {
			// Which of them a kernel has depends on its version: one that is missing is no fault.
			if found, err := elfcode.Functions(of.Image.Vmlinux, []string{symbol}); err == nil {
				scope = append(scope, Bodies(found)...)
			}
		}
		of.Scope = dropDuplicates(scope)
		out.Put(v, of)
	}
	return out, nil
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
func Bodies(found []elfcode.Range) []weakmem.Scope {
	var out []weakmem.Scope
	for _, r := range found {
		out = append(out, weakmem.Scope{Role: weakmem.Body, Symbol: r.Symbol, Start: r.Start, End: r.End})
	}
	return out
}
