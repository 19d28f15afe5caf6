// SPDX-License-Identifier: Apache-2.0

package explain

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/guest/wire"
	"kcovrig/rig/fault"
	"kcovrig/rig/goldentest"
	"kcovrig/rig/report/reporttest"
	"kcovrig/rig/report/words"
	"kcovrig/rig/result"
	"kcovrig/rig/trial"
	"kcovrig/rig/wording"
)

// The samples' instructions are those of Linux 6.12 for arm64, gcc 12.
func told(cpu int, ns int64, kind trial.WitnessKind, at string, address, value, version uint64) trial.WitnessEvent {
	e := trial.WitnessEvent{VCPU: cpu, AtNS: ns, Kind: kind, Address: address, Value: value, Version: version}
	for name, i := range map[string]trial.Instruction{
		"copy":    {Symbol: "__memcpy", Offset: 0x2c, Text: "stp x6, x7, [x0]", Source: "arch/arm64/lib/memcpy.S:73", SourceText: "stp\tA_l, A_h, [dstin]"},
		"tail":    {Symbol: "__memcpy", Offset: 0x30, Text: "stp x12, x13, [x5,#-16]", Source: "arch/arm64/lib/memcpy.S:74", SourceText: "stp\tD_l, D_h, [dstend, -16]"},
		"wmb":     {Symbol: "ring_remote_stop", Offset: 0x2c0, Text: "dmb ishst", Source: "kernel/ring.c:995", SourceText: "smp_wmb();"},
		"publish": {Symbol: "ring_remote_stop", Offset: 0x2d4, Text: "str x25, [x27]", Source: "kernel/ring.c:993", SourceText: "WRITE_ONCE(*(u64 *)dst_area, dst_len + entries_moved);"},
		"count":   {Symbol: "kcovrig/guest/ring.readAcquire.abi0", Offset: 0x2c, Text: "ldar x11, [x0]", Source: "kcovrig/guest/ring/read_arm64.s:53"},
		"entry":   {Symbol: "kcovrig/guest/ring.readAcquire.abi0", Offset: 0x54, Text: "ldr x13, [x9]", Source: "kcovrig/guest/ring/read_arm64.s:53"},
	} {
		if name == at {
			e.Symbol, e.Offset, e.Text, e.Source, e.SourceText = i.Symbol, i.Offset, i.Text, i.Source, i.SourceText
		}
	}
	return e
}

func sampleInstruction(at string) trial.Instruction {
	e := told(0, 0, trial.Executed, at, 0, 0, 0)
	return trial.Instruction{Symbol: e.Symbol, Offset: e.Offset, Text: e.Text, Source: e.Source, SourceText: e.SourceText}
}

// explainable is a compare with a witness of each kernel, and one without events.
func explainable() result.Saved {
	const x, y, poison, value = 0x412aeec8, 0x412ac000, 0x5ca1ab1e00000000, 0xffff8000801f2018
	r := reporttest.Sample()
	mark := func(ns int64) trial.WitnessEvent {
		e := told(1, ns, trial.Mark, "", x, poison, 0)
		e.Text = "the reader has found an old value, in number 1496 of the 1500 published"
		return e
	}
	d := wire.Detection{Mode: "pc", Window: 29, Index: 1496, Count: 1500, Seen: poison, Later: value, LastedNS: 2_923_856}
	bug := trial.Witness{Variant: trial.Unpatched, Reader: trial.Acquire, Detection: d, Events: []trial.WitnessEvent{
		told(0, 100, trial.Executed, "copy", x-16, 1, 1), told(0, 110, trial.Executed, "copy", x-8, 1, 1),
		told(0, 200, trial.Delayed, "copy", x, value, 1), told(0, 220, trial.Delayed, "copy", x+8, value+9, 1),
		told(0, 420, trial.Delayed, "tail", x+16, 5, 1), told(0, 621, trial.Executed, "publish", y, 1500, 1),
		told(1, 76_633, trial.Load, "count", y, 1500, 1), told(1, 77_735, trial.Load, "entry", x, poison, 0),
		told(1, 80_349, trial.Load, "entry", x+8, poison, 0), told(1, 81_040, trial.Load, "entry", x+16, poison, 0), mark(86_718),
	}}
	landed := bug
	landed.Events = append(append([]trial.WitnessEvent{}, bug.Events[:10]...), told(0, 82_000, trial.Drained, "copy", x, value, 1), mark(86_718))
	relaxed := trial.Witness{Variant: trial.Patched, Reader: trial.Relaxed, Detection: d, Events: []trial.WitnessEvent{
		told(0, 200, trial.Delayed, "copy", x, value, 1), told(0, 420, trial.Delayed, "tail", x, value, 2), told(0, 500, trial.Barrier, "wmb", 0, 0, 0),
		told(0, 700, trial.Drained, "copy", x, value, 1), told(0, 800, trial.Drained, "tail", x, value, 2),
		told(0, 900, trial.Delayed, "publish", y, 1490, 1), told(0, 950, trial.Drained, "publish", y, 1490, 1),
		told(1, 5000, trial.Load, "entry", x, poison, 0), mark(6000),
	}}
	r.Witnesses = []trial.Witness{bug, landed, relaxed, {Variant: trial.Unpatched, Reader: trial.Acquire, Detection: d, Events: []trial.WitnessEvent{mark(0)}}}
	publish, wmb := []trial.Instruction{sampleInstruction("publish")}, []trial.Instruction{sampleInstruction("wmb")}
	r.Code = []trial.Code{
		{Variant: trial.Unpatched, Container: "ring_remote_stop", Ordered: "no", Publish: publish},
		{Variant: trial.Patched, Container: "ring_remote_stop", Ordered: "yes", Barriers: []string{"0xffff8000800ae760 dmb ishst"}, Publish: publish, Between: wmb},
	}
	r.Readers = []trial.ReaderCode{{Reader: trial.Acquire, Count: sampleInstruction("count"), Entry: sampleInstruction("entry"), Barriers: []string{}, Control: true}}
	r.Observations[1].Counters = map[string]uint64{"delayed": 40682, "orders": 11358}
	return result.Saved{Name: "run", Document: result.NewDocument(r)}
}

