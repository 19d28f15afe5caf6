// SPDX-License-Identifier: Apache-2.0

package verdict

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/guest/wire"
	"kcovrig/rig/trial"
	"kcovrig/rig/wording"
)

func tally(mode string, blocks, hitBlocks uint64) wire.Tally {
	windows := blocks * BlockSize
	return wire.Tally{
		Mode: mode, Windows: windows, Units: 4 * windows, Blocks: blocks,
		HitBlocks: hitBlocks, HitWindows: hitBlocks, HitUnits: hitBlocks,
	}
}

func arm(v trial.Variant, tallies ...wire.Tally) trial.Observation {
	return trial.Observation{Variant: v, Reader: trial.Acquire, Outcome: trial.OutcomeOK, BlockSize: BlockSize, Tallies: tallies}
}

func TestJudge(t *testing.T) {
	bad, clean := tally("pc", 400, 240), tally("pc", 600, 0)
	half := tally("pc", 10, 0)
	looseHit := clean
	looseHit.HitWindows, looseHit.HitUnits = 1, 1
	with := func(o trial.Observation, change func(*trial.Observation)) trial.Observation { change(&o); return o }
	for name, c := range map[string]struct {
		unpatched, patched trial.Observation
		setting            Setting
		want               trial.Verdict
	}{
		"fixed":                          {arm(trial.Unpatched, bad), arm(trial.Patched, clean), Setting{}, trial.Fixed},
		"cut short counts":               {arm(trial.Unpatched, bad), with(arm(trial.Patched, clean), func(o *trial.Observation) { o.Outcome = trial.OutcomeCut }), Setting{}, trial.Fixed},
		"patched hit":                    {arm(trial.Unpatched, bad), arm(trial.Patched, bad), Setting{}, trial.NotFixed},
		"one hit window":                 {arm(trial.Unpatched, bad), arm(trial.Patched, looseHit), Setting{}, trial.NotFixed},
		"too few":                        {arm(trial.Unpatched, bad), arm(trial.Patched, half), Setting{}, trial.Inconclusive},
		"no window":                      {arm(trial.Unpatched, bad), arm(trial.Patched, tally("pc", 0, 0)), Setting{}, trial.Inconclusive},
		"unpatched clean":                {arm(trial.Unpatched, clean), arm(trial.Patched, clean), Setting{}, trial.Inconclusive},
		"same code":                      {arm(trial.Unpatched, bad), arm(trial.Patched, clean), Setting{SameCode: true}, trial.Identical},
		"same code, hit":                 {arm(trial.Unpatched, bad), arm(trial.Patched, bad), Setting{SameCode: true}, trial.Identical},
		"same code there, not elsewhere": {trial.Observation{}, trial.Observation{}, Setting{SameCode: true, Elsewhere: true}, trial.Inconclusive},
		"tso, and not elsewhere":         {arm(trial.Unpatched, clean), arm(trial.Patched, clean), Setting{RuledOut: true, SameCode: true, Elsewhere: true}, trial.NoEffect},
		"tso, the user's patch":          {arm(trial.Unpatched, clean), arm(trial.Patched, clean), Setting{RuledOut: true, SameCode: true, Own: true}, trial.Identical},
		"tso, the user's, elsewhere":     {trial.Observation{}, trial.Observation{}, Setting{RuledOut: true, SameCode: true, Elsewhere: true, Own: true}, trial.Inconclusive},
		"tso, the user's, other code":    {arm(trial.Unpatched, clean), arm(trial.Patched, clean), Setting{RuledOut: true, Own: true}, trial.NoEffect},
		"the user's patch, same code":    {trial.Observation{}, trial.Observation{}, Setting{SameCode: true, Own: true}, trial.Identical},
		"same code, not run":             {trial.Observation{}, trial.Observation{}, Setting{SameCode: true}, trial.Identical},
		"same code, relaxed":             {arm(trial.Unpatched, bad), arm(trial.Patched, bad), Setting{SameCode: true, Unordered: true}, trial.Identical},
		"emulator idle":                  {arm(trial.Unpatched, bad), arm(trial.Patched, clean), Setting{Emulated: true}, trial.Inconclusive},
		"emulator at work":               {with(arm(trial.Unpatched, bad), noted(free)), with(arm(trial.Patched, clean), noted(kept)), Setting{Emulated: true}, trial.Fixed},
		"tso":                            {arm(trial.Unpatched, clean), arm(trial.Patched, clean), Setting{RuledOut: true, SameCode: true}, trial.NoEffect},
		"tso, nothing ran":               {arm(trial.Unpatched, tally("pc", 0, 0)), arm(trial.Patched, clean), Setting{RuledOut: true}, trial.Inconclusive},
		"tso, unpatched hit":             {arm(trial.Unpatched, bad), arm(trial.Patched, clean), Setting{RuledOut: true}, trial.Inconclusive},
		"tso, patched hit":               {arm(trial.Unpatched, clean), arm(trial.Patched, bad), Setting{RuledOut: true}, trial.NotFixed},
		"relaxed, both hit":              {arm(trial.Unpatched, bad), arm(trial.Patched, bad), Setting{Unordered: true}, trial.Inconclusive},
		"relaxed, patched clean":         {arm(trial.Unpatched, bad), arm(trial.Patched, clean), Setting{Unordered: true}, trial.Inconclusive},
		"relaxed, tso":                   {arm(trial.Unpatched, clean), arm(trial.Patched, clean), Setting{Unordered: true, RuledOut: true}, trial.NoEffect},
		"swapped":                        {arm(trial.Patched, bad), arm(trial.Unpatched, clean), Setting{}, trial.Inconclusive},
		"no tallies":                     {arm(trial.Unpatched), arm(trial.Patched), Setting{}, trial.Inconclusive},
		"other reader":                   {arm(trial.Unpatched, bad), with(arm(trial.Patched, clean), func(o *trial.Observation) { o.Reader = trial.Relaxed }), Setting{}, trial.Inconclusive},
		"other mode":                     {arm(trial.Unpatched, bad), arm(trial.Patched, tally("cmp", 200, 0)), Setting{}, trial.Inconclusive},
		"other block":                    {arm(trial.Unpatched, bad), with(arm(trial.Patched, clean), func(o *trial.Observation) { o.BlockSize = 1 }), Setting{}, trial.Inconclusive},
		"both fixed":                     {arm(trial.Unpatched, bad, tally("cmp", 400, 220)), arm(trial.Patched, clean, tally("cmp", 600, 0)), Setting{}, trial.Fixed},
		"one mode not fixed":             {arm(trial.Unpatched, bad, tally("cmp", 90, 50)), arm(trial.Patched, clean, tally("cmp", 200, 1)), Setting{}, trial.NotFixed},
		"one mode inconclusive":          {arm(trial.Unpatched, bad, tally("cmp", 90, 0)), arm(trial.Patched, clean, tally("cmp", 200, 0)), Setting{}, trial.Inconclusive},
		"not fixed, other not seen":      {arm(trial.Unpatched, bad, tally("cmp", 90, 0)), arm(trial.Patched, bad, tally("cmp", 200, 0)), Setting{}, trial.NotFixed},
	} {
		t.Run(name, func(t *testing.T) {
			j := Judge(c.unpatched, c.patched, c.setting)
			assert.Equal(t, c.want, j.Verdict, "%+v", j)
			assert.NotEmpty(t, j.Reasons)
		})
	}
}

