// SPDX-License-Identifier: Apache-2.0

package weakmem

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"kcovrig/rig/litmus"
	"kcovrig/rig/litmus/litmustest"
)

// mutants are the emulator with one rule broken (plugin/mutant.h), and the test that
// must then show a state that Arm forbids: a litmus test's name, or a Go test's. Scenes
// name the mutants that they catch themselves.
var mutants = []struct {
	name     string
	broken   string
	test     string
	schedule string // where only an interleaving within the plugin shows it
}{
	{"addresses_carry_no_view", "addresses carry no view", "MP+dmb.st+addr", ""},
	{"store_barrier_orders_nothing", "DMB ST orders nothing", "2+2W+dmb.sts", ""},
	{"store_barrier_is_for_waiting_stores_alone", "an atomic, or a store that cannot wait, passes a DMB ST", "MP+dmb.st-swp+addr", ""},
	{"store_completion_lets_loads_pass", "DSB ST does not order stores before loads", "SB+dsb.sts", ""},
	{"load_barrier_raises_no_view", "DMB LD raises no view", "MP+dmb.st+dmb.ld", ""},
	{"acquire_ignores_releases", "LDAR ignores vRel", "SB+polas", ""},
	{"acquire_lets_releases_wait", "LDAR does not drain a waiting STLR", "SB+polas", ""},
	{"loads_ignore_coherence", "loads ignore coherence", "CoRR", ""},
	{"acquire_raises_no_view", "an acquire raises no view", "MP+popl+poap", ""},
	{"insn_barrier_raises_no_view", "ISB raises no view", "MP+dmb.st+ctrlisb", ""},
	{"release_passes_older_stores", "STLR passes older stores", "MP+popl+poap", ""},
	{"full_barrier_lets_loads_pass_stores", "DMB SY does not order stores before loads", "SB+dmb.sys", ""},
	{"branches_carry_no_view", "branches carry no view", "MP+dmb.st+ctrlisb", ""},
	{"episode_begins_without_floor", "no floor on entering the scope", "CoRR", ""},
	{"late_load_leaves_no_view", "a native load leaves no view", "MP+dmb.st+dmb.ld", ""},
	{"computation_carries_no_view", "computation carries no view", "MP+dmb.st+addr", ""},
	{"computed_is_left_out", "what was computed ahead of a callback carries no view", "MP+dmb.st+addr", ""},
	{"choices_are_no_branches", "ISB orders nothing behind a choice", "MP+dmb.st+cselisb", ""},
	{"choice_is_of_the_other_source", "a choice depends on the source that it does not take", "MP+dmb.st+addrcsel-chosen", ""},
	{"record_is_believed_for_its_content", "a record is believed for its content alone", "MP+dmb.sys", ""},
	{"drained_store_has_no_coherence", "an own drained store is not coherent with later loads", "CoWR", ""},
	{"releasing_atomic_is_no_release", "an atomic that releases is none for a later LDAR", "SB+swppl-ldars", ""},
	{"acquiring_atomic_raises_no_view", "an atomic that acquires raises no view", "MP+dmb.st+amo.swpap-po", ""},
	{"atomic_of_both_is_no_barrier", "an atomic that does both is no barrier", "SB+po-swpal-po+dmb.sy+w", ""},
	{"exclusive_store_trusts_the_value", "an exclusive store looks at the value alone", "H1-exclusive-aba", ""},
	{"time_is_published_after_the_write", "a write's time is published after the write", "CoRR", "fixed"},
	{"forwarded_value_has_no_view", "a forwarded store's value has no view of the load's own", "F1b-stlr-fwd-ldar", ""},
	{"releasing_atomic_lets_stores_wait", "an atomic that releases lets older stores wait", "MP+po-amo.swppl+poap", ""},
	{"own_atomic_has_no_coherence", "an own atomic is not coherent with later loads", "own-swp", ""},
	{"waiting_atomic_stores_its_operand", "an atomic without a result that waited stores its operand", "stadds", ""},
	{"waiting_atomic_is_forwarded", "a load takes the operand of a waiting atomic for what it will leave", "own-stadd", ""},
	{"waiting_atomic_is_no_release", "an atomic without a result that releases may pass older stores", "MP+stsetl+addr", ""},
	{"samples_ignore_what_was_seen", "what was found before may be read again whatever has been seen since", "MP+dmb.sy+addr", ""},
	{"unrecorded_reads_share_a_moment", "what was read without a record has no moment of its own", "MP+dmb.sy+addr", "fixed"},
	{"samples_share_a_moment", "all that is looked at ahead is of one moment", "CoRR", "fixed"},

	{"partial_overlap_drains_nothing", "a load of more than a waiting store drains nothing", scenesTest, ""},
	{"old_translations_are_believed", "a page is known after the maintenance of its translation too", scenesTest, ""},
	{"maintenance_drains_no_buffer", "maintenance leaves other vCPUs' stores waiting", scenesTest, ""},
	{"exceptions_drain_nothing", "an interrupt or exception drains nothing", scenesTest, ""},
	{"leaving_drains_nothing", "leaving the scope drains nothing", scenesTest, ""},
	{"part_of_a_waiting_store_is_all", "a load of a part of a waiting store takes more than that", scenesTest, ""},
	{"two_pages_have_one_slot", "a page is forgotten for another one of the same place", scenesTest, ""},
	{"probe_outlives_maintenance", "a store proves a page although its translation ended since", scenesTest, ""},
	{"code_is_written_behind_qemu", "a store to a page with translated code is written behind QEMU's back", scenesTest, ""},
	{"scope_is_not_translated_anew", "blocks that ran in the identity map stay as they are", scenesTest, ""},
	{"begins_at_once", "stores wait before the kernel's first exception", scenesTest, ""},
	{"begins_at_any_exception", "an exception in the identity map counts as one of the kernel's", scenesTest, ""},
	{"begins_before_all_is_mapped", "the emulator begins although some of the scope is not mapped yet", scenesTest, ""},
	{"conditions_are_inverted", "a conditional branch goes the other way, as the emulator sees it", scenesTest, ""},
	{"zero_tests_are_inverted", "a test of a register or bit goes the other way, as the emulator sees it", scenesTest, ""},
	{"waits_outlast_all_others", "a wait goes on although nobody is left who could end it", scenesTest, ""},
	{"walks_raise_no_view", "a page that had to be walked for may be as it was before", scenesTest, ""},
	{"callees_keep_no_views", "views are kept in bodies only, not in what these call", scenesTest, ""},
	{"stores_wait_without_bound", "a store may wait for ever where its thread spins", scenesTest, ""},
	{"spaced_episodes_have_no_end", "an episode of a wide scope ends at an exception alone", scenesTest, ""},
	{"waits_for_events_are_qemus", "a vCPU waits for a write to a reservation that QEMU does not know", scenesTest, ""},
	{"tracking_outlives_the_episode", "a vCPU that was woken keeps views after its episode", "TestScenesAtEveryPoint", ""},
	{"halves_are_seen_apart", "who reads one half of a write to two granules need not have seen the other", scenesTest, ""},
	{"coherence_is_of_the_first_byte", "who has seen a word may read older bytes of it, but for the first", "mixed-CoRR-part", ""},
	{"neighbours_are_as_old_as_may_be", "bytes beside a write that was recorded are taken to be of any time", scenesTest, ""},
	{"kernel_rights_are_the_users", "a page that the kernel may write is taken to be the user's", scenesTest, ""},
	{"weakened_instructions_stay_as_they_are", "a change changes nothing", scenesTest, ""},
	{"change_is_of_the_next_instruction", "what is changed is the instruction before the one that the plan names", scenesTest, ""},
	{"changes_hold_under_any_number", "the changes of all alterations hold while one is in force", scenesTest, ""},
	{"last_alteration_stays_in_force", "choosing the code as it is leaves the alteration before in force", scenesTest, ""},
	{"number_changes_in_an_episode", "a number that another chooses holds in the midst of an episode", scenesTest, ""},
	{"barriers_put_before_are_for_stores", "every barrier that is put before an instruction is one for stores", scenesTest, ""},
	{"barriers_put_before_come_late", "a barrier that is put before an instruction comes after it", scenesTest, ""},
	{"stronger_load_has_no_fence", "a load that was made an acquire may pass a store-release in the host", scenesTest, ""},
	{"stronger_store_asks_for_no_fence", "a store that was made a release may be passed by an acquire in the host", scenesTest, ""},
	{"loads_ask_for_no_wait", "a store does not wait longer since a load has passed it", scenesTest, ""},
	{"looks_end_no_wait", "a wait goes on although another vCPU has looked", "TestScenesAtEveryPoint", ""},
	{"first_load_never_waits", "an episode's first load does not wait for a vCPU that is in one", "TestScenes", ""},
	{"barriers_wait_for_no_load", "what a barrier drains does not wait for a vCPU at its first load", "TestScenes", ""},
	{"nobody_is_away", "a wait ends although the host has executed none of those who are waited for", "TestAVCPUThatTheHostDoesNotExecuteIsWaitedFor", ""},
	{"interrupts_are_taken_without_news", "who takes a further interrupt need not have seen what was stored before it was asked for", scenesTest, ""},
	{"pairs_are_never_single", "pairs are two accesses whatever the CPU says", "TestTornPairsAreCaught", ""},
}

