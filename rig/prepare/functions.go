// SPDX-License-Identifier: Apache-2.0

package prepare

import (
	"slices"

	"kcovrig/rig/coderange"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/objcode/elfcode"
)

// addFunctions gives the emulator the functions that the request names. It returns the
// kernels with them.
func addFunctions(cfg Config, request Request, binary string, built *Kernels) (*Kernels, error) {
	if len(request.GuestSymbols)+len(request.KernelSymbols) == 0 {
		return built, nil
	}
	guest, err := elfcode.Functions(binary, request.GuestSymbols)
	if err != nil {
		return built, fault.Wrap(fault.Rig, "find the guest's code", err)
	}
	out := built.clone()
	for _, v := range built.Built {
		of := built.Of[v]
		scope := slices.Concat(of.Scope, Bodies(guest))
		for _, symbol := range request.KernelSymbols {
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

// dropDuplicates leaves out a range that overlaps with one before it: one symbol's code may
// have several names, and a wide scope has all of them.
func dropDuplicates(scope []coderange.Range) []coderange.Range {
	var out []coderange.Range
	for _, r := range scope {
		if !slices.ContainsFunc(out, r.Overlaps) {
			out = append(out, r)
		}
	}
	return out
}

// Bodies puts functions into the emulator's scope: whatever they store or load
// may be reordered.
func Bodies(found []coderange.Range) []coderange.Range {
	out := slices.Clone(found)
	for i := range out {
		out[i].Role = coderange.Body
	}
	return out
}
