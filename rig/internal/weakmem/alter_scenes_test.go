// SPDX-License-Identifier: Apache-2.0

package weakmem

import (
	"fmt"
	"slices"
	"strings"
)

// selects puts an alteration in force as a guest does: its function, which lies at E7,
// returns. vCPU 1 calls it.
func selects(number int) string {
	return fmt.Sprintf("reg 1 0 %d\npc 1 E7\nrun 1", number)
}

const selectPlan = "select E7 E7+4\n"

// alterScene is a scene of a body: it has proved D0 and D1, and X1 is to be stored at D0, X2 at
// D0+8 or X6. changes are the plan's.
func alterScene(name, code, changes, mutant string, script ...string) scene {
	return scene{
		name:   name,
		code:   []string{"str xzr,[x0]; str xzr,[x5];" + code + "; ret", "ret"},
		places: []string{"C0", "E7"},
		plan:   bodyPlan + selectPlan + planChanges(changes),
		script: append([]string{"reg 0 0 D0", "reg 0 1 7", "reg 0 2 8", "reg 0 5 D1", "reg 0 6 D0+8"}, script...),
		mutant: mutant,
	}
}

// planChanges makes lines of a list separated by semicolons.
func planChanges(list string) string {
	var b strings.Builder
	for one := range strings.SplitSeq(list, ";") {
		fmt.Fprintf(&b, "change %s\n", strings.TrimSpace(one))
	}
	return b.String()
}

// under begins the body's code with the alteration in force and goes so many
// instructions beyond the proof, of which none waits any more.
func under(number, steps int) string {
	return fmt.Sprintf("%s\nmem D0 8 0\nmem D0+8 8 0\npc 0 C0\npolicy body-delay 0\nstep 0 2\npolicy body-delay 1000\nstep 0 %d", selects(number), steps)
}

// Every kind of instruction, weakened: what it says under 0, what the change says under 1.
func weakened() []scene {
	var out []scene
	for _, c := range []struct{ code, change, was, becomes string }{
		{"str x1,[x0]; dmb sy; nop", "none", "print waiting 0 == 0", "print waiting 0 == 1"},
		{"str x1,[x0]; dmb sy; nop", "st", "print waiting 0 == 0", "print waiting 0 == 1"},
		{"str x1,[x0]; dmb sy; nop", "ld", "print waiting 0 == 0", "print waiting 0 == 1"},
		{"str x1,[x0]; dsb sy; nop", "none", "print waiting 0 == 0", "print waiting 0 == 1"},
		{"str x1,[x0]; dsb st; nop", "st", "print waiting 0 == 0", "print waiting 0 == 1"},
		{"str x1,[x0]; dmb ld; nop", "sy", "print waiting 0 == 1", "print waiting 0 == 0"},
		{"str x1,[x0]; dmb nshst; nop", "none", "print waiting 0 == 0", "print waiting 0 == 1"},
		{"str x1,[x0]; ldaddal x2,x3,[x6]; nop", "none", "print mem D0 8 == 7", "print mem D0 8 == 0"},
		{"str x1,[x0]; ldaddal x2,x3,[x6]; nop", "acquire", "print mem D0 8 == 7", "print mem D0 8 == 0"},
		{"str x1,[x0]; ldadd x2,x3,[x6]; nop", "acquire+release", "print mem D0 8 == 0", "print mem D0 8 == 7"},
		{"str x1,[x0]; ldadd x2,x3,[x6]; nop", "release", "print mem D0 8 == 0", "print mem D0 8 == 7"},
		{"str x1,[x0]; casl x3,x2,[x6]; nop", "none", "print mem D0 8 == 7", "print mem D0 8 == 0"},
		{"str x1,[x0]; swpal x2,x3,[x6]; nop", "acquire", "print mem D0 8 == 7", "print mem D0 8 == 0"},
		{"stlr x1,[x0]; ldar x3,[x5]; nop", "none", "print waiting 0 == 0", "print waiting 0 == 1"},
		{"stlr x1,[x0]; ldar x3,[x5]; nop", "acquirePC", "print waiting 0 == 0", "print waiting 0 == 1"},
		{"stlr x1,[x0]; ldr x3,[x5]; nop", "acquire", "print waiting 0 == 1", "print waiting 0 == 0"},
		{"stlr x1,[x0]; ldadd x2,x3,[x6]; nop", "acquire", "print waiting 0 == 1", "print waiting 0 == 0"},
	} {
		s := alterScene(c.code+" as "+c.change, c.code, "1 instead C0+12 "+c.change, "",
			under(0, 2), c.was, "run 0", under(1, 2), c.becomes, "print altered 1 C0+12 == 1", "run 0", under(0, 2), c.was, "run 0",
			"print altered 1 C0+12 == 1", "print unfit 1 C0+12 == 0", "print altered 1 0 == 1", "print altered 0 0 == 2")
		if strings.HasPrefix(c.code, "stlr x1,[x0]; ldar") || strings.Contains(c.code, "casl") {
			s.mutant = "weakened_instructions_stay_as_they_are"
		}
		out = append(out, s)
	}
	return out
}

