// SPDX-License-Identifier: Apache-2.0

package prepare

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"kcovrig/rig/coderange"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/objcode"
	"kcovrig/rig/internal/objcode/elfcode"
	"kcovrig/rig/kernels"
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
			if inKernel[v], err = findInKernel(inKernel[v], built.Of[v].Image, symbols); err != nil {
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

// findInKernel adds what is named of a kernel: functions, objects, folders of them, all.
func findInKernel(before found, image kernels.Image, names []string) (found, error) {
	var symbols []string
	for _, name := range names {
		if !objcode.IsWide(name) {
			symbols = append(symbols, name)
			continue
		}
		code, err := objcode.Wide(image.Vmlinux, image.BuildDir, name)
		if err != nil {
			return before, err
		}
		if before, err = before.with(image.Vmlinux, code); err != nil {
			return before, err
		}
	}
	return find(before, image.Vmlinux, symbols)
}

// find adds a binary's functions to what was found before.
func find(before found, binary string, symbols []string) (found, error) {
	code, err := elfcode.Functions(binary, symbols)
	if err != nil {
		return before, err
	}
	return before.with(binary, code)
}

// with adds code of a binary. What lies in other code that was named is in scope with that.
func (f found) with(binary string, code []coderange.Range) (found, error) {
	f.code = widest(slices.Concat(f.code, code))
	lines, err := elfcode.Disassemble(binary, slices.DeleteFunc(slices.Clone(code), func(r coderange.Range) bool {
		return r.End-r.Start > listed || !slices.Contains(f.code, r)
	}))
	f.lines = slices.Concat(f.lines, lines)
	return f, err
}

// listed is how many bytes of code a range may have to be listed: a site of other code is
// told by its address.
const listed = 1 << 20

// widest leaves out what overlaps with a wider range, and sorts the others.
func widest(code []coderange.Range) []coderange.Range {
	slices.SortStableFunc(code, func(a, b coderange.Range) int { return cmp.Compare(b.End-b.Start, a.End-a.Start) })
	var out []coderange.Range
	for _, r := range code {
		if !slices.ContainsFunc(out, r.Overlaps) {
			out = append(out, r)
		}
	}
	slices.SortFunc(out, func(a, b coderange.Range) int { return cmp.Compare(a.Start, b.Start) })
	return out
}
