// SPDX-License-Identifier: Apache-2.0

package kernels

import (
	"fmt"
	"slices"
	"strings"

	"kcovrig/rig/coderange"
	"kcovrig/rig/internal/objcode/elfcode"
	"kcovrig/rig/trial"
)

// mostFunctions is how many functions a scope may have: the emulator's plan has room
// for some more, and what is larger is no place to look for a bug in.
const mostFunctions = 256

// mostLeaves is how many functions are in scope since others of it call them: each store
// of one makes a pair with each other store, and the emulator's table has 4096 rows.
const mostLeaves = 16

// calledBy begins the Why of such a function.
const calledBy = "called by "

// leaves finds functions that code in scope calls, and from which the emulator is sure to
// come back to it: where it left its scope at such a call, all that waits would become
// visible there, which Arm does not ask for. Those that the first code calls come first.
func leaves(image Image, in []coderange.Range) (found []elfcode.Leaf, note string, err error) {
	found, left, err := elfcode.Leaves(image.Vmlinux, in, in, min(mostLeaves, max(0, mostFunctions-len(in))))
	if left > 0 {
		note = fmt.Sprintf("not in scope: %d more functions that it calls and that call nothing out of it, since %d are the most", left, mostLeaves)
	}
	return found, note, err
}

func whyLeaf(l elfcode.Leaf) string { return calledBy + l.By + ", and calls nothing out of the scope" }

// isLeaf says whether a function is in scope since others of it call it, and for no other
// reason.
func isLeaf(f trial.ScopeFunction) bool { return strings.HasPrefix(f.Why, calledBy) }

// isLeafIn says so of a part of the code's scope.
func isLeafIn(code trial.Code, s coderange.Range) bool {
	return slices.ContainsFunc(code.Scope, func(f trial.ScopeFunction) bool {
		return f.Symbol == s.Symbol && f.Role == string(s.Role) && isLeaf(f)
	})
}