// What the scenario's tests of the unpatched kernel forbid was not shown where both kernels
// ran for long enough, and the emulator could have shown something in both.
func TestJudgeWhatTheTestsForbid(t *testing.T) {
	bad, clean, half, long := tally("pc", 400, 240), tally("pc", 600, 0), tally("pc", 10, 0), tally("pc", CleanBlocks, 0)
	ruled := Setting{Emulated: true, Never: []string{"unpatched"}}
	same := ruled
	same.SameCode = true
	worked := func(v trial.Variant, tallies ...wire.Tally) trial.Observation {
		o := arm(v, tallies...)
		o.Counters = map[string]uint64{counterDelayed: 1}
		return o
	}
	for name, c := range map[string]struct {
		unpatched, patched trial.Observation
		setting            Setting
		want               trial.Verdict
	}{
		"none shown":    {worked(trial.Unpatched, long), worked(trial.Patched, clean), ruled, trial.NoEffect},
		"little ran":    {worked(trial.Unpatched, half), worked(trial.Patched, clean), ruled, trial.Inconclusive},
		"nothing ran":   {worked(trial.Unpatched, long), worked(trial.Patched, tally("pc", 0, 0)), ruled, trial.Inconclusive},
		"idle":          {arm(trial.Unpatched, long), worked(trial.Patched, clean), ruled, trial.Inconclusive},
		"idle patched":  {worked(trial.Unpatched, long), arm(trial.Patched, clean), ruled, trial.Inconclusive},
		"unpatched hit": {worked(trial.Unpatched, bad), worked(trial.Patched, clean), ruled, trial.Inconclusive},
		"patched hit":   {worked(trial.Unpatched, long), worked(trial.Patched, bad), ruled, trial.NotFixed},
		"same code":     {worked(trial.Unpatched, long), worked(trial.Patched, clean), same, trial.Identical},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, c.want, Judge(c.unpatched, c.patched, c.setting).Verdict)
		})
	}
}