func explanation(t *testing.T, s result.Saved, o Options) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, explainText(&b, Explanation{s, o}))
	return b.String()
}

func TestExplain(t *testing.T) {
	certified := trial.Certificate{Model: "aarch64.cat", Tests: []trial.LitmusTest{
		{Name: "witness1", What: "as it ran", Text: "AArch64 witness1\n", Expected: trial.Sometimes, Allowed: trial.Sometimes},
		{Name: "witness1+dmb.ishst", What: "with the patch's dmb ishst", Text: "AArch64 witness1+dmb.ishst\n", Expected: trial.Never, Allowed: trial.Never},
	}}
	none := explainable()
	none.Document.Witnesses = nil
	for name, c := range map[string]struct {
		run result.Saved
		o   Options
	}{
		"bug-80": {explainable(), Options{}}, "bug-120": {explainable(), Options{Number: 1, Width: 120}},
		"colour": {explainable(), Options{Width: 100, Color: true}}, "landed": {explainable(), Options{Number: 2, Width: 100}},
		"all": {explainable(), Options{Width: 100, All: true}}, "relaxed": {explainable(), Options{Number: 3, Width: 100}},
		"no-events": {explainable(), Options{Number: 4, Width: 100}}, "none": {none, Options{}},
		"certified": {explainable(), Options{Certificate: &certified}},
	} {
		goldentest.Check(t, "explain/"+name+".txt", explanation(t, c.run, c.o))
	}
}

func TestExplainFitsItsWidth(t *testing.T) {
	for _, width := range []int{80, 100, 133} {
		for n := 1; n <= 4; n++ {
			for _, l := range strings.Split(explanation(t, explainable(), Options{Number: n, Width: width}), "\n") {
				assert.LessOrEqual(t, len([]rune(l)), width, l)
				assert.Equal(t, strings.TrimRight(l, " "), l)
			}
		}
	}
}

// A hit of altered code does not read as one of the kernel's.
func TestAWitnessSaysUnderWhatItWasSeen(t *testing.T) {
	run := explainable()
	run.Document.Witnesses[0].Under = "dmb ishst at kernel/ring.c:995 ordered \x1bnothing"
	for _, o := range []Options{{}, {Certificate: &trial.Certificate{Why: "none"}}} {
		told := strings.Join(strings.Fields(explanation(t, run, o)), " ")
		assert.Contains(t, told, "Not of the kernel as it is: the emulator altered its code. Dmb ishst at kernel/ring.c:995 ordered ?nothing.")
	}
}

var escapes = regexp.MustCompile("\x1b\\[[0-9;]*m")

func TestColourOnlyAdds(t *testing.T) {
	with := explanation(t, explainable(), Options{Color: true})
	without := explanation(t, explainable(), Options{})
	assert.NotContains(t, without, "\x1b")
	assert.Contains(t, with, "\x1b")
	assert.Equal(t, without, escapes.ReplaceAllString(with, ""))
}

func TestExplainRefusesAWrongNumber(t *testing.T) {
	none := explainable()
	none.Document.Witnesses = nil
	for n, run := range map[int]result.Saved{5: explainable(), 1: none} {
		for _, write := range []func(*bytes.Buffer) error{
			func(b *bytes.Buffer) error { return explainText(b, Explanation{run, Options{Number: n}}) },
			func(b *bytes.Buffer) error { return explainJSON(b, Explanation{run, Options{Number: n}}) },
		} {
			var b bytes.Buffer
			err := write(&b)
			require.Error(t, err)
			assert.Equal(t, fault.User, fault.KindOf(err))
			assert.Empty(t, b.String())
			assert.Contains(t, err.Error(), fmt.Sprintf("witness %d of run", n))
		}
	}
}

