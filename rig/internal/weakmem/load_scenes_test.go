// SPDX-License-Identifier: Apache-2.0

package weakmem

// readerScene is a scene of a writer that stores 1 to the data at D1 and then to the flag at
// D0, in order, and a reader that is in its body before that and then runs code, which
// may read the old data behind so many instructions, of which the last loads the flag. Sites
// are told by the offset from C1: code begins at 4.
func readerScene(name, code string, flag, rest int, script ...string) scene {
	return scene{
		name:   name,
		code:   []string{headAndTail, "mov x9,#0;" + code + "ret"},
		script: append(beside("D0", "step 0 4", "step 1 "+itoa(flag), "print reg 1 3 == 1", "policy stale 1000", "step 1 "+itoa(rest)), script...),
	}
}

// passing: the load of the data at the given place read what is older than the flag that the load
// before it read. kept: it could not, by the instruction at a place. Neither: it
// could not, by what Arm orders the two loads by without an instruction of its own.
func passing(second string) []string {
	return []string{"print reg 1 4 == 0", "print site load-passed 0 C1+4 " + second + " == 1", "print site load-order 0 == 0"}
}

func kept(by, second string) []string {
	return []string{"print reg 1 4 == 1", "print site load-passed 0 == 0", "print site load-order " + by + " C1+4 " + second + " == 1"}
}

// What keeps two loads in order is told by place.
var loadScenes = []scene{
	readerScene("two loads", "ldr w3,[x0]; ldr x4,[x5];", 1, 1, passing("C1+8")...),
	readerScene("two loads and a branch between", "ldr w3,[x0]; cbz w3,.+4; ldr x4,[x5];", 1, 2, passing("C1+12")...),
	readerScene("two loads and a barrier for stores between", "ldr w3,[x0]; dmb ishst; ldr x4,[x5];", 1, 2, passing("C1+12")...),
	readerScene("two loads behind a barrier", "dmb ishld; ldr w3,[x0]; ldr x4,[x5];", 2, 1,
		"print reg 1 4 == 0", "print site load-passed 0 C1+8 C1+12 == 1", "print site load-order 0 == 0"),
	readerScene("two loads and a barrier for loads between", "ldr w3,[x0]; dmb ishld; ldr x4,[x5];", 1, 2, kept("C1+8", "C1+12")...),
	readerScene("two loads and a full barrier between", "ldr w3,[x0]; dmb ish; ldr x4,[x5];", 1, 2, kept("C1+8", "C1+12")...),
	readerScene("two loads, a branch and a barrier for instructions between", "ldr w3,[x0]; cbz w3,.+8; isb; ldr x4,[x5];", 1, 3, kept("C1+12", "C1+16")...),
	readerScene("two loads, of which the first acquires", "ldar w3,[x0]; ldr x4,[x5];", 1, 1, kept("C1+4", "C1+8")...),
	readerScene("two loads, of which the first is an acquiring atomic", "mov w2,#0; ldadda w2,w3,[x0]; ldr x4,[x5];", 2, 1,
		"print reg 1 4 == 1", "print site load-passed 0 == 0", "print site load-order C1+8 C1+8 C1+12 == 1"),
	readerScene("two loads that an acquire orders, and then a barrier", "ldar w3,[x0]; dmb ishld; ldr x4,[x5];", 1, 2, kept("C1+4", "C1+12")...),
	readerScene("two loads, of which the second's address depends on the first",
		"ldr w3,[x0]; eor x6,x3,x3; ldr x4,[x5,x6];", 1, 2,
		"print reg 1 4 == 1", "print site load-passed 0 == 0", "print site load-order 0 == 0"),
	readerScene("two loads in order, whose old value was seen no more", "ldr w3,[x0]; dmb ishld; ldr x4,[x5]; ldr x4,[x5];", 1, 3,
		"print site load-order C1+8 C1+4 C1+12 == 1", "print site load-order C1+8 C1+4 C1+16 == 0"),
}
