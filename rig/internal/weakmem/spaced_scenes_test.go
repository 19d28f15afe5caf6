// SPDX-License-Identifier: Apache-2.0

package weakmem

// spacedPlan has an episode at each block that begins none yet, after the first.
const spacedPlan = bodyPlan + "set spacing 1\nset length 2\n"

// Episodes that begin once in so many blocks, and end after so many branches.
var spacedScenes = []scene{
	{
		name:    "a spaced episode begins in the midst of a body, and ends after its branches",
		code:    []string{prove + "b .+4; str x1,[x0]; str x2,[x0,#8]; b .+4; b .+4; str x2,[x0,#16]; b .+4; ret"},
		plan:    spacedPlan,
		tracked: true,
		script: onD0("print active 0 == 0", "step 0 1", "print waiting 0 == 0", "step 0 2", "print waiting 0 == 1", "step 0 2",
			"print waiting 0 == 1", "step 0 1", "print waiting 0 == 2", "step 0 1", "print waiting 0 == 0", "print active 0 == 0",
			"print mem D0+8 8 == 0x5555666677778888"),
		mutant: "spaced_episodes_have_no_end",
	},
	{
		name:    "a spaced episode ends where the scope is left",
		code:    []string{prove + "b .+4; mov x9,x30; str xzr,[x0]; str x1,[x0]; bl .+0x100004; ret x9", "nop; ret"},
		places:  []string{"C0", "E0+0x18"},
		plan:    spacedPlan,
		tracked: true,
		script:  onD0("step 0 4", "print waiting 0 == 1", "step 0 1", "print waiting 0 == 0", "print active 0 == 0"),
	},
	{
		name:    "an exclusive pair is not cut",
		code:    []string{prove + "b .+4; str x1,[x0]; ldxr x3,[x5]; b .+4; b .+4; b .+4; stxr w4,x1,[x5]; b .+4; ret"},
		plan:    spacedPlan,
		tracked: true,
		script:  onD0("reg 0 5 D0+64", "reg 0 4 9", "step 0 6", "print active 0 == 1", "step 0 1", "print reg 0 4 == 0", "step 0 1", "print active 0 == 0"),
	},
	{
		// QEMU's vCPU would stop: the reservation is the emulator's.
		name:    "a wait for an event behind a load-exclusive ends at once",
		code:    []string{prove + "ldxr w3,[x0]; cbnz w3,.+8; wfe; ldr x4,[x0]; ret"},
		tracked: true,
		script:  onD0("reg 0 4 9", "step 0 4", "print reg 0 4 == 0"),
		mutant:  "waits_for_events_are_qemus",
	},
}
