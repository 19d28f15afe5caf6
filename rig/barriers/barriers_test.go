// SPDX-License-Identifier: Apache-2.0

package barriers

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/guest/wire"
	"kcovrig/rig/barrier"
	"kcovrig/rig/barrier/candidate"
	"kcovrig/rig/boot"
	"kcovrig/rig/coderange"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/objcode"
	"kcovrig/rig/internal/weakmem"
	"kcovrig/rig/prepare"
	"kcovrig/rig/rigtest"
	"kcovrig/rig/trial"
)

// A64 that orders.
const (
	nop     = 0xd503201f
	dmbSt   = 0xd5033abf
	dmbLoad = 0xd50339bf
	str     = 0xf9000001 // STR X1, [X0]
	isb     = 0xd5033fdf
	start   = 0x1000
)

// stages of the numbers that barrier.Weaken gives to: dmb ishst, dmb ishld, isb.
const (
	ofStores, ofLoads, ofISB = 1, 2, 3
)

// lab has a kernel with three instructions that order, of which those under altered
// show something else than the code as it is.
func lab(altered map[uint64]rigtest.Guest) *rigtest.Lab {
	guest := rigtest.Guest{Step: 64, Altered: altered}
	l := rigtest.NewLab(guest, guest)
	l.Kernel = []rigtest.Function{{Symbol: "f", Start: start, Code: []uint32{str, dmbSt, str, nop, dmbLoad, str, isb, str}}, rigtest.Nops("g", 0x2000, 4)}
	l.Between = []uint64{start + 4}
	l.InScope = []coderange.Range{{Role: coderange.Body, Symbol: "f", Start: start, End: start + 32}}
	return l
}

func find(t *testing.T, l *rigtest.Lab, change func(*Config)) (Found, error) {
	t.Helper()
	cfg := Config{Config: l.Config(t), Model: func(_ context.Context, _ string, tests []trial.LitmusTest) (trial.Expectation, error) {
		if strings.Contains(tests[0].Text, "DMB ST") || strings.Contains(tests[0].Text, "DMB ISHST") {
			return trial.Never, nil
		}
		return trial.Sometimes, nil
	}}
	cfg.Limits = barrier.Limits{Error: 0.01, Turn: 64, Most: 1 << 14}
	if change != nil {
		change(&cfg)
	}
	return Find(t.Context(), cfg)
}

func answers(f Found) (out []barrier.Answer) {
	for _, r := range f.Rows {
		out = append(out, r.Answer)
	}
	return out
}

var bad = rigtest.Guest{Step: 64, HitEvery: 4, Hits: []wire.Detection{{Mode: "pc", Witness: 1}}}

func TestWhatIsNeededIsFound(t *testing.T) {
	l := lab(map[uint64]rigtest.Guest{ofStores: bad})
	l.Skipped = map[uint64]bool{start + 24: true}
	found, err := find(t, l, nil)
	require.NoError(t, err)
	require.Len(t, found.Rows, 3)
	assert.Equal(t, []barrier.Answer{barrier.Needed, barrier.NotShownNeeded, barrier.NeverCame}, answers(found), "%+v", found.Test.Results())
	assert.Len(t, l.Boots, 1, "all in one boot")
	for _, n := range []uint64{0, ofStores, ofLoads, ofISB} {
		assert.Contains(t, l.VMs[0].Chosen(), n)
	}
	plan := l.Plans[0]
	assert.Equal(t, []trial.Alteration{{{Address: start + 4, To: trial.OrderNone}}, {{Address: start + 16, To: trial.OrderNone}}, {{Address: start + 24, To: trial.OrderNone}}}, plan.Alterations)
	assert.Less(t, plan.Select.Start, plan.Select.End, "the guest's function is found")
	assert.Equal(t, mostMarks, plan.Marks)
	r := found.Result
	assert.Equal(t, trial.CommandBarriers, r.Command)
	require.Len(t, r.Observations, 1)
	assert.Equal(t, trial.OutcomeOK, r.Observations[0].Outcome)
	assert.Positive(t, r.Observations[0].Tallies[0].Windows)
	assert.Zero(t, r.Observations[0].Tallies[0].HitWindows)
}

