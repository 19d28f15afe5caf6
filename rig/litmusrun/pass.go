// SPDX-License-Identifier: Apache-2.0

package litmusrun

import (
	"cmp"

	"kcovrig/rig/internal/weakmem"
)

// A pass is the runs of a batch's tests under one policy of the emulator.
type pass struct {
	name   string
	policy weakmem.Policy
	runs   func(threads int) int
}

// The names of the policies, as results tell them.
const (
	turnsPolicy   = "turns"   // the CPUs are scheduled in the threads' code
	loosePolicy   = "loose"   // they run as they come
	verdictPolicy = "verdict" // of compare and run: what the proof is about
)

// passes are the policies that every test on so many CPUs runs under: one that
// is made for litmus tests, and the one that verdicts use.
func (c Config) passes(cpus int) []pass {
	own := pass{name: turnsPolicy, policy: weakmem.LitmusPolicy(cpus), runs: c.runs}
	if c.NoTurns || cpus <= minLitmusCPUs { // two threads meet often enough by themselves
		own.name, own.policy = loosePolicy, weakmem.LooseLitmusPolicy()
	}
	if c.NoVerdictRuns {
		return []pass{own}
	}
	verdict := pass{name: verdictPolicy, policy: weakmem.DefaultPolicy(), runs: func(threads int) int {
		return cmp.Or(c.VerdictRuns, max(1, c.runs(threads)/4))
	}}
	return []pass{own, verdict}
}
