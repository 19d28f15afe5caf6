// SPDX-License-Identifier: Apache-2.0

package kernels

import (
	"slices"

	"kcovrig/rig/internal/linetable"
	"kcovrig/rig/internal/objcode/elfcode"
)

// window is lines of a file, the first and the last.
type window struct{ first, last int }

func (w window) holds(line int) bool { return w.first <= line && line <= w.last }

// windowsOf are, by file, the lines that each change has, with those beside it.
func windowsOf(changes map[string][]linetable.Change) map[string][]window {
	all := map[string][]window{}
	for file, list := range changes {
		for _, c := range list {
			if lines := slices.Concat(c.Before, c.Lines, c.After); len(lines) > 0 {
				all[file] = append(all[file], window{slices.Min(lines), slices.Max(lines)})
			}
		}
	}
	return all
}

// near are the addresses in a function's code that are by their source at the changes of
// which the function holds a line, or between those. What was inlined from another file is
// where the code before it is.
func near(code []elfcode.Line, windows map[string][]window) map[uint64]bool {
	held := map[string]window{}
	for _, l := range code {
		for _, w := range windows[l.File] {
			if !w.holds(l.Line) {
				continue
			}
			if have, ok := held[l.File]; ok {
				w = window{min(w.first, have.first), max(w.last, have.last)}
			}
			held[l.File] = w
		}
	}
	at := map[uint64]bool{}
	var of elfcode.Line
	for _, l := range code {
		if len(windows[l.File]) > 0 {
			of = l
		}
		if w, ok := held[of.File]; ok && w.holds(of.Line) {
			at[l.Addr] = true
		}
	}
	return at
}
