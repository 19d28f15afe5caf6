// SPDX-License-Identifier: Apache-2.0

package kernels

import (
	"slices"
	"strings"

	"kcovrig/rig/internal/kernel"
	"kcovrig/rig/internal/linetable"
	"kcovrig/rig/internal/objcode/elfcode"
	"kcovrig/rig/internal/objcode/insn"
)

// isLike says whether two are the same instruction of two kernels, as far as can be seen.
func (o Order) isLike(p Order) bool {
	return o.Symbol == p.Symbol && o.Line == p.Line && o.Does == p.Does
}

// uses are the lines that use macros which patches change, by file.
type uses map[string][]linetable.Change

// usesOf finds, in the texts of sources, the macros of which changes have lines, and the lines
// of objects' files that use them.
func usesOf(texts map[string][]string, objects []kernel.Object, changes map[string][]linetable.Change) (macros []string, found uses) {
	var all []linetable.Change
	for _, c := range changes {
		all = append(all, c...)
	}
	macros, found = linetable.Macros(texts, all), uses{}
	for _, o := range objects {
		if u := linetable.Uses(o.File, texts[o.File], macros); len(u) > 0 {
			found[o.File] = u
		}
	}
	return macros, found
}

func (u uses) holds(file string, line int) bool {
	return slices.ContainsFunc(u[file], func(c linetable.Change) bool { return slices.Contains(c.Lines, line) })
}

// unused is what is said of a patch whose lines no code has, where it changes macros.
func unused(macros []string) string {
	if len(macros) == 0 {
		return ""
	}
	return "; it changes " + strings.Join(macros, ", ") + ", which is a macro that no line there uses in code"
}

// orders are the kinds of stops by which Arm orders accesses.
var orders = []string{insn.StopBarrier, insn.StopRelease, insn.StopAcquire, insn.StopAtomic}

func orderOf(s elfcode.Stop, l elfcode.Line) Order {
	does := s.Text
	if s.Kind != insn.StopBarrier { // its registers may be others
		does, _, _ = strings.Cut(does, " ")
	}
	return Order{Addr: s.Addr, Symbol: s.Symbol, Line: l.Source, Does: does}
}

// What is said of a fix whose silence nobody can trust.
const unshown = "silence is worth something where the patch's own instructions kept accesses in order: the kernel with it can be seen to fail, but not to be fixed"

// FromMacros takes from the patched kernel's instructions that order accesses and came of
// macros those for the patch's of which the unpatched kernel has none alike. Nil for the
// unpatched one: it is not there to be compared with.
func (a *Analysis) FromMacros(unpatched *Analysis) (notes []string) {
	if len(a.MacroOrders) == 0 {
		return nil
	}
	if unpatched == nil {
		return []string{"the patch changes a macro, and which instructions are the patch's is seen beside the unpatched kernel alone: " + unshown}
	}
	for _, o := range a.MacroOrders {
		if !slices.ContainsFunc(unpatched.MacroOrders, o.isLike) && !slices.Contains(a.FixOrders, o.Addr) {
			a.FixOrders = append(a.FixOrders, o.Addr)
		}
	}
	if len(a.FixOrders) == 0 {
		return []string{"where the changed macro is used, the patched kernel orders accesses by no instruction that the unpatched one has not, and " + unshown}
	}
	return nil
}
