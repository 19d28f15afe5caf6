// SPDX-License-Identifier: Apache-2.0

package weakmem

const twoStores = prove + "str x1,[x0]; ret"

// onD0Early is onD0 before the emulator has begun; start is where the code runs.
func onD0Early(start string, more ...string) []string {
	return append([]string{"reg 0 0 D0", "reg 0 1 0x1111222233334444", "pc 0 " + start}, more...)
}

// How the emulator begins. The harness shares blocks between virtual addresses of
// the same code, as QEMU does.
var awakeScenes = []scene{
	{
		name:   "nothing is delayed before the kernel's first exception",
		asleep: true,
		code:   []string{twoStores},
		script: onD0Early("C0", "step 0 2", "print waiting 0 == 0", "print mem D0 8 == 0x1111222233334444",
			"print active 0 == 0", "run 0", "event 0", "pc 0 C0", "step 0 2", "print waiting 0 == 1"),
		mutant: "begins_at_once",
	},
	{
		name:   "what ran in the identity map before is instrumented afterwards",
		asleep: true,
		code:   []string{twoStores},
		script: onD0Early("I0", "run 0", "event 0", "pc 0 C0", "step 0 2", "print waiting 0 == 1", "run 0",
			"print mem D0 8 == 0x1111222233334444"),
		mutant: "scope_is_not_translated_anew",
	},
	{
		name:   "... on every page of the scope",
		asleep: true,
		code:   []string{twoStores},
		places: []string{"C7+0x80"},
		script: onD0Early("I7+0x80", "run 0", "event 0", "pc 0 C7+0x80", "step 0 2", "print waiting 0 == 1"),
		mutant: "scope_is_not_translated_anew",
	},
	{
		name:   "an exception in the identity map is none of the kernel's at its own addresses",
		asleep: true,
		code:   []string{twoStores},
		script: onD0Early("C0", "event 0 I7", "step 0 2", "print waiting 0 == 0", "run 0", "event 0", "pc 0 C0",
			"step 0 2", "print waiting 0 == 1"),
		mutant: "begins_at_any_exception",
	},
	{
		name:   "a scope that is not mapped yet begins at a later exception",
		asleep: true,
		code:   []string{twoStores},
		script: onD0Early("C0", "page C7 absent", "event 0", "step 0 2", "print waiting 0 == 0", "run 0", "page C7 rw",
			"event 0", "pc 0 C0", "step 0 2", "print waiting 0 == 1"),
		mutant: "begins_before_all_is_mapped",
	},
}