const scenesTest = "TestMutantsAreCaughtByScenes"

func proofTests(t testing.TB) (map[string]*litmustest.Test, map[string]litmus.Allowed) {
	t.Helper()
	tests, answers := loadTests(t, diyTests)
	for _, dir := range []string{ownTests, familyTests} {
		more, moreAnswers := loadTests(t, dir)
		maps.Copy(tests, more)
		maps.Copy(answers, moreAnswers)
	}
	return tests, answers
}

func TestMutantsAreCaughtByLitmusTests(t *testing.T) {
	const iterations = 90000
	tests, answers := proofTests(t)
	for _, m := range mutants {
		if strings.HasPrefix(m.test, "Test") {
			continue
		}
		t.Run(m.name, func(t *testing.T) {
			one := map[string]*litmustest.Test{m.test: tests[m.test]}
			g := guest{build: build{mutants: true}, schedule: m.schedule}
			if g.schedule == "fixed" {
				g.plan = planOf(DefaultPolicy())
			}
			sound := runTests(t, g, one, iterations, 7)
			if bad := forbidden(sound[m.test], answers[m.test]); len(bad) > 0 {
				t.Fatalf("%s: forbidden without the mutant: %v", m.test, bad)
			}
			g.mutant = m.name
			broken := runTests(t, g, one, iterations, 7)
			bad := forbidden(broken[m.test], answers[m.test])
			if len(bad) == 0 {
				t.Errorf("%s shows no forbidden state", m.test)
			}
			t.Logf("%s: %v", m.test, bad)
		})
	}
}