// A patch of smp_wmb() alone leaves the code as it is on a TSO architecture: that it was not
// tested there must not read as if it did nothing anywhere.
func TestIdenticalKernelsOnTSOSayWhatABarrierIsThere(t *testing.T) {
	for _, elsewhere := range []bool{false, true} {
		j := Unrun(Setting{RuledOut: true, SameCode: true, Own: true, Elsewhere: elsewhere})
		assert.Contains(t, j.Reasons[0], "nothing was")
		assert.Contains(t, j.Reasons[0], "smp_wmb(), say, is no instruction on it but a compiler barrier")
		assert.NotContains(t, Unrun(Setting{SameCode: true, Own: true, Elsewhere: elsewhere}).Reasons[0], "smp_wmb()")
	}
}

// While little was seen the number of blocks that are needed is a guess, soon another one, and
// may have ten digits: people are told no such number.
func TestAGreatNumberOfBlocksIsNotSaidToBeNeeded(t *testing.T) {
	seldom, few := tally("pc", 400, 55), tally("pc", 10, 0)
	j := Judge(arm(trial.Unpatched, seldom), arm(trial.Patched, few), Setting{Limit: 3 * time.Second})
	require.Greater(t, j.Modes[0].Required, uint64(BlocksShown))
	assert.Contains(t, j.Reasons[0], "10 clean blocks in the patched kernel, more from both kernels needed")
	assert.Contains(t, Judge(arm(trial.Unpatched, tally("pc", 400, 60)), arm(trial.Patched, few), Setting{}).Reasons[0], ", 6301 needed")
}

func TestWhatALimitLeftUndecidedNamesALongerOne(t *testing.T) {
	bad, few, long := tally("pc", 400, 240), tally("pc", 10, 0), tally("pc", CleanBlocks, 0)
	reason := func(u, p wire.Tally, limit time.Duration) string {
		return Judge(arm(trial.Unpatched, u), arm(trial.Patched, p), Setting{Limit: limit}).Reasons[0]
	}
	assert.Contains(t, reason(bad, few, GiveUp), "10 clean blocks in the patched kernel, 129 needed; the stress of each kernel ended after 2m: --duration 10m gives it more time, 20m in all, since the kernels take turns")
	assert.Contains(t, reason(few, few, 6*time.Minute), "ended after 6m: --duration 24m ")
	assert.Contains(t, reason(bad, tally("pc", 0, 0), 3*time.Second), "ended after 3s: without --duration it ends when the verdict is certain, or after 2m")
	assert.Contains(t, reason(long, few, 3*time.Second), "; few machines show one without the memory emulator, which --memory-model=native leaves out")
	for name, none := range map[string]string{
		"as long as one that shows nothing may": reason(long, few, GiveUp), "no limit": reason(bad, few, 0), "the longest": reason(bad, few, trial.MaxDuration),
	} {
		assert.NotContains(t, none, "--duration", name)
	}
	idle := func(p wire.Tally) string {
		return Judge(arm(trial.Unpatched, bad), arm(trial.Patched, p), Setting{Limit: GiveUp, Emulated: true}).Reasons[0]
	}
	assert.Contains(t, Judge(arm(trial.Unpatched, long), arm(trial.Patched, long), Setting{Emulated: true, Limit: GiveUp}).Reasons[0], reasonNoHit(wording.Words{})+"; see that the memory emulator reorders in the code of both accesses")
	assert.Contains(t, idle(few), "says nothing; the stress of each kernel ended after 2m", "what the emulator noted may have been too little")
	assert.Equal(t, reasonIdle, idle(long), "enough, but for the emulator")
	cut := arm(trial.Patched, few)
	cut.Outcome = trial.OutcomeCut
	assert.NotContains(t, Judge(arm(trial.Unpatched, bad), cut, Setting{Limit: GiveUp}).Reasons[0], "--duration", "an interrupt ended it")
	u, p := arm(trial.Unpatched, tally("pc", 4, 1)), arm(trial.Patched, tally("pc", 4, 0))
	u.Boots, p.Boots = []trial.Boot{{End: trial.BootHit, Hits: 1}}, []trial.Boot{{End: trial.BootClean}}
	assert.Regexp(t, "too few boots: .*ended after 10h: --duration 24h ", Judge(u, p, Setting{Limit: 10 * time.Hour}).Reasons[0])
	assert.Regexp(t, "ended after 3s: without --duration .* after 120 boots", Judge(u, p, Setting{Limit: 3 * time.Second}).Reasons[0])
}

