// SPDX-License-Identifier: Apache-2.0

package weakmem

import (
	"fmt"
	"maps"
	"testing"

	"kcovrig/rig/litmus"
)

// mutants are the emulator with one rule broken (plugin/mutant.h), and the test
// that must then show a state that Arm forbids. Those that scenes catch are
// named there.
var mutants = []struct {
	number   int
	broken   string
	test     string
	schedule string // where only an interleaving within the plugin shows it
}{
	{1, "addresses carry no view", "MP+dmb.st+addr", ""},
	{2, "DMB ST does not drain", "2+2W+dmb.sts", ""},
	{3, "DMB LD raises no view", "MP+dmb.st+dmb.ld", ""},
	{4, "LDAR ignores vRel", "SB+polas", ""},
	{5, "LDAR does not drain a waiting STLR", "SB+polas", ""},
	{6, "loads ignore coherence", "CoRR", ""},
	{7, "an acquire raises no view", "MP+popl+poap", ""},
	{8, "ISB raises no view", "MP+dmb.st+ctrlisb", ""},
	{10, "STLR passes older stores", "MP+popl+poap", ""},
	{13, "DMB SY does not order stores before loads", "SB+dmb.sys", ""},
	{14, "branches carry no view", "MP+dmb.st+ctrlisb", ""},
	{15, "no floor on entering the scope", "CoRR", ""},
	{16, "a native load leaves no view", "MP+dmb.st+dmb.ld", ""},
	{17, "computation carries no view", "MP+dmb.st+addr", ""},
	{18, "a record is believed for its content alone", "MP+dmb.sys", ""},
	{19, "an own drained store is not coherent with later loads", "CoWR", ""},
	{33, "an atomic that releases is none for a later LDAR", "SB+swppl-ldars", ""},
	{34, "an atomic that acquires raises no view", "MP+dmb.st+amo.swpap-po", ""},
	{35, "an atomic that does both is no barrier", "SB+po-swpal-po+dmb.sy+w", ""},
	{36, "an exclusive store looks at the value alone", "H1-exclusive-aba", ""},
	{37, "a write's time is published after the write", "CoRR", "fixed"},
	{41, "a forwarded store's value has no view of the load's own", "F1b-stlr-fwd-ldar", ""},
	{43, "an atomic that releases lets older stores wait", "MP+po-amo.swppl+poap", ""},
	{44, "an own atomic is not coherent with later loads", "own-swp", ""},
	{46, "what was found before may be read again whatever has been seen since", "MP+dmb.sy+addr", ""},
	{47, "what was read without a record has no moment of its own", "MP+dmb.sy+addr", "fixed"},
	{48, "all that is looked at ahead is of one moment", "CoRR", "fixed"},
}

func proofTests(t testing.TB) (map[string]*litmus.Test, map[string]litmus.Verdict) {
	t.Helper()
	tests, verdicts := loadTests(t, diyTests)
	for _, dir := range []string{ownTests, familyTests} {
		more, moreVerdicts := loadTests(t, dir)
		maps.Copy(tests, more)
		maps.Copy(verdicts, moreVerdicts)
	}
	return tests, verdicts
}

func TestMutantsAreCaughtByLitmusTests(t *testing.T) {
	const iterations = 90000
	tests, verdicts := proofTests(t)
	for _, m := range mutants {
		t.Run(fmt.Sprintf("%d %s", m.number, m.broken), func(t *testing.T) {
			one := map[string]*litmus.Test{m.test: tests[m.test]}
			g := guest{build: build{mutants: true}, schedule: m.schedule}
			if g.schedule == "fixed" {
				g.plan = planOf(DefaultPolicy())
			}
			sound := runTests(t, g, one, iterations, 7)
			if bad := forbidden(sound[m.test], verdicts[m.test]); len(bad) > 0 {
				t.Fatalf("%s: forbidden without the mutant: %v", m.test, bad)
			}
			g.mutant = m.number
			broken := runTests(t, g, one, iterations, 7)
			bad := forbidden(broken[m.test], verdicts[m.test])
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
		if s.mutant == 0 {
			continue
		}
		t.Run(fmt.Sprintf("%d %s", s.mutant, s.name), func(t *testing.T) {
			b, policy := build{mutants: true}, ways["tracked, emulated"]
			if wrong := s.play(t, code, b, policy, 0); len(wrong) > 0 {
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
