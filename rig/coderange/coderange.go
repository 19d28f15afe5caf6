// SPDX-License-Identifier: Apache-2.0

// Package coderange has what code is meant, by its addresses, and what it is to the memory
// emulator, as plain values. Who looks for it in a binary is rig/internal/objcode; making
// a plan of it is left to rig/internal/weakmem.
package coderange

import (
	"slices"
	"sort"
)

// Role says how code takes part in the emulator's scope. The zero value says nothing.
type Role string

// The roles, as rig/internal/weakmem/plugin/plan.h explains them.
const (
	Body   Role = "body"   // an episode may begin at any of its blocks
	Caller Role = "caller" // an episode begins where it calls a callee
	Callee Role = "callee" // does the copy; weak only within an episode of a caller
	Path   Role = "path"   // called on the way from the copy to a publishing store: in scope within an episode, its own stores do not wait
)

// Range is code at virtual addresses Start (included) to End (excluded).
type Range struct {
	Symbol string `json:"symbol"` // the function that holds it
	Start  uint64 `json:"start"`
	End    uint64 `json:"end"`
	Role   Role   `json:"role,omitempty"`
}

// Holds says whether the address is in the range.
func (r Range) Holds(addr uint64) bool { return r.Start <= addr && addr < r.End }

// Overlaps says whether an address is in both ranges.
func (r Range) Overlaps(other Range) bool { return r.Start < other.End && other.Start < r.End }

// Within says whether one of the ranges holds the address.
func Within(ranges []Range, addr uint64) bool {
	return slices.ContainsFunc(ranges, func(r Range) bool { return r.Holds(addr) })
}

// Union sorts ranges and joins those that touch and share a symbol.
func Union(in []Range) []Range {
	in = slices.Clone(in)
	sort.Slice(in, func(i, j int) bool { return in[i].Start < in[j].Start })
	var out []Range
	for _, r := range in {
		if last := len(out) - 1; last >= 0 && r.Start <= out[last].End && r.Symbol == out[last].Symbol {
			out[last].End = max(out[last].End, r.End)
		} else {
			out = append(out, r)
		}
	}
	return out
}