// What a change cannot be made of stays as it is, and is told apart from what is not executed.
func unfit() []scene {
	var out []scene
	for _, c := range []struct{ code, change string }{
		{"nop", "none"}, {"isb", "sy"}, {"dmb sy", "acquire"}, {"str x2,[x6]", "st"}, {"str x2,[x6]", "acquire"},
		{"ldr x2,[x6]", "release"}, {"stp x2,x2,[x6]", "release"}, {"ldp x2,x3,[x5]", "acquire"}, {"stadd x2,[x6]", "acquire"},
		{"ldxr x2,[x6]", "release"}, {"ldadd x2,x3,[x6]", "acquirePC"}, {"casp x2,x3,x2,x3,[x0]", "none"}, {"clrex", "none"},
	} {
		out = append(out, alterScene(c.code+" as "+c.change, c.code+"; nop", "1 instead C0+8 "+c.change+"; 1 instead C0+0x40 none", "",
			under(1, 1), "print altered 1 C0+8 == 0", "print unfit 1 C0+8 == 1", "run 0", "print altered 1 C0+0x40 == 0", "print unfit 1 C0+0x40 == 0"))
	}
	return out
}

// A barrier before a store that follows one which waits, or before what would have no
// callback of its own.
func putBefore() []scene {
	const twoStores = "str x1,[x0]; str x2,[x6]; nop"
	late := []string{"policy body-delay 0", "step 0 1", "print mem D0+8 8 == 8"}
	seen := func(number int, first string) []string {
		return slices.Concat([]string{under(number, 1)}, late, []string{"print mem D0 8 == " + first, "run 0"})
	}
	passes := func(change string) []string { return slices.Concat(seen(0, "0"), seen(1, "0"), seen(0, "0")) }
	keeps := slices.Concat(seen(0, "0"), seen(1, "7"), []string{"print altered 1 C0+12 == 1"}, seen(0, "0"))
	follows := slices.Concat(seen(0, "0"), []string{under(1, 1), "policy body-delay 0", "step 0 1", "print waiting 0 == 2", "print mem D0+8 8 == 0",
		"print altered 1 C0+12 == 1", "run 0"}, seen(0, "0"))
	before := func(kind, after string) scene {
		return alterScene("a barrier "+kind+" before an instruction without a callback", "str x1,[x0]; hint #0; nop", "1 before C0+12 "+kind, "",
			under(0, 2), "print waiting 0 == 1", "run 0", under(1, 2), "print waiting 0 == "+after, "print altered 1 C0+12 == 1", "run 0")
	}
	all := []scene{
		alterScene("a barrier for stores before a store", twoStores, "1 before C0+12 st", "barriers_put_before_come_late", keeps...),
		alterScene("a full barrier before a store", twoStores, "1 before C0+12 sy", "", keeps...),
		alterScene("a barrier for loads before a store", twoStores, "1 before C0+12 ld", "barriers_put_before_are_for_stores", passes("ld")...),
		alterScene("a store made a release", twoStores, "1 instead C0+12 release", "", follows...),
		alterScene("a barrier before a barrier that is absent", "str x1,[x0]; dmb sy; nop", "1 before C0+12 st; 1 instead C0+12 none", "",
			under(1, 2), "print waiting 0 == 1", "print counter orders == 1", "print altered 1 C0+12 == 2", "run 0"),
		before("sy", "0"), before("st", "1"), before("ld", "1"),
	}
	all[len(all)-3].mutant = "barriers_put_before_are_for_stores"
	return all
}