func TestAKernelThatDoesNotBearAnAlterationIsBootedAgain(t *testing.T) {
	l := lab(map[uint64]rigtest.Guest{ofStores: bad, ofLoads: {Fault: wire.Faultf(wire.WhoseKernel, "write", "it hung")}})
	found, err := find(t, l, nil)
	require.NoError(t, err)
	assert.Equal(t, []barrier.Answer{barrier.Needed, barrier.NoAnswer, barrier.NotShownNeeded}, answers(found))
	assert.Contains(t, found.Rows[1].Forms[0].Result.Reason, "it hung")
	assert.Len(t, l.Boots, 3, "it is tried twice")
}

// A boot that ended under an alteration is remembered: the next one's silence says nothing.
func TestSilenceAfterAFailureIsNoAnswer(t *testing.T) {
	l := lab(map[uint64]rigtest.Guest{ofStores: bad, ofLoads: {Once: true, Fault: wire.Faultf(wire.WhoseKernel, "write", "it hung")}})
	found, err := find(t, l, nil)
	require.NoError(t, err)
	assert.Equal(t, []barrier.Answer{barrier.Needed, barrier.NoAnswer, barrier.NotShownNeeded}, answers(found))
	f := found.Rows[1].Forms[0]
	assert.Positive(t, f.Seen.Windows(), "it was tried twice")
	assert.Contains(t, f.Result.Reason, "once")
	assert.Contains(t, f.Result.Reason, "it hung")
	assert.Len(t, l.Boots, 2)
}

// Where the kernel has put another instruction, nothing was altered: that is not "not executed".
func TestWhatCannotBeAlteredHasNoAnswer(t *testing.T) {
	l := lab(map[uint64]rigtest.Guest{ofStores: bad})
	l.Unfit = map[uint64]bool{start + 24: true}
	found, err := find(t, l, nil)
	require.NoError(t, err)
	assert.Equal(t, []barrier.Answer{barrier.Needed, barrier.NotShownNeeded, barrier.NoAnswer}, answers(found))
	assert.Contains(t, found.Rows[2].Forms[0].Result.Reason, "cannot alter")
	assert.Positive(t, found.Rows[2].Forms[0].Seen.Unfit)
}

// What orders loads alone cannot be heard where the emulator reorders none.
func TestLoadsAreReorderedInBodiesOnly(t *testing.T) {
	l := lab(map[uint64]rigtest.Guest{ofStores: bad})
	l.InScope[0].Role = coderange.Path
	found, err := find(t, l, nil)
	require.NoError(t, err)
	assert.Equal(t, []barrier.Answer{barrier.Needed, barrier.NoAnswer, barrier.NoAnswer}, answers(found))
	assert.Equal(t, noLoads, found.Rows[1].Forms[0].Result.Reason)

	scope := []coderange.Range{{Role: coderange.Callee, Start: 0, End: 8}}
	load := []candidate.Ordering{{Address: 4, Kind: candidate.Load, Orders: trial.OrderAcquire}}
	assert.Equal(t, map[uint64]bool{4: true}, neverShown(load, scope))
	assert.Empty(t, neverShown(load, append(scope, coderange.Range{Role: coderange.Body, Start: 8, End: 16})), "all are executed as bodies are")
	assert.Empty(t, neverShown([]candidate.Ordering{{Address: 4, Kind: candidate.Fence, Orders: trial.OrderAll}}, scope))
	assert.False(t, isNeverShown(trial.Alteration{{Address: 4}, {Address: 8}}, map[uint64]bool{4: true}))
}

func TestAWitnessHasTheWordsOfItsAlteration(t *testing.T) {
	found, err := find(t, lab(map[uint64]rigtest.Guest{ofStores: bad}), keeping(trial.Witness{}))
	require.NoError(t, err)
	require.NotEmpty(t, found.Result.Witnesses)
	assert.Contains(t, found.Result.Witnesses[0].Under, "ordered nothing")
}

