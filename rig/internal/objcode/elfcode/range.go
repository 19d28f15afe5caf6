// SPDX-License-Identifier: Apache-2.0

package elfcode

import (
	"slices"
	"sort"
)

// The roles of a Range.
const (
	RoleBody   = "body"   // the function's own code
	RoleCallee = "callee" // a function that does the copy
	RoleReader = "reader" // a function of the guest that reads
	RolePath   = "path"   // a function that is called on the way from the copy to a publishing store
)

// Range is code at virtual addresses Start (included) to End (excluded).
type Range struct {
	Symbol string `json:"symbol"` // the function that holds it
	Start  uint64 `json:"start"`
	End    uint64 `json:"end"`
	Role   string `json:"role,omitempty"`
}

func (r Range) Holds(addr uint64) bool { return r.Start <= addr && addr < r.End }

// Within says whether one of the ranges holds the address.
func Within(ranges []Range, addr uint64) bool {
	for _, r := range ranges {
		if r.Holds(addr) {
			return true
		}
	}
	return false
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

// Line is one instruction, with the source that it comes from where that is known.
type Line struct {
	Addr   uint64 `json:"addr"`
	Symbol string `json:"symbol,omitempty"`
	Offset uint64 `json:"offset"` // from the symbol's address, in bytes
	Text   string `json:"text"`
	File   string `json:"file,omitempty"`
	Line   int    `json:"line,omitempty"`
	Source string `json:"source,omitempty"` // that line's text, without indentation; empty where unreadable
}
