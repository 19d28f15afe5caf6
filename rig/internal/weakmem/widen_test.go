// SPDX-License-Identifier: Apache-2.0

package weakmem

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
)

// look has vCPU 1 load D0; read has vCPU 0 let a store to D0 wait and load D1.
const (
	look = "mov x9,#0; mov x9,#0; ldr x3,[x0]; mov x9,#0; ret"
	read = prove + "str x1,[x0]; ldr x3,[x5]; "
)

func lookAtD0(more ...string) []string {
	return append([]string{"policy track 1", "policy hold 1000", "policy hold-ns 1", "reg 0 5 D1", "reg 1 0 D0", "pc 1 C1", "run 1"}, more...)
}

// Waits that a load asks for which has passed a store.
var widenScenes = []scene{
	{
		name:   "a store that a load has passed waits where others look",
		code:   []string{read + "ret", look},
		script: lookAtD0(onD0("step 0 2", "print counter holds == 0", "run 0", "print counter holds == 1", "print counter looked == 0")...),
		mutant: "loads_ask_for_no_wait",
	},
	{
		name: "a store that a load has passed waits no longer once another has looked",
		code: []string{read + "ret", look},
		script: lookAtD0(onD0("step 0 2", "pc 1 C1", "reg 1 3 7", "run 1", "print reg 1 3 == 0", "run 0", "print counter holds == 0",
			"print mem D0 8 == 0x1111222233334444")...),
	},
	{
		name:   "a store that a load has passed waits for nobody where none looks",
		code:   []string{read + "ret", look},
		script: append([]string{"policy hold 1000", "policy hold-ns 1", "reg 0 5 D1"}, onD0("run 0", "print counter holds == 0")...),
	},
	{
		name:   "a load of the stack asks for no wait",
		code:   []string{prove + "str x1,[x0]; ldr x3,[sp]; ret", look},
		script: lookAtD0(append([]string{"reg 0 31 D1"}, onD0("run 0", "print counter holds == 0")...)...),
	},
	{
		name: "an episode's first load waits while another vCPU is in an episode",
		code: []string{"mov x9,#0; str x1,[x0]; nop; ret", look},
		script: append([]string{"policy await 1000"}, lookAtD0("print counter awaits == 0", "reg 0 0 D0", "pc 0 C0", "step 0 2",
			"pc 1 C1", "run 1", "print counter awaits == 1", "pc 1 C1", "step 1 2", "run 0", "run 1", "print counter awaits == 1")...),
		mutant: "first_load_never_waits",
	},
	{
		name: "an episode waits before its first load alone, and not where the policy says so",
		code: []string{"mov x9,#0; str x1,[x0]; nop; ret", "mov x9,#0; ldr x3,[x0]; ldr x4,[x0]; ldr x5,[x0]; ret"},
		script: append([]string{"policy await 1000"}, lookAtD0("reg 0 0 D0", "pc 0 C0", "step 0 2", "pc 1 C1", "run 1", "print counter awaits == 1",
			"policy await 0", "pc 1 C1", "run 1", "print counter awaits == 1")...),
	},
	{
		name:   "what a barrier drains waits for a vCPU at its first load",
		code:   []string{prove + "str x1,[x0]; dmb sy; ret", look},
		script: append([]string{"policy await 1000", "policy hold 1000", "policy hold-ns 1"}, onD0("step 0 1", "print counter holds == 0", "step 0 1", "print counter holds == 1", "print mem D0 8 == 0x1111222233334444")...),
		mutant: "barriers_wait_for_no_load",
	},
	{
		name:   "what a barrier drains waits for nobody where the policy says so",
		code:   []string{prove + "str x1,[x0]; dmb sy; ret", look},
		script: append([]string{"policy await 0", "policy hold 1000", "policy hold-ns 1"}, onD0("step 0 2", "print counter holds == 0", "print mem D0 8 == 0x1111222233334444")...),
	},
	{
		name: "a store that a load has passed waits before a store that a barrier puts behind it",
		code: []string{read + "dmb ishst; str x2,[x0,#64]; ret", look},
		script: lookAtD0(onD0("step 0 3", "policy body-delay 0", "print counter holds == 0", "step 0 1", "print counter holds == 1",
			"print mem D0 8 == 0x1111222233334444")...),
	},
}

