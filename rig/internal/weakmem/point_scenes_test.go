// SPDX-License-Identifier: Apache-2.0

package weakmem

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// atEveryPoint repeats the lines for every point @N at which an instruction of theirs is
// cut, and checks that the first is one and the last none, so that all were tried.
func atEveryPoint(points int, lines ...string) []string {
	var out []string
	for n := 1; n <= points; n++ {
		for _, line := range lines {
			out = append(out, strings.ReplaceAll(line, "@N", fmt.Sprint(n)))
		}
		switch n {
		case 1:
			out = append(out, "print cut == 1")
		case points:
			out = append(out, "print cut == 0")
		}
	}
	return out
}

// begun has vCPU 0 in front of the DMB with a store of 1 to D0 waiting, and vCPU 1 in
// its body, all memory 0.
var begun = []string{
	"policy active 1000", "policy track 1", "policy body-delay 1000", "policy stale 1000", "policy exact 0", "mem D0 8 0",
	"pc 0 C0", "reg 0 0 D0", "reg 0 1 1", "step 0 3", "pc 1 C1", "reg 1 0 D0", "reg 1 1 1", "reg 1 2 2", "step 1 2",
}

// What happens while a drain is at any point of it.
var pointScenes = []scene{
	{
		name:   "an own swap is not older than the load after it",
		code:   []string{"nop; str xzr,[x0]; str x1,[x0]; dmb sy; ret", "mov x9,#0; mov x9,#0; swp x2,x3,[x0]; ldr x4,[x0]; cmp x4,#0; cset x6,eq; ret"},
		script: atEveryPoint(800, append(slices.Clone(begun), "cut 0 @N 1 2", "run 1", "print reg 1 6 == 0", "run 0")...),
	},
	{
		name: "an own exclusive store is not older than the load after it",
		code: []string{"nop; str xzr,[x0]; str x1,[x0]; dmb sy; ret", "mov x9,#0; mov x9,#0; ldxr x3,[x0]; stxr w5,x2,[x0]; cbnz w5,.+16; ldr x4,[x0]; cmp x4,#0; cset x6,eq; ret"},
		script: atEveryPoint(800, append(slices.Clone(begun), "step 1 1", "reg 1 6 0", "cut 0 @N 1 3", "run 1", "print reg 1 6 == 0",
			"run 0")...),
	},
	{
		// The second time vCPU 1 comes in without an episode of its own, and keeps no views.
		name: "who leaves while another drains keeps no views afterwards",
		code: []string{"nop; str xzr,[x0]; str x1,[x0]; dmb sy; ret", "mov x9,#0; ldr x9,[x3]; str x1,[x0]; ldr x4,[x0]; ret"},
		script: atEveryPoint(800, append(append([]string{"reg 1 3 D1"}, begun...), "cut 0 @N 1 3", "run 0", "run 1",
			"policy active 0", "mem D0 8 0", "pc 1 C1", "step 1 2", "policy active 1000",
			"pc 0 C0", "step 0 4", "run 1", "print reg 1 4 == 1", "run 0")...),
		mutant: "tracking_outlives_the_episode",
	},
	lookScene(),
}

func TestScenesAtEveryPoint(t *testing.T) {
	code := assembleScenes(t, pointScenes)
	for _, s := range pointScenes {
		t.Run(s.name, func(t *testing.T) {
			for _, wrong := range s.play(t, code, build{points: true, mutants: true}, nil, "") {
				t.Error(wrong)
			}
			if s.mutant != "" && len(s.play(t, code, build{points: true, mutants: true}, nil, s.mutant)) == 0 {
				t.Errorf("%s is not noticed", s.mutant)
			}
		})
	}
}
