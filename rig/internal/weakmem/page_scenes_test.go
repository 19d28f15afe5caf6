// SPDX-License-Identifier: Apache-2.0

package weakmem

import "fmt"

const shootdown = "tlbi vmalle1is; dsb ish; ret"

// besideD0 is a page that is kept in the same place as D0: where one alone was remembered
// there, stores to both in turns would never wait.
func besideD0() string {
	place := func(virt uint64) uint64 { return (virt >> 12) * 0x9e3779b97f4a7c15 >> 55 }
	n := uint64(1)
	for place(dataAt+n<<12) != place(dataAt) {
		n++
	}
	return fmt.Sprintf("D0+%#x", n<<12)
}

var pageScenes = []scene{
	{
		name:   "two pages of one place",
		code:   []string{"str x1,[x0]; str x1,[x5]; str x1,[x0,#8]; str x1,[x5,#8]; ret"},
		script: append([]string{"reg 0 5 " + besideD0()}, onD0("step 0 3", "print waiting 0 == 2", "print counter pageMisses == 2")...),
		mutant: "two_pages_have_one_slot",
	},
	{
		name: "an unproven page",
		code: []string{"str x1,[x0]; str x2,[x0,#8]; ret"},
		script: onD0("print waiting 0 == 0", "print mem D0 8 == 0x1111222233334444", "print counter pageMisses == 1",
			"step 0 1", "print waiting 0 == 1", "print mem D0+8 8 == 0"),
	},
	{
		name: "a read-only page",
		code: []string{"str x1,[x0]; str x2,[x0,#8]; ret"},
		script: append([]string{"page D0 ro"}, onD0("print faults 0 == 1", "print waiting 0 == 0", "step 0 1",
			"print faults 0 == 2", "print waiting 0 == 0", "print mem D0 8 == 0")...),
	},
	{
		name: "a page that became known by a load is not writable",
		code: []string{"mov x9,#1; str x1,[x5]; ldr x3,[x0]; str x1,[x0]; ret"},
		script: append([]string{"page D0 ro", "reg 0 5 D1"}, onD0("step 0 3", "print faults 0 == 1",
			"print waiting 0 == 0")...),
	},
	{
		name: "an absent page",
		code: []string{"ldr x3,[x0]; ret"},
		script: append([]string{"page D0 absent"}, onD0("print faults 0 == 1", "page D0 rw", "mem D0 8 7", "step 0 1",
			"print reg 0 3 == 7")...),
	},
	{
		name: "a device",
		code: []string{"str x1,[x0]; str x1,[x0]; ldr x3,[x0]; str x1,[x0]; ret"},
		script: append([]string{"page D0 io"}, onD0("step 0 3", "print io == 3", "print waiting 0 == 0",
			"print reg 0 3 == 0")...),
	},
	{
		name:   "a device store drains",
		code:   []string{prove + "str x1,[x0]; str x1,[x5]; ret"},
		script: append([]string{"page D1 io", "reg 0 5 D1"}, onD0("step 0 2", "print io == 1", "print waiting 0 == 0")...),
	},
	{
		name: "unaligned and page-crossing",
		code: []string{prove + "str x1,[x0,#8]; str x2,[x0,#17]; str x1,[x0,#8]; ldr x3,[x0,#9]; add x7,x0,#4092; str x1,[x0,#8]; str x2,[x7]; ret"},
		script: onD0("step 0 2", "print waiting 0 == 0", "print mem D0+8 8 == 0x1111222233334444",
			"print mem D0+17 8 == 0x5555666677778888", "step 0 2", "print waiting 0 == 0",
			"print reg 0 3 == 0x11112222333344", "step 0 3", "print waiting 0 == 0",
			"print mem D0+4092 8 == 0x5555666677778888"),
	},
	{
		name:   "another vCPU's TLB maintenance",
		code:   []string{prove + "str x1,[x0]; str x2,[x0,#8]; nop; ret", shootdown},
		places: []string{"C0", "E0"},
		script: onD0("step 0 1", "print waiting 0 == 1", "page D0 ro", "pc 1 E0", "step 1 1", "print waiting 0 == 1",
			"step 1 1", "print waiting 0 == 0", "print mem D0 8 == 0x1111222233334444", "run 1",
			"print counter remoteDrains == 1", "step 0 1", "print faults 0 == 1", "print waiting 0 == 0"),
		mutant: "maintenance_drains_no_buffer",
	},
	{
		name:   "a translation that TLB maintenance ended is not used",
		code:   []string{prove + "str x1,[x0]; str x2,[x0,#8]; nop; ret", shootdown},
		script: onD0("step 0 1", "remap D0 D1", "pc 1 C1", "run 1", "run 0", "print mem D1+8 8 == 0x5555666677778888", "remap D0 D0", "print mem D0 8 == 0x1111222233334444", "print mem D0+8 8 == 0"),
		mutant: "old_translations_are_believed",
	},
	{
		name:   "a page that came to the address is as its giver left it",
		code:   []string{"ldr x3,[x0]; nop; ldr x4,[x0]; ret", prove + "str x1,[x0,#8]; tlbi vmalle1is; dsb ish; ret"},
		script: onD0("policy stale 1000", "reg 1 0 D1", "reg 1 1 0x77", "pc 1 C1", "step 1 2", "remap D0 D1", "step 1 2", "reg 0 0 D0+8", "step 0 2", "print reg 0 4 == 0x77", "run 1", "run 0"),
		mutant: "walks_raise_no_view",
	},
	{
		name:   "a DSB alone leaves other vCPUs alone",
		code:   []string{prove + "str x1,[x0]; ret", "dsb ish; ret"},
		script: onD0("step 0 1", "pc 1 C1", "run 1", "print waiting 0 == 1"),
	},
	{
		name:   "a page that was proven before TLB maintenance and settled after it",
		code:   []string{prove + "str x1,[x0]; ret", shootdown},
		script: onD0("page D0 ro", "pc 1 C1", "run 1", "step 0 1", "print waiting 0 == 0", "print faults 0 == 1"),
		mutant: "probe_outlives_maintenance",
	},
	{
		name:   "own code",
		code:   []string{prove + "str x1,[x5]; str x1,[x5,#8]; ret"},
		script: onD0("reg 0 5 C0+0x800", "step 0 2", "print waiting 0 == 0", "print mem C0+0x808 8 == 0x1111222233334444"),
		mutant: "code_is_written_behind_qemu",
	},
	{
		name:   "a page that becomes code while a store waits",
		code:   []string{prove + "str w1,[x0,#0x100]; nop; ret", "nop; ret"},
		places: []string{"C0", "E0"},
		script: onD0("step 0 2", "print waiting 0 == 1", "mem D0+0x200 8 0xd65f03c0d503201f", "pc 1 D0+0x200", "run 1",
			"run 0", "print mem D0+0x100 4 == 0x33334444"),
	},
	{
		name:   "an own load while another vCPU drains the store",
		code:   []string{prove + "str x1,[x0,#0x100]; ldr x3,[x0,#0x100]; ret", "nop; ret", shootdown},
		places: []string{"C0", "D0+0x200", "E0"},
		script: onD0("policy stale 1000", "step 0 1", "pc 1 D0+0x200", "run 1", "pc 1 E0", "race begin 0", "run 1", "race end",
			"print waiting 0 == 0", "print reg 0 3 == 0x1111222233334444"),
	},
	{
		name:   "an own store while another vCPU drains an older one",
		code:   []string{prove + "str x1,[x0,#0x100]; str x2,[x0,#0x100]; ret", "nop; ret", shootdown},
		places: []string{"C0", "D0+0x200", "E0"},
		script: onD0("step 0 1", "pc 1 D0+0x200", "run 1", "pc 1 E0", "race begin 0", "run 1", "race end", "run 0",
			"print waiting 0 == 0", "print mem D0+0x100 8 == 0x5555666677778888"),
	},
	{
		name:   "an own barrier while another vCPU drains the store",
		code:   []string{prove + "str x1,[x0,#0x100]; dmb ish; ret", "nop; ret", shootdown},
		places: []string{"C0", "D0+0x200", "E0"},
		script: onD0("step 0 1", "pc 1 D0+0x200", "run 1", "pc 1 E0", "race begin 0", "step 1 2", "race end",
			"print waiting 0 == 0", "print counter barrierDrains == 1"),
	},
	{
		name: "a user's page that LDTR and STTR reached",
		code: []string{prove + "str x1,[x0]; ldtr x3,[x6]; str x1,[x0,#8]; ldtr x3,[x6,#8]; sttr x1,[x6]; sttr w1,[x6,#8]; ldtrsw x4,[x6,#8]; sttrb w2,[x6,#16]; ret"},
		script: onD0("reg 0 6 U1", "mem U1+8 8 0x66", "step 0 2", "print waiting 0 == 0", "step 0 2", "print waiting 0 == 1",
			"print reg 0 3 == 0x66", "step 0 1", "print waiting 0 == 1", "print mem U1 8 == 0x1111222233334444", "step 0 3",
			"print waiting 0 == 3", "print reg 0 4 == 0x33334444", "print mem U1+8 8 == 0x66", "print faults 0 == 0",
			"run 0", "print mem U1+8 4 == 0x33334444", "print mem U1+16 1 == 0x88"),
	},
	{
		name: "a page that is the kernel's alone",
		code: []string{"str x1,[x6]; str x1,[x6,#8]; sttr x2,[x6]; ldtr x3,[x6]; str x1,[x6,#16]; ret"},
		script: append([]string{"page U1 kernel", "reg 0 6 U1"}, onD0("step 0 1", "print waiting 0 == 1", "step 0 1", "print faults 0 == 1",
			"page U1 rw", "step 0 1", "print mem U1 8 == 0x5555666677778888", "print waiting 0 == 0")...),
		mutant: "kernel_rights_are_the_users",
	},
	{
		name: "STTR to the kernel's half, and to a page that the user may only read",
		code: []string{"ldtr x3,[x6]; sttr x2,[x6]; sttr x2,[x6]; sttr x2,[x0]; sttr x2,[x0]; ret"},
		script: append([]string{"page U1 ro", "reg 0 6 U1"}, onD0("print faults 0 == 0", "step 0 1", "print faults 0 == 1", "step 0 1", "print faults 0 == 2",
			"page U1 rw", "step 0 1", "print waiting 0 == 0", "step 0 1", "print waiting 0 == 1", "step 0 1", "print waiting 0 == 0",
			"step 0 1", "print waiting 0 == 0", "print faults 0 == 2", "print mem D0 8 == 0x5555666677778888")...),
	},
	{
		name: "user pages are forgotten at an exception",
		code: []string{prove + "str x1,[x0]; str x2,[x0,#8]; ret"},
		script: []string{"pc 0 C0", "reg 0 0 U0", "reg 0 1 5", "step 0 2", "print waiting 0 == 1", "event 0",
			"print waiting 0 == 0", "remap U0 U1", "step 0 1", "print waiting 0 == 0", "run 0"},
	},
}