// Which number holds when.
func numbers() []scene {
	const two = "str x1,[x0]; dmb sy; str x1,[x0]; dmb sy; nop"
	return []scene{
		alterScene("each alteration has its own changes", two, "1 instead C0+12 none; 2 instead C0+20 none", "changes_hold_under_any_number",
			under(1, 2), "print waiting 0 == 1", "step 0 2", "print waiting 0 == 0", "run 0",
			under(2, 2), "print waiting 0 == 0", "step 0 2", "print waiting 0 == 1", "run 0",
			"print altered 1 C0+20 == 0", "print altered 2 C0+20 == 1"),
		alterScene("a number without an alteration is the code as it is", two, "1 instead C0+12 none", "", under(7, 2), "print waiting 0 == 0", "run 0"),
		alterScene("the code as it is, after an alteration", two, "1 instead C0+12 none", "last_alteration_stays_in_force",
			under(1, 2), "print waiting 0 == 1", "run 0", under(0, 2), "print waiting 0 == 0", "run 0"),
		alterScene("the instruction that the plan names", two, "1 instead C0+12 none", "change_is_of_the_next_instruction",
			under(1, 2), "print waiting 0 == 1", "run 0"),
		alterScene("an episode keeps the number that it began with", two, "1 instead C0+20 none", "number_changes_in_an_episode",
			under(0, 2), selects(1), "step 0 2", "print waiting 0 == 0", "run 0", "print altered 1 C0+20 == 0",
			under(1, 2), selects(0), "step 0 2", "print waiting 0 == 1", "run 0", "print altered 1 C0+20 == 1"),
		alterScene("an interrupt ends the episode, and its number", two, "1 instead C0+20 none", "",
			under(1, 2), selects(0), "event 0", "step 0 2", "print waiting 0 == 0", "run 0"),
		alterScene("a kernel that patches its code", "str x1,[x0]; dmb sy; nop", "1 instead C0+12 none", "",
			under(1, 2), "print waiting 0 == 1", "run 0", "code C0+12 0xd503201f", under(1, 2), "print waiting 0 == 1", "run 0",
			"print altered 1 C0+12 == 1", "print unfit 1 C0+12 == 1"),
		alterScene("a load made an acquire has the host's fence", "stlr x1,[x0]; ldr x3,[x5]; nop", "1 instead C0+12 acquire", "stronger_load_has_no_fence",
			under(1, 2), "print counter fences == 1", "run 0"),
		alterScene("a store made a release asks for the host's fence", "str x1,[x0]; ldar x3,[x5]; nop", "1 instead C0+8 release", "stronger_store_asks_for_no_fence",
			under(1, 2), "print counter fences == 1", "run 0"),
	}
}

// In a caller's episode, where no views are kept: the writers of most scenarios.
func alteredWriters() []scene {
	altered := func(s scene, changes string, number int) scene {
		s.name += ", under " + changes
		s.code, s.places = append(s.code, "ret"), append(s.places, "E7")
		s.plan += selectPlan + planChanges(changes)
		s.script = append([]string{selects(number)}, s.script...)
		return s
	}
	return []scene{
		altered(writerScene("a barrier between", "dmb ishst;", 1, passes...), "1 instead E0+16 none", 1),
		altered(writerScene("a barrier between", "dmb ishst;", 1, passes...), "1 instead E0+16 ld", 1),
		altered(writerScene("a full barrier between", "dmb ish;", 1, fenced("E0+16")...), "1 instead E0+16 st", 1),
		altered(writerScene("a barrier of a callee between", "bl .+0x1ff0;", 3, passes...), "1 instead E2 none", 1),
		altered(writerScene("nothing between", "nop;", 1, append(passes, "print altered 1 E0+20 == 0")...), "1 before E0+24 st", 1),
		altered(writerScene("nothing between", "nop;", 1, passes...), "1 before E0+20 st", 0),
		altered(writerScene("nothing between", "nop;", 1, "print waiting 0 == 1", "step 0 1", "print mem D0+8 8 == 8", "print mem D0 8 == 7",
			"print site passed 0 == 0", "print altered 1 E0+20 == 2"), "1 before E0+20 st", 1),
	}
}

func alterScenes() []scene {
	return slices.Concat(weakened(), unfit(), putBefore(), numbers(), alteredWriters())
}