func TestCertificatesInWords(t *testing.T) {
	const sometimes, never = trial.Sometimes, trial.Never
	test := func(expected, allowed trial.Expectation) trial.LitmusTest {
		return trial.LitmusTest{What: "with a barrier", Expected: expected, Allowed: allowed}
	}
	for want, c := range map[string]trial.Certificate{
		"certified detection":   {Tests: []trial.LitmusTest{test(sometimes, sometimes), test("", sometimes), test(never, never)}},
		"CONTRADICTION":         {Tests: []trial.LitmusTest{test(sometimes, sometimes), test(never, sometimes)}},
		"no patched kernel":     {Tests: []trial.LitmusTest{test(sometimes, sometimes)}},
		"did not say of all":    {Tests: []trial.LitmusTest{test(sometimes, sometimes), test(never, "")}},
		"herd7 was not asked":   {Tests: []trial.LitmusTest{test(sometimes, "")}, Skipped: "it is not installed", Try: "scripts/setup herd"},
		"herd7 said nothing":    {Tests: []trial.LitmusTest{test(sometimes, "")}, Model: "aarch64.cat", Skipped: "late"},
		"try: scripts/setup":    {Tests: []trial.LitmusTest{test(sometimes, "")}, Skipped: "it is not installed", Try: "scripts/setup herd"},
		"no litmus test: it is": {Why: "it is lost"},
	} {
		text := explanation(t, explainable(), Options{Certificate: &c})
		assert.Contains(t, text, want)
		assert.Equal(t, want == "certified detection", strings.Contains(text, "certified detection"), text)
	}
}

func TestExplainJSON(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, explainJSON(&b, Explanation{Run: explainable()}))
	var got struct {
		Schema            string
		Number, Witnesses int
		Witness           struct{ Events []map[string]any }
		Window            map[string]any
		Certificate       any
	}
	require.NoError(t, json.Unmarshal(b.Bytes(), &got))
	assert.Equal(t, Schema, got.Schema)
	assert.Equal(t, []int{1, 4, 11}, []int{got.Number, got.Witnesses, len(got.Witness.Events)})
	assert.Equal(t, map[string]any{"reordered": "writer", "heldNS": 200., "visibleNS": 621., "lookedNS": 86718., "landedNS": 86718. + 2923856}, got.Window)
	assert.Nil(t, got.Certificate)

	b.Reset()
	require.NoError(t, explainJSON(&b, Explanation{explainable(), Options{Number: 4}}))
	assert.Contains(t, b.String(), `"heldNS": null`)
}

// The emulator lets a load read what was there before; read as a history in time, that looks like its mistake.
func TestALoadAfterTheLandingExplainsItself(t *testing.T) {
	run := explainable()
	w := &run.Document.Witnesses[0]
	assert.NotContains(t, explanation(t, run, Options{Width: 400}), "from before")
	late := append([]trial.WitnessEvent{}, w.Events[:7]...) // as far as the load that finds it published
	late = append(late, told(0, 77_000, trial.Drained, "copy", w.Events[2].Address, w.Events[2].Value, 1))
	w.Events = append(late, w.Events[7:]...)
	text := explanation(t, run, Options{Width: 400})
	assert.Contains(t, text, "it had landed: this load took the value from before")
	assert.Contains(t, text, "as Arm allows: nothing orders that load after the landing")
	assert.Contains(t, Draw("x", run.Document, 1).Text, "as Arm allows")
}

func TestWrap(t *testing.T) {
	assert.Equal(t, []string{""}, words.Wrap("", 10))
	assert.Equal(t, []string{"  one two", "    three"}, words.Wrap("  one two three", 10))
	assert.Equal(t, []string{"0123456789", "  abcdefgh", "  ij"}, words.Wrap("0123456789abcdefghij", 10))
}

// What was read and in what state, the scenario says; where it has no such words, any fit.
func TestTheStoryIsInTheScenariosWords(t *testing.T) {
	run := explainable()
	run.Document.Words = wording.Words{Hit: "torn slot", Unit: "slot", State: "torn"}.Completed()
	text := explanation(t, run, Options{Width: 120})
	for _, want := range []string{"mode pc: slot 1496 of 1500 in try 29", "slot 1496 = 0x5ca1ab1e00000000: TORN", "found slot 1496\n", "torn, of 1500 published", "240 of 6400 tries torn"} {
		assert.Contains(t, text, want)
	}
	run.Document.Words = wording.Words{Hit: "lost wakeup"}.Completed()
	all := explanation(t, run, Options{All: true, Width: 120}) + explanation(t, run, Options{Number: 3, Width: 120}) + explanation(t, run, Options{Number: 4, Width: 120})
	assert.Contains(t, all, "number 1496 = 0x5ca1ab1e00000000: OLD")
	assert.Contains(t, all, "240 lost wakeups in 6400 tries")
	assert.NotRegexp(t, `(?i)\bstale|\bentry\b|\bcount\b|\bwindows? \d`, all)
}