func TestMutantsAreCaughtByScenes(t *testing.T) {
	scenes := allScenes()
	code := assembleScenes(t, scenes)
	for _, s := range scenes {
		if s.mutant == "" {
			continue
		}
		t.Run(s.mutant+" "+s.name, func(t *testing.T) {
			b, policy := build{mutants: true}, ways["tracked, emulated"]
			if wrong := s.play(t, code, b, policy, ""); len(wrong) > 0 {
				t.Fatalf("without the mutant: %v", wrong)
			}
			wrong := s.play(t, code, b, policy, s.mutant)
			if len(wrong) == 0 {
				t.Error("the scene does not notice")
			}
			t.Log(wrong[:min(3, len(wrong))])
		})
	}
}

// Every mutant is in the table once, in the code and in plugin/mutant.h, and a scene
// names it where the table says so.
func TestEveryMutantIsKnown(t *testing.T) {
	var table, scenes, points []string
	for _, m := range mutants {
		assert.NotEmpty(t, m.broken, m.name)
		assert.NotEmpty(t, m.test, m.name)
		table = append(table, m.name)
		switch m.test {
		case scenesTest:
			scenes = append(scenes, m.name)
		case "TestScenesAtEveryPoint":
			points = append(points, m.name)
		}
	}
	caught := func(in []scene) []string {
		var out []string
		for _, s := range in {
			if s.mutant != "" {
				out = append(out, s.mutant)
			}
		}
		return out
	}
	assert.Subset(t, caught(allScenes()), scenes)
	assert.Subset(t, caught(pointScenes), points)
	assert.Subset(t, table, append(caught(allScenes()), caught(pointScenes)...))

	code := codeOf(t)
	var used []string
	for name, text := range code {
		if name != "mutant.h" {
			used = append(used, namesOf(regexp.MustCompile(`\bMUTANT\((\w+)\)`), text)...)
		}
	}
	slices.Sort(used)
	assert.ElementsMatch(t, table, slices.Compact(used))
	assert.ElementsMatch(t, table, namesOf(regexp.MustCompile(`(?m)^    X\((\w+)\)`), code["mutant.h"]))
}