func TestNothingButOKAndCutIsCounted(t *testing.T) {
	for _, o := range []trial.Outcome{trial.OutcomeUnknown, trial.OutcomeKernelFault, trial.OutcomeGuestFault, trial.OutcomeRigFault, trial.OutcomeTimeout, "new"} {
		for _, broken := range []bool{false, true} {
			u, p := arm(trial.Unpatched, tally("pc", 100, 60)), arm(trial.Patched, tally("pc", 200, 200))
			if broken {
				p.Outcome = o
			} else {
				u.Outcome = o
			}
			assert.Equal(t, trial.Inconclusive, Judge(u, p, Setting{}).Verdict, "%q in the patched arm: %v", o, broken)
		}
	}
}

func TestConfidence(t *testing.T) {
	j := Judge(arm(trial.Unpatched, tally("pc", 400, 240), tally("cmp", 400, 360)), arm(trial.Patched, tally("pc", 600, 0), tally("cmp", 700, 0)), Setting{})
	require.Equal(t, trial.Fixed, j.Verdict)
	require.NotNil(t, j.Confidence)
	assert.Greater(t, *j.Confidence, 1-MissLimit)
	assert.Equal(t, j.Modes[0].MissProbability, *j.MissProbability, "the weaker mode decides")
	assert.Nil(t, Judge(arm(trial.Unpatched, tally("pc", 9, 0)), arm(trial.Patched, tally("pc", 9, 0)), Setting{}).Confidence)
	assert.Equal(t, trial.VerdictUnknown, trial.Judgement{}.Verdict, "the zero value is unknown")
}

func TestStopRules(t *testing.T) {
	u, p := []wire.Tally{tally("pc", 200, 150), tally("cmp", 200, 120)}, func(pc, cmp wire.Tally) []wire.Tally { return []wire.Tally{pc, cmp} }
	need, ok := Required(120, 200)
	require.True(t, ok)
	clean := tally("pc", 500, 0)
	assert.False(t, Certain(nil, nil))
	assert.False(t, Certain(u, nil))
	assert.False(t, Certain(nil, p(clean, clean)))
	assert.False(t, Certain(u, p(clean, tally("cmp", need-1, 0))))
	assert.True(t, Certain(u, p(clean, tally("cmp", need, 0))))
	assert.True(t, Certain(u, p(clean, tally("cmp", 2, 1))), "a hit window settles a mode")
	assert.False(t, Certain([]wire.Tally{tally("pc", 1000, 0), u[1]}, p(tally("pc", 1<<20, 0), tally("cmp", need, 0))), "no hit block, no bound")
	assert.False(t, Certain([]wire.Tally{u[0], tally("cmp", 9, 0)}, p(clean, tally("cmp", 9, 9))), "the unpatched arm has had no chance")
	assert.True(t, Certain([]wire.Tally{u[0], tally("cmp", LoneBlocks, 0)}, p(clean, tally("cmp", 9, 9))))
	hitless := p(tally("pc", CleanBlocks, 0), tally("cmp", CleanBlocks, 0))
	assert.True(t, Certain(hitless, p(clean, clean)))
	assert.False(t, Certain(p(hitless[0], tally("cmp", CleanBlocks-1, 0)), p(clean, clean)))
	assert.False(t, Certain(u, p(clean, tally("other", 9999, 0))))
	assert.Equal(t, trial.Fixed, Judge(arm(trial.Unpatched, u...), arm(trial.Patched, clean, tally("cmp", need, 0)), Setting{}).Verdict,
		"what the rule stops at is certain")
	assert.False(t, Enough(nil))
	assert.False(t, Enough([]wire.Tally{tally("pc", LoneBlocks, 0), tally("cmp", LoneBlocks-1, 0)}))
	assert.True(t, Enough([]wire.Tally{tally("pc", LoneBlocks, 0)}))
}

