// SPDX-License-Identifier: Apache-2.0

package prepare

import (
	"fmt"
	"maps"
	"slices"

	"kcovrig/rig/coderange"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/objcode/elfcode"
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
		of.Scope = slices.Concat(without(of.Scope, inKernel[v].code), Bodies(inKernel[v].code), Bodies(inGuest.code))
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

// without leaves out of a scope what the user named: that is in it as they said.
func without(scope []coderange.Range, named []coderange.Range) []coderange.Range {
	return slices.DeleteFunc(slices.Clone(scope), func(s coderange.Range) bool {
		return slices.ContainsFunc(named, s.Overlaps)
	})
}

// found is code that a user named.
type found struct {
	code  []coderange.Range
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
