// SPDX-License-Identifier: Apache-2.0

package barriers

import (
	"bytes"
	"os"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/guest/wire"
	"kcovrig/rig/barrier"
	"kcovrig/rig/barrier/candidate"
	"kcovrig/rig/goldentest"
	"kcovrig/rig/report/format"
	"kcovrig/rig/trial"
)

func seenOf(windows, hits uint64) barrier.Seen {
	return barrier.Seen{Turns: 1, Executed: windows, Seconds: 0.4, Tallies: []wire.Tally{{Mode: "pc", Windows: windows, Blocks: windows / 16, HitWindows: hits, HitBlocks: min(hits, 1)}}}
}

func at(symbol string, offset uint64, text, source, line string) trial.Instruction {
	return trial.Instruction{Symbol: symbol, Offset: offset, Text: text, Source: source, SourceText: line}
}

var limits = barrier.Limits{Error: 1e-3, Turn: 8, Most: 512, BlockSize: 16}

func ran() trial.Result {
	return trial.Result{
		Version: "test", Spec: trial.Spec{Arch: "arm64"}, Notes: []string{"a note with \x1b[31mcolour"},
		Prepared: trial.Prepared{Kernel: trial.Kernel{Version: "6.12.1", Compiler: "gcc 12"}, QEMU: trial.QEMU{Version: "11.1", MemoryModel: trial.ModelArm}},
	}
}

// weakened is a report with every answer.
func weakened(t *testing.T) barrier.Report {
	orderings := []candidate.Ordering{
		{Instruction: at("move_area", 0x40, "dmb ish", "kernel/ring.c:990", "smp_mb(); /* <b>|`x` */"), Address: 0x40, Kind: candidate.Fence, Orders: trial.OrderAll},
		{Instruction: at("move_area", 0x60, "ldar x1, [x0]", "kernel/ring.c:1004", ""), Address: 0x60, Kind: candidate.Load, Orders: trial.OrderAcquire},
		{Instruction: at("move_area", 0x80, "isb", "", ""), Address: 0x80, Kind: candidate.Context, Orders: trial.OrderAll},
		{Instruction: at("move_area", 0xa0, "dsb sy", "", ""), Address: 0xa0, Kind: candidate.Sync, Orders: trial.OrderAll},
	}
	test := barrier.Weaken(orderings, []uint64{0x40}, []string{"pc"}, limits)
	silent := seenOf(4096, 0)
	reference := seenOf(2048, 500)
	reference.Tallies[0].HitBlocks = 120
	for number, seen := range map[int]barrier.Seen{0: silent, 1: reference, 2: seenOf(32, 4), 3: silent, 4: silent, 6: {Turns: 1, Tallies: seenOf(2048, 0).Tallies}, 7: {Turns: 1, Broke: "an oops elsewhere"}} {
		require.NoError(t, test.Add(number, seen))
	}
	for range 3 {
		require.NoError(t, test.Add(2, seenOf(32, 4))) // hits that do not come by themselves
	}
	rows := barrier.Rows(orderings, []uint64{0x40}, test)
	rows[0].Model = barrier.Model{Says: trial.Sometimes, Why: "herd7"}
	rows[1].Model = barrier.Model{Says: trial.Sometimes, Why: "herd7 on 2 ways between the two stores"}
	return barrier.NewReport(ran(), trial.Patched, test, rows, nil)
}