// lookPoints are points of a wait, some way behind its beginning.
var lookPoints = []int{300, 400, 500, 600}

// While vCPU 0 waits, vCPU 1 looks at D0, which is still as it was.
func lookScene() scene {
	script := lookAtD0("policy hold-ns 1000000")
	for _, n := range lookPoints {
		script = append(append(script, begun...), "step 0 1", fmt.Sprintf("cut 0 %d 1 2", n), "print cut == 1", "print reg 1 3 == 0",
			"print mem D0 8 == 1", "run 1", "run 0")
	}
	return scene{
		name:   "a wait ends once another vCPU has looked",
		code:   []string{"nop; str xzr,[x0]; str x1,[x0]; ldr x4,[x5]; dmb sy; ret", look},
		script: append(script, fmt.Sprintf("print counter looked == %d", len(lookPoints)), fmt.Sprintf("print counter holds == %d", len(lookPoints))),
		mutant: "looks_end_no_wait",
	}
}

// Store buffering is seen several times as often where loads ask for waits, if no load may
// read an older value: so it is where what they look at is written outside of the scope.
// The policy is that of verdicts but for this and for longer waits. Under that policy
// itself older values show these tests' states as often without the waits.
func TestStoreBufferingWidens(t *testing.T) {
	t.Parallel()
	const iterations = 30000
	tests, answers := proofTests(t)
	policy := DefaultPolicy()
	policy.Stale = 0
	policy.HoldNS *= 50 // of the harness's clock, which goes on as it is looked at
	for _, name := range []string{"SB", "SB+dmb.sy+po"} {
		t.Run(name, func(t *testing.T) {
			one := named(t, tests, name)
			rate := func(mutant string) int {
				g := guest{build: build{mutants: true}, plan: planOf(policy), schedule: "fixed", mutant: mutant}
				o := runTests(t, g, one, iterations, 3)[name]
				assert.Empty(t, forbidden(o, answers[name]))
				n := 0
				for state, times := range o {
					if ok, err := one[name].Holds(state); err == nil && ok {
						n += times
					}
				}
				return n
			}
			with, without := rate(""), rate("loads_ask_for_no_wait")
			t.Logf("%d and %d of %d", with, without, iterations)
			assert.Greater(t, with, 2*without)
		})
	}
}

// On a host that is busy, or has one core alone, as here, vCPUs are seldom executed at once:
// a wait lasts until those who are waited for have been. Without that nobody ever looks.
func TestAVCPUThatTheHostDoesNotExecuteIsWaitedFor(t *testing.T) {
	t.Parallel()
	const iterations = 8000
	tests, answers := proofTests(t)
	policy := DefaultPolicy()
	policy.Active, policy.BodyDelay, policy.Stale = 1000, 500, 0
	one := named(t, tests, "MP+po+addr")
	hits := func(mutant string) (n int, seen string) {
		g := guest{build: build{mutants: true}, plan: planOf(policy), schedule: inThreads, mutant: mutant, within: []string{"taskset", "--cpu-list", "0"}}
		o := runTests(t, g, one, iterations, 1)["MP+po+addr"]
		assert.Empty(t, forbidden(o, answers["MP+po+addr"]))
		for state, times := range o {
			if ok, err := one["MP+po+addr"].Holds(state); err == nil && ok {
				n += times
			}
		}
		return n, fmt.Sprint(o)
	}
	with, seen := hits("")
	without, _ := hits("nobody_is_away")
	t.Logf("%d and %d of %d: %s", with, without, iterations, seen)
	assert.Greater(t, with, iterations/400)
	assert.Less(t, without, with/4)
}
