// SPDX-License-Identifier: Apache-2.0

package weakmem

// Waits of turns, which are for vCPUs that come in threads of their own: here
// the others never come.
var turnScenes = []scene{
	{
		name: "a wait goes on to its end while another vCPU runs",
		code: []string{prove + "str x1,[x0]; ret"},
		script: append([]string{"policy turns 2"}, onD0("print counter abandoned == 0", "step 0 1", "print waiting 0 == 1",
			"run 0", "print mem D0 8 == 0x1111222233334444", "print counter meetings == 0")...),
	},
	{
		name: "a wait ends when no other vCPU runs",
		code: []string{prove + "str x1,[x0]; ret"},
		script: append([]string{"policy turns 2", "asleep 1"}, onD0("print counter abandoned == 1", "step 0 1",
			"print waiting 0 == 1", "run 0", "print mem D0 8 == 0x1111222233334444", "print counter meetings == 0")...),
		mutant: "waits_outlast_all_others",
	},
}