// suggested is a report on a search that found a place.
func suggested(t *testing.T) barrier.Report {
	before := at("move_area", 0x50, "str x3, [x1]", "kernel/ring.c:992", "WRITE_ONCE(area[0], n);")
	code := candidate.Code{
		Positions: []candidate.Position{{Address: 0x50, From: 0x48, Before: before, After: at("move_area", 0x44, "bl memcpy", "kernel/ring.c:988", "memcpy(to, from, n);"), Kinds: []trial.Order{trial.OrderStores, trial.OrderAll}}},
		Accesses:  []candidate.Access{{Instruction: before, Address: 0x50, Store: true}},
	}
	s := barrier.NewSearch(code, []string{"pc"}, limits)
	s.Ended = true
	broken := seenOf(2048, 500)
	broken.Tallies[0].HitBlocks = 120
	for number, seen := range []barrier.Seen{broken, seenOf(4096, 0), seenOf(4096, 0), seenOf(4096, 0)} {
		require.NoError(t, s.Stages[0].Test.Add(number, seen))
	}
	r := barrier.NewReport(ran(), trial.Unpatched, barrier.Test{}, nil, &s)
	require.Len(t, r.Suggestions, 2)
	r.Suggestions[0].Diff = "--- a/kernel/ring.c\n+++ b/kernel/ring.c\n@@ -991,1 +991,2 @@\n+\tsmp_wmb();\n \tWRITE_ONCE(area[0], n);\n ~~~ \x1b[31m\n"
	r.AddModels([]barrier.Model{asked(trial.Never), asked(trial.Sometimes)})
	return r
}

// asked is what the model says by a litmus test.
func asked(says trial.Expectation) barrier.Model {
	return barrier.Model{Says: says, Why: "herd7 on the litmus test of witness 1", Test: &trial.LitmusTest{
		Name: "witness1", What: "with what was suggested (dmb ishst)", Text: "AArch64 witness1\n{\n0:X1=x;\n}\n P0 ;\n DMB ISHST ;\nexists (1:X0=1)\n", Allowed: says,
	}}
}

// altered is a report on one alteration, which was executed so often.
func altered(t *testing.T, hits, executed uint64) barrier.Report {
	n := barrier.Named{Function: "move_area", Line: "992", Adds: trial.OrderStores}
	test := n.Try(trial.Alteration{{Address: 0x50, To: trial.OrderStores, Before: true}}, nil, nil, []string{"pc"}, limits)
	broken, with := seenOf(2048, 500), seenOf(4096, hits)
	broken.Tallies[0].HitBlocks, with.Executed = 120, executed
	require.NoError(t, test.Add(0, broken))
	require.NoError(t, test.Add(1, with))
	r := barrier.NewReport(ran(), trial.Unpatched, test, nil, nil)
	said := barrier.AlteredOf(test, n, "with a barrier (st) before str x3, [x1] at kernel/ring.c:992")
	r.AddAltered(&said)
	return r
}

// What did not act is called neither enough nor too little.
func TestANamedAlterationInOneSentence(t *testing.T) {
	for want, r := range map[string]barrier.Report{
		"enough in the emulator: with":                 altered(t, 0, 4096),
		"not enough in the emulator: with":             altered(t, 3, 4096),
		"inconclusive: what was altered was not exec":  altered(t, 0, 0),
		"inconclusive: the bug was seen, although":     altered(t, 3, 0),
		"inconclusive: mode pc: too few windows: 1 cl": altered(t, 0, 1),
	} {
		assert.True(t, strings.HasPrefix(Sentence(r), want), Sentence(r))
	}
	weak := altered(t, 3, 4096)
	weak.Altered.Adds = false
	assert.Contains(t, Sentence(weak), "needed in the emulator: with")
	weak.Altered.Result.Effect = barrier.Silent
	assert.Contains(t, Sentence(weak), "not shown to be needed in the emulator: with")
	weak.Altered.Result.Effect, weak.Altered.Places = barrier.NotExecuted, 3
	assert.Contains(t, Sentence(weak), "not all of the 3 places")
}

