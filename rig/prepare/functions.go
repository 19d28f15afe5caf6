// SPDX-License-Identifier: Apache-2.0

package prepare

import (
	"slices"

	"kcovrig/rig/fault"
	"kcovrig/rig/internal/objcode/elfcode"
	"kcovrig/rig/internal/weakmem"
)

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

// dropDuplicates leaves out a range of which an earlier one has something: one symbol's
// code may have several names, and all of it be in scope already.
func dropDuplicates(scope []weakmem.Scope) (out []weakmem.Scope) {
	for _, r := range scope {
		if !slices.ContainsFunc(out, func(o weakmem.Scope) bool { return o.Start < r.End && r.Start < o.End }) {
			out = append(out, r)
		}
	}
	return out
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