// However bad the unpatched kernel is, Certain asks for far more clean windows than
// its longest clean stretch ever had, see BlockSize.
func TestFixedNeedsManyWindows(t *testing.T) {
	for n := uint64(1); ; n++ {
		if Certain([]wire.Tally{tally("pc", n, n)}, []wire.Tally{tally("pc", n, 0)}) {
			assert.Greater(t, n*BlockSize, uint64(900))
			return
		}
	}
}

func TestCheckTallies(t *testing.T) {
	modes := []string{"pc"}
	require.NoError(t, trial.CheckTallies([]wire.Tally{tally("pc", 10, 3)}, modes, BlockSize))
	for name, change := range map[string]func(*wire.Tally){
		"mode":          func(t *wire.Tally) { t.Mode = "cmp" },
		"hit windows":   func(t *wire.Tally) { t.HitWindows, t.HitUnits = t.Windows+1, t.Units },
		"hit entries":   func(t *wire.Tally) { t.HitUnits = t.Units + 1 },
		"entries":       func(t *wire.Tally) { t.Units = t.Windows - 1 },
		"fewer entries": func(t *wire.Tally) { t.HitUnits = 0 },
		"blocks":        func(t *wire.Tally) { t.Blocks++ },
		"hit blocks":    func(t *wire.Tally) { t.HitBlocks = 11 },
		"silent blocks": func(t *wire.Tally) { t.HitBlocks = 4 },
	} {
		bad := tally("pc", 10, 3)
		change(&bad)
		assert.Error(t, trial.CheckTallies([]wire.Tally{bad}, modes, BlockSize), name)
	}
	assert.Error(t, trial.CheckTallies(nil, modes, BlockSize))
}

func TestSpecValidate(t *testing.T) {
	good := trial.Spec{Arch: "arm64", Readers: []trial.Reader{trial.Acquire}, Modes: []string{"pc"}, MemoryModel: trial.ModelArm, Accel: trial.AccelAuto}
	require.NoError(t, good.Validate())
	for name, change := range map[string]func(*trial.Spec){
		"arch": func(s *trial.Spec) { s.Arch = "vax" }, "reader": func(s *trial.Spec) { s.Readers = nil }, "reader name": func(s *trial.Spec) { s.Readers = []trial.Reader{"loud"} },
		"reader twice": func(s *trial.Spec) { s.Readers = []trial.Reader{trial.Relaxed, trial.Relaxed} },
		"modes":        func(s *trial.Spec) { s.Modes = nil }, "twice": func(s *trial.Spec) { s.Modes = []string{"pc", "pc"} },
		"model": func(s *trial.Spec) { s.MemoryModel = "x" }, "accel": func(s *trial.Spec) { s.Accel = "" },
		"kvm+arm": func(s *trial.Spec) { s.Accel = trial.AccelKVM }, "duration": func(s *trial.Spec) { s.Duration = -1 },
		"jobs": func(s *trial.Spec) { s.Jobs = -1 }, "rev": func(s *trial.Spec) { s.Rev = "HEAD" },
	} {
		s := good
		change(&s)
		assert.Error(t, s.Validate(), name)
	}
}

// A kernel that brought no observation is named by its place.
func TestTheKernelThatDidNotRunIsNamed(t *testing.T) {
	j := Judge(arm(trial.Unpatched, wire.Tally{Mode: "pc"}), trial.Observation{}, Setting{})
	assert.Equal(t, []string{"the patched kernel did not run"}, j.Reasons)
}