// What was not tried to the end is no search that found nothing, and what had no windows
// has no silence to be sure of.
func TestASearchThatWasCutShortSaysSo(t *testing.T) {
	r := suggested(t)
	require.False(t, r.CutShort)
	assert.NotContains(t, strings.Join(grounds(r), " "), "did not come to its end")
	r.CutShort = true
	assert.Contains(t, strings.Join(grounds(r), " "), "what is not named here may be enough, too")
	r.Suggestions = nil
	assert.Equal(t, "no place was found so far where a barrier is enough: the search did not come to its end", Sentence(r))
	r.CutShort = false
	assert.Equal(t, "no place was found where a barrier is enough", Sentence(r))
	assert.Contains(t, strings.Join(grounds(r), " "), "That any silence here is wrong")
	r.Tried = 0
	assert.NotContains(t, strings.Join(grounds(r), " "), "That any silence here is wrong")
	r = weakened(t)
	assert.NotContains(t, strings.Join(grounds(r), " "), "more time may answer")
	r.CutShort = true
	assert.Contains(t, strings.Join(grounds(r), " "), "more time may answer")
	r.Rows, r.Tried = r.Rows[:1], 1
	assert.Contains(t, Sentence(r), "1 ordering instruction: ")
	assert.Contains(t, strings.Join(grounds(r), " "), "1 alteration, in the median")
}

// Several places of one line are told apart.
func TestSuggestionsOfOneLineNameTheirInstructions(t *testing.T) {
	r := suggested(t)
	alone := inC(r.Suggestions[0].Parts)
	assert.Equal(t, alone, named(r, r.Suggestions[0]))
	other, elsewhere := r.Suggestions[0], *r.Suggestions[0].Parts[0].Position
	elsewhere.Before.Offset = 0x90
	other.Parts = []barrier.Part{{Change: other.Parts[0].Change, Position: &elsewhere}}
	r.Suggestions = append(r.Suggestions, other)
	assert.Equal(t, alone+" (before str x3, [x1] at move_area+0x50)", named(r, r.Suggestions[0]))
	assert.Equal(t, alone+" (before str x3, [x1] at move_area+0x90)", named(r, r.Suggestions[2]))
}

func TestReports(t *testing.T) {
	for name, r := range map[string]barrier.Report{"weakened": weakened(t), "suggested": suggested(t), "altered": altered(t, 0, 4096)} {
		for f, ext := range map[format.Format]string{format.Text: "txt", format.Markdown: "md", format.HTML: "html", format.JSON: "json"} {
			t.Run(name+"."+ext, func(t *testing.T) {
				var out bytes.Buffer
				require.NoError(t, Reports.Render(&out, f, r))
				goldentest.Check(t, name+"."+ext, out.Bytes())
				assert.NotContains(t, out.String(), "\x1b")
				for line := range strings.Lines(out.String()) {
					if f == format.Text {
						assert.LessOrEqual(t, len([]rune(strings.TrimRight(line, "\n"))), width)
					}
				}
			})
		}
		var out bytes.Buffer
		require.NoError(t, Reports.Render(&out, format.JSON, r))
		back, err := barrier.Parse(out.Bytes())
		require.NoError(t, err)
		assert.Equal(t, r, back)
	}
	_, err := barrier.Parse([]byte(`{"schema":"kcovrig.barriers/0"}`))
	assert.ErrorContains(t, err, "its schema is")
}

