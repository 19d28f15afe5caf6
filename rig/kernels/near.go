// SPDX-License-Identifier: Apache-2.0

package kernels

import (
	"slices"

	"kcovrig/rig/internal/linetable"
	"kcovrig/rig/internal/objcode/elfcode"
)

// lineRange is lines of a file, the first and the last.
type lineRange struct{ first, last int }

func (r lineRange) holds(line int) bool { return r.first <= line && line <= r.last }

// rangesOf are, by file, the lines that each change has, with those beside it.
func rangesOf(changes map[string][]linetable.Change) map[string][]lineRange {
	all := map[string][]lineRange{}
	for file, list := range changes {
		for _, c := range list {
			if lines := slices.Concat(c.Before, c.Lines, c.After); len(lines) > 0 {
				all[file] = append(all[file], lineRange{slices.Min(lines), slices.Max(lines)})
			}
		}
	}
	return all
}

// near are the addresses in a function's code that are by their source at the changes of
// which the function holds a line, or between those. What was inlined from another file is
// where the code before it is.
func near(code []elfcode.Line, ranges map[string][]lineRange) map[uint64]bool {
	held := map[string]lineRange{}
	for _, l := range code {
		for _, r := range ranges[l.File] {
			if !r.holds(l.Line) {
				continue
			}
			if have, ok := held[l.File]; ok {
				r = lineRange{min(r.first, have.first), max(r.last, have.last)}
			}
			held[l.File] = r
		}
	}
	at := map[uint64]bool{}
	var of elfcode.Line
	for _, l := range code {
		if len(ranges[l.File]) > 0 {
			of = l
		}
		if r, ok := held[of.File]; ok && r.holds(of.Line) {
			at[l.Addr] = true
		}
	}
	return at
}