// keeping has a witness kept of each boot's hits.
func keeping(w trial.Witness) func(*Config) {
	w.Detection.Mode, w.Detection.Witness = bad.Hits[0].Mode, bad.Hits[0].Witness
	return func(c *Config) {
		plugin := c.Boots.Plugin
		c.Boots.Plugin = func(ctx context.Context, cfg weakmem.Config) (weakmem.Plugin, error) {
			p, err := plugin(ctx, cfg)
			p.Trace = "trace"
			return p, err
		}
		c.Boots.Witnesses = func(boot.WitnessConfig) ([]trial.Witness, error) { return []trial.Witness{w}, nil }
	}
}

func TestAnAlterationInWords(t *testing.T) {
	code := candidate.Code{
		Orderings: []candidate.Ordering{{Address: 4, Instruction: trial.Instruction{Text: "dmb ishst", Source: "f.c:3"}}},
		Accesses:  []candidate.Access{{Address: 8, Instruction: trial.Instruction{Text: "str x1, [x0]", Symbol: "f", Offset: 8}}},
	}
	a := trial.Alteration{{Address: 4, To: trial.OrderNone}, {Address: 8, To: trial.OrderRelease}, {Address: 12, To: trial.OrderAll, Before: true}}
	assert.Equal(t, "dmb ishst at f.c:3 ordered nothing, str x1, [x0] at f+0x8 ordered as "+string(trial.OrderRelease)+", with a barrier ("+string(trial.OrderAll)+") before the instruction at 0xc", under(a, places(code)))
}

// A turn without a window ends the boot, and only a second one the alteration.
func TestATurnWithoutAWindowIsTriedAgain(t *testing.T) {
	test := barrier.Test{Limits: barrier.DefaultLimits(), Modes: []string{"pc"}, Trials: []barrier.Trial{{Alteration: trial.Alteration{{Address: start, To: trial.OrderNone}}}}}
	tt := turns{setup: &prepare.Setup{}, test: &test, at: barrier.Turn{Number: 1}, failed: map[int]int{}, silences: map[int]*trial.Silence{}}
	assert.True(t, tt.count(boot.Shown{}))
	assert.Empty(t, test.Seen[1].Broke)
	assert.Contains(t, test.Seen[1].Failed, "did not have its windows")
	assert.True(t, tt.count(boot.Shown{}))
	assert.Contains(t, test.Seen[1].Broke, "did not have its windows")
}

// What is not the alteration's fault ends the command.
func TestAFaultOfTheRigEndsTheSearch(t *testing.T) {
	l := lab(map[uint64]rigtest.Guest{ofLoads: {Fault: wire.Faultf(wire.WhoseRig, "write", "odd")}})
	_, err := find(t, l, nil)
	assert.Equal(t, fault.Rig, fault.KindOf(err), "%v", err)
	l = lab(map[uint64]rigtest.Guest{0: {Fault: wire.Faultf(wire.WhoseKernel, "write", "gone")}})
	_, err = find(t, l, nil)
	assert.Equal(t, fault.Kernel, fault.KindOf(err), "%v", err)
}

func TestWithoutAHitNothingIsNotShown(t *testing.T) {
	found, err := find(t, lab(nil), func(c *Config) { c.Limits.Most = 128 })
	require.NoError(t, err)
	assert.Equal(t, []barrier.Answer{barrier.NoAnswer, barrier.NoAnswer, barrier.NoAnswer}, answers(found))
}

// Where the emulator could not have spoken under an alteration, its silence says nothing.
func TestSilenceHasToBeEarned(t *testing.T) {
	l := lab(map[uint64]rigtest.Guest{ofStores: bad})
	l.Noted = func(trial.Variant) ([]weakmem.Site, error) { return nil, nil }
	found, err := find(t, l, func(c *Config) { c.Limits.Most = 1024 })
	require.NoError(t, err)
	assert.Equal(t, []barrier.Answer{barrier.Needed, barrier.NoAnswer, barrier.NoAnswer}, answers(found))
	assert.Contains(t, found.Rows[1].Forms[0].Result.Reason, "noted nothing")
}