// A disagreement of measurement and model comes before all else, in words.
func TestADisagreementIsSaidFirst(t *testing.T) {
	r := weakened(t)
	require.Len(t, disagreements(r), 1)
	text := func(r barrier.Report) string {
		var out bytes.Buffer
		require.NoError(t, Reports.Render(&out, format.Text, r))
		return out.String()
	}
	assert.True(t, strings.HasPrefix(strings.Join(strings.Fields(text(r)), " "), "measurement and model disagree on ldar x1, [x0] at kernel/ring.c:1004 in move_area: it is not"))
	assert.True(t, strings.HasPrefix(text(suggested(t)), "measurement and model disagree on smp_store_release()"), text(suggested(t)))

	// Where the model leaves the bug possible with all that was found, the sentence says so; else those are the last.
	doubted := suggested(t)
	assert.Equal(t, []trial.Expectation{trial.Never, trial.Sometimes}, []trial.Expectation{doubted.Suggestions[0].Model.Says, doubted.Suggestions[1].Model.Says})
	doubted.AddModels([]barrier.Model{asked(trial.Sometimes), asked(trial.Never)})
	assert.Equal(t, trial.Never, doubted.Suggestions[0].Model.Says)
	assert.True(t, strings.HasPrefix(Sentence(doubted), "enough: smp_store_release()"), Sentence(doubted))
	doubted.AddModels([]barrier.Model{asked(trial.Sometimes), asked(trial.Sometimes)})
	assert.True(t, strings.HasPrefix(Sentence(doubted), "enough by measurement alone: smp_"), Sentence(doubted))
	assert.True(t, strings.HasPrefix(Short(doubted.Summary()), "enough by measurement alone: smp_"))

	// An alteration by name, that is enough or not.
	for says, c := range map[trial.Expectation]struct {
		hits uint64
		want string
	}{
		trial.Sometimes: {0, "enough in the emulator"}, trial.Never: {3, "not enough in the emulator"},
	} {
		a := altered(t, c.hits, 4096)
		require.Empty(t, disagreements(a))
		a.Altered.Model = asked(says)
		assert.True(t, strings.HasPrefix(text(a), "measurement and model disagree: it is "+c.want), text(a))
		a.Altered.Model = asked(map[trial.Expectation]trial.Expectation{trial.Sometimes: trial.Never, trial.Never: trial.Sometimes}[says])
		assert.NotContains(t, text(a), "disagree")
	}
}

// ofOwnTest is what the model says where the scenario's own test alone could be asked.
func ofOwnTest(says trial.Expectation) barrier.Model {
	return barrier.Model{Why: "no shape", Own: &trial.LitmusTest{Name: "unpatched", Allowed: says}}
}

// Each answer says whether the model certifies it, or why it says nothing.
func TestWhatTheModelSaysOfAnAnswer(t *testing.T) {
	r, row := suggested(t), barrier.Row{Answer: barrier.Needed}
	half := ofOwnTest(trial.Never)
	half.OneSided = true
	noTest, noAnswer := barrier.Model{Why: "no shape"}, asked("")
	for want, got := range map[string]string{
		"model: certified: a stale read is possible without it, and not with it":                                                                    modelWith(r, asked(trial.Never)),
		"model: certified of this side: a stale read is possible without it, and not with it as long as the other side keeps its accesses in order": modelWith(r, barrier.Model{Says: trial.Never, OneSided: true}),
		"model: a stale read is still possible with it":                                                                                             modelWith(r, asked(trial.Sometimes)),
		"model: no test: no shape":                                modelWith(r, noTest),
		"model: no answer: herd7 on the litmus test of witness 1": modelWith(r, noAnswer),
		"model: no test: no shape; in the scenario's own test, in the place of its fix: a stale read is not possible":                                                                              modelWith(r, ofOwnTest(trial.Never)),
		"model: no test: no shape; in the scenario's own test, in the place of its fix: a stale read is possible":                                                                                  modelWith(r, ofOwnTest(trial.Sometimes)),
		"model: no test: no shape; in the scenario's own test, in the place of its fix: a stale read is not possible as long as the other side has its part of the fix, and possible without that": modelWith(r, half),
		"": modelWith(r, barrier.Model{}) + modelWithout(r, barrier.Row{Answer: barrier.NotShownNeeded, Model: noTest}),
	} {
		assert.Equal(t, want, got)
	}
	row.Model = noTest
	assert.Equal(t, "model: no test: no shape", modelWithout(r, row))
	a := altered(t, 3, 4096)
	a.Altered.Model = asked(trial.Sometimes)
	assert.Equal(t, "model: what was seen is possible", modelUnder(a))
}

