// SPDX-License-Identifier: Apache-2.0

package weakmem

import "fmt"

var conditions = []string{"eq", "ne", "cs", "cc", "mi", "pl", "vs", "vc", "hi", "ls", "ge", "lt", "gt", "le", "al", "nv"}

// holds is the table of conditions, Arm ARM C1.2.4.
func holds(condition string, n, z, c, v bool) bool {
	switch condition {
	case "eq":
		return z
	case "ne":
		return !z
	case "cs":
		return c
	case "cc":
		return !c
	case "mi":
		return n
	case "pl":
		return !n
	case "vs":
		return v
	case "vc":
		return !v
	case "hi":
		return c && !z
	case "ls":
		return !c || z
	case "ge":
		return n == v
	case "lt":
		return n != v
	case "gt":
		return !z && n == v
	case "le":
		return z || n != v
	}
	return true
}

// wayOut is a scene whose store waits until the branch, the instruction at
// E0-12, leaves the scope for E0+0x40 or goes on inside.
func wayOut(name, branch, mutant string, script []string) scene {
	return scene{
		name: name, mutant: mutant, places: []string{"E0-16", "E0+0x40"},
		code:   []string{"str x1,[x0];" + branch + " .+0x4c; nop; ret", "ret"},
		script: append([]string{"pc 0 E0-16", "reg 0 0 D0", "run 0"}, script...), // proves D0
	}
}

// onBranch goes up to the branch, sets what it depends on, and looks after it.
func onBranch(set string, taken bool) []string {
	inside, at := 1, "E0-8"
	if taken {
		inside, at = 0, "E0+0x40"
	}
	return []string{
		"pc 0 E0-16", set, "step 0 1", "print waiting 0 == 1", "step 0 1",
		"print pc 0 == " + at, fmt.Sprintf("print waiting 0 == %d", inside), fmt.Sprintf("print active 0 == %d", inside), "run 0",
	}
}

// branchScenes are the branches of which one way leads out of the scope, taken
// and not taken: every condition with all flags, and those that test a register.
func branchScenes() []scene {
	var scenes []scene
	for _, condition := range conditions {
		var script []string
		for flags := range 16 {
			taken := holds(condition, flags&8 != 0, flags&4 != 0, flags&2 != 0, flags&1 != 0)
			script = append(script, onBranch(fmt.Sprintf("flags 0 %d", flags), taken)...)
		}
		mutant := "conditions_are_inverted"
		if condition == "al" || condition == "nv" {
			mutant = "" // always taken, whatever its lowest bit says
		}
		scenes = append(scenes, wayOut("out of the scope by B."+condition, "b."+condition, mutant, script))
	}
	for _, b := range []struct{ branch, stays, leaves string }{
		{"cbz x5,", "0x100000000", "0"},
		{"cbz w5,", "1", "0x100000000"},
		{"cbnz x5,", "0", "0x100000000"},
		{"cbnz w5,", "0x100000000", "1"},
		{"tbz x5,#40,", "0x10000000000", "0xfffffeffffffffff"},
		{"tbnz w5,#3,", "0xfffffffffffffff7", "8"},
	} {
		script := append(onBranch("reg 0 5 "+b.stays, false), onBranch("reg 0 5 "+b.leaves, true)...)
		scenes = append(scenes, wayOut("out of the scope by "+b.branch, b.branch, "zero_tests_are_inverted", script))
	}
	return scenes
}