func TestWhatWasFoundIsKept(t *testing.T) {
	var dir string
	_, err := find(t, lab(map[uint64]rigtest.Guest{ofStores: bad}), func(c *Config) {
		dir = c.OutDir
		c.Files = func(f Found) (map[string][]byte, error) {
			return map[string][]byte{"barriers.md": []byte(f.Rows[0].Answer)}, nil
		}
	})
	require.NoError(t, err)
	assert.FileExists(t, dir+"/result.json")
	assert.FileExists(t, dir+"/barriers.md")
	report, kept, err := Load(dir)
	require.NoError(t, err)
	assert.True(t, kept)
	assert.Len(t, report.Rows, 3)
}

func TestAnInterruptedSearchTellsWhatItHas(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	l := lab(map[uint64]rigtest.Guest{ofStores: bad})
	cfg := Config{Config: l.Config(t), Limits: barrier.Limits{Error: 0.01, Turn: 64, Most: 1 << 40}}
	looks := 0
	l.Noted = func(v trial.Variant) ([]weakmem.Site, error) {
		if looks++; looks == 4 {
			cancel()
		}
		return nil, nil
	}
	found, err := Find(ctx, cfg)
	require.NoError(t, err)
	require.Len(t, found.Result.Observations, 1)
	assert.Equal(t, trial.OutcomeCut, found.Result.Observations[0].Outcome)
	assert.True(t, found.cut)
	assert.Len(t, found.Rows, 3)
}

func TestOnlyTheEmulatorAlters(t *testing.T) {
	_, err := find(t, lab(nil), func(c *Config) { c.Spec.MemoryModel = trial.ModelNative })
	assert.Equal(t, fault.User, fault.KindOf(err))
}

// The model is asked about the two writes without the instruction.
func TestTheModelIsAskedWithoutTheInstruction(t *testing.T) {
	l := lab(map[uint64]rigtest.Guest{ofStores: bad})
	l.Ways = objcode.Ways{Of: [][]string{{"DMB ST", "STR X7,[X3]"}}}
	found, err := find(t, l, nil)
	require.NoError(t, err)
	assert.Equal(t, barrier.Model{Says: trial.Sometimes, Why: "herd7 with aarch64.cat on the 1 ways between the two stores, without it"}, found.Rows[0].Model)
	assert.Equal(t, trial.Never, found.Rows[1].Model.Says)
	assert.False(t, found.Rows[0].Disagrees() || found.Rows[1].Disagrees())

	l = lab(map[uint64]rigtest.Guest{ofStores: bad})
	l.Ways = objcode.Ways{Why: "nobody knows"}
	found, err = find(t, l, nil)
	require.NoError(t, err)
	assert.Equal(t, barrier.Model{Why: "nobody knows"}, found.Rows[0].Model)
}

func TestWaysWithoutAnInstruction(t *testing.T) {
	row := func(kind candidate.Kind, orders trial.Order) barrier.Row {
		return barrier.Row{Ordering: candidate.Ordering{Kind: kind, Orders: orders}, Fix: true}
	}
	ways := [][]string{{"DMB SY", "STLR X7,[X3]"}}
	got, _ := waysWithout(ways, row(candidate.Fence, trial.OrderAll))
	assert.Equal(t, [][]string{{"STLR X7,[X3]"}}, got)
	got, _ = waysWithout(ways, row(candidate.Store, trial.OrderRelease))
	assert.Equal(t, [][]string{{"DMB SY", "STR X7,[X3]"}}, got)
	got, why := waysWithout(ways, row(candidate.Fence, trial.OrderStores))
	assert.Nil(t, got)
	assert.NotEmpty(t, why)

	// Of two alike a way does not say which is which.
	got, why = waysWithout([][]string{{"DMB SY", "DMB SY", "STR X7,[X3]"}}, row(candidate.Fence, trial.OrderAll))
	assert.Nil(t, got)
	assert.Contains(t, why, "two of its kind")
	other := row(candidate.Fence, trial.OrderAll)
	other.Fix = false
	got, why = waysWithout(ways, other)
	assert.Nil(t, got)
	assert.Contains(t, why, "is not known")
	other.Orders = trial.OrderStores
	got, _ = waysWithout(ways, other)
	assert.Equal(t, ways, got)
}