// Of the modes in which the reference is silent a silence says nothing.
func TestTheModesThatASilenceIsOfAreNamed(t *testing.T) {
	weak, more := weakened(t), suggested(t)
	weak.Rows[1].Forms[0].Result.Modes, more.Suggestions[0].Modes = []string{"pc"}, []string{"pc"}
	for _, r := range []barrier.Report{weak, more} {
		for _, f := range []format.Format{format.Text, format.Markdown, format.HTML} {
			var out bytes.Buffer
			require.NoError(t, Reports.Render(&out, f, r))
			assert.Contains(t, strings.Join(strings.Fields(out.String()), " "), "that is of mode pc alone", "%s", f)
		}
	}
}

// What a kernel's binary or a saved document says cannot steer a terminal or turn a page's text around.
func TestNoReportHoldsControlCharacters(t *testing.T) {
	evil := "e\x1b[31m|\u202e`x`<b>\nz"
	r := weakened(t)
	for i := range r.Rows {
		row := &r.Rows[i]
		row.Text, row.Source, row.Symbol, row.SourceText, row.Model.Why = evil, evil, evil, evil, evil
		row.Forms[0].Result.Reason = evil
	}
	r.Reference.What, r.Kernel.Version, r.Kernel.Compiler, r.QEMU.Version = evil, evil, evil, evil
	r.Spec.Arch = evil
	s := suggested(t)
	p := s.Suggestions[0].Parts[0].Position
	p.Before.Source, p.After.Source, p.Before.Symbol = evil, evil+"2", evil
	s.Suggestions[0].Diff = evil
	for i, says := range []trial.Expectation{"", trial.Sometimes} {
		s.Suggestions[i].Model = barrier.Model{Says: says, Why: evil, Test: &trial.LitmusTest{Text: evil}}
	}
	a := altered(t, 0, 4096)
	a.Altered.What, a.Altered.Result.Modes, a.Altered.Model = evil, []string{evil}, s.Suggestions[1].Model
	for name, r := range map[string]barrier.Report{"weakened": r, "suggested": s, "altered": a} {
		for _, f := range []format.Format{format.Text, format.Markdown, format.HTML, format.Line} {
			var out bytes.Buffer
			require.NoError(t, Reports.Render(&out, f, r))
			for _, c := range out.String() {
				if c != '\n' && c != '\t' && !unicode.IsPrint(c) {
					assert.Failf(t, "a raw character", "%s as %s holds %q", name, f, c)
				}
			}
		}
	}
}

// What docs/barriers.md shows has the form of what is printed, line by line.
func TestTheOutputsOfTheDocumentation(t *testing.T) {
	form := func(text string) string {
		for _, same := range [][2]string{
			{`dmb ish\w*`, "dmb"}, {`kernel/\w+\.c`, "FILE"}, {`between FILE:\d+ and :\d+|before FILE:\d+`, "PLACE"}, {`    smp_w?mb\(\);.*`, "barrier"}, {`without it;.*`, "without it"}, {`(FILE:\d+) in \w+`, "$1 in FUNCTION"},
		} {
			text = regexp.MustCompile(same[0]).ReplaceAllString(text, same[1])
		}
		return goldentest.Shape(text)
	}
	printed := map[string]bool{}
	for _, name := range []string{"weakened", "suggested"} {
		text, err := os.ReadFile("testdata/" + name + ".txt")
		require.NoError(t, err)
		for line := range strings.Lines(string(text)) {
			printed[form(line)] = true
		}
	}
	certified := suggested(t)
	certified.AddModels([]barrier.Model{asked(trial.Never), asked(trial.Never)})
	var out bytes.Buffer
	require.NoError(t, Reports.Render(&out, format.Text, certified))
	for line := range strings.Lines(out.String()) {
		printed[form(line)] = true
	}
	seen := 0
	for _, command := range []string{"$ kcovrig barriers\n", "$ kcovrig barriers --suggest"} {
		for line := range strings.Lines(goldentest.Block(t, "../../../docs/barriers.md", command)) {
			if strings.HasPrefix(line, "$ ") || line == "...\n" || regexp.MustCompile(`^  [-+@ ]`).MatchString(line) && !strings.HasPrefix(line, "    ") {
				continue
			}
			seen++
			assert.True(t, printed[form(line)], "no such line is printed: %s", line)
		}
	}
	assert.Greater(t, seen, 8)
}

// Of a scenario that is not for the tree nothing is counted, and no silence is worth anything.
func TestAScenarioThatDoesNotApplyAnswersNothing(t *testing.T) {
	result := ran()
	result.Kernel = trial.Kernel{}
	result.Judgement = trial.Judgement{Verdict: trial.DoesNotApply, Reasons: []string{"no series goes on this tree", "fix.patch does not go on:\n@@ -1 +1 @@"}}
	for name, search := range map[string]*barrier.Search{"weakened": nil, "suggested": {Stages: []barrier.Stage{{}}}} {
		r := barrier.NewReport(result, trial.Patched, barrier.Test{}, nil, search)
		assert.Equal(t, "not applicable: no series goes on this tree", Sentence(r), name)
		for _, form := range []format.Format{format.Text, format.Markdown, format.HTML} {
			var b bytes.Buffer
			require.NoError(t, Reports.Render(&b, form, r))
			assert.Contains(t, strings.ToLower(b.String()), "not applicable: no series goes on this tree", form)
			assert.Contains(t, b.String(), "Nothing was built", form)
			assert.Contains(t, b.String(), "fix.patch does not go on:", form)
			assert.NotRegexp(t, `probability|0 tries|no place|alterations|Kernel ,|kernel ,`, b.String(), "%s as %s", name, form)
		}
	}
}

// Of a fix of both sides, places of one side that are enough beside the same place of the
// other are said in one sentence; what the model says another thing of stands for itself.
func TestPairsOfOneSideStandTogether(t *testing.T) {
	r := suggested(t)
	pair := func(second uint64, source string, windows uint64, says trial.Expectation) barrier.Suggestion {
		first, s := *r.Suggestions[0].Parts[0].Position, r.Suggestions[0]
		other := first
		other.Address, other.Before.Offset, other.Before.Source, other.After.Source = second, second, source, ""
		s.Parts = []barrier.Part{
			{Change: trial.Change{Address: 0x50, To: trial.OrderLoads, Before: true}, Position: &first},
			{Change: trial.Change{Address: second, To: trial.OrderStores, Before: true}, Position: &other},
		}
		s.Diff, s.Windows, s.Model = "", windows, barrier.Model{Says: says}
		return s
	}
	r.Suggestions = []barrier.Suggestion{
		pair(0x90, "a.c:1", 4096, trial.Never), pair(0x94, "a.c:2", 3000, trial.Never), pair(0x98, "a.c:3", 4096, trial.Sometimes), pair(0x9c, "a.c:2", 4000, trial.Never),
	}
	groups := together(r.Suggestions)
	require.Len(t, groups, 2)
	require.Len(t, groups[0].More, 2)
	require.Empty(t, groups[1].more(r))
	for _, f := range []format.Format{format.Text, format.Markdown, format.HTML} {
		var out bytes.Buffer
		require.NoError(t, Reports.Render(&out, f, r))
		said := strings.NewReplacer(`\`, "", "&#43;", "+").Replace(strings.Join(strings.Fields(out.String()), " "))
		assert.Contains(t, said, "enough, too, beside the first of these: smp_wmb() before a.c:2 (before str x3, [x1] at move_area+0x94); smp_wmb() before a.c:2 (before str x3, [x1] at move_area+0x9c); none of 3000 windows was stale at the least with each", f)
		assert.Contains(t, said, "a.c:3", f)
	}
}
