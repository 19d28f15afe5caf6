// SPDX-License-Identifier: Apache-2.0

package bisector_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/bisect"
	"kcovrig/rig/bisector"
	"kcovrig/rig/fault"
	"kcovrig/rig/trial"
	"kcovrig/rig/verdict"
)

// answerTo bisects 3 commits and returns what was said of the one in the middle.
func answerTo(t *testing.T, boots ...fakeBoot) (bisect.Step, *farm, error) {
	t.Helper()
	f := newFarm(t, 3).broken(2, 3)
	f.kernels[f.commits[1]] = boots
	r, err := bisector.Find(t.Context(), f.config())
	for _, a := range r.Steps {
		if a.Commit == f.commits[1] {
			return a, f, err
		}
	}
	return bisect.Step{}, f, err
}

// One hit, or a share far below the broken end's, is not believed at once.
func TestAFlakyCommitIsTestedForLonger(t *testing.T) {
	a, f, err := answerTo(t, fakeBoot{hits: 1, blocks: 64}, fakeBoot{hits: 40, blocks: 900})
	require.NoError(t, err)
	assert.Equal(t, trial.FindingHit, a.Finding)
	assert.Equal(t, 2, f.tested(1))
	assert.Equal(t, 2, a.Runs)

	a, f, err = answerTo(t, fakeBoot{hits: 1, blocks: 64}, fakeBoot{blocks: 9000})
	require.NoError(t, err)
	assert.Equal(t, trial.FindingInconclusive, a.Finding, "neither hit nor clean")
	assert.Contains(t, a.Reason, "not believed")
	assert.Equal(t, 2, f.tested(1))

	a, f, err = answerTo(t, fakeBoot{hits: 5, blocks: 5000}, fakeBoot{hits: 5, blocks: 5000})
	require.NoError(t, err)
	assert.Equal(t, trial.FindingHit, a.Finding)
	assert.Equal(t, 2, f.tested(1))

	a, f, err = answerTo(t, fakeBoot{hits: 50, blocks: 64})
	require.NoError(t, err)
	assert.Equal(t, trial.FindingHit, a.Finding)
	assert.Equal(t, 1, f.tested(1), "nothing to doubt")
}

func TestTooLittleIsTestedForLongerThenSkipped(t *testing.T) {
	a, _, err := answerTo(t, fakeBoot{blocks: 20}, fakeBoot{blocks: 9000})
	require.NoError(t, err)
	assert.Equal(t, trial.FindingClean, a.Finding)
	assert.LessOrEqual(t, a.Miss, verdict.MissLimit)

	a, f, err := answerTo(t, fakeBoot{blocks: 20}, fakeBoot{blocks: 30})
	require.NoError(t, err)
	assert.Equal(t, trial.FindingInconclusive, a.Finding)
	assert.Equal(t, 2, f.tested(1))
}

// A commit is clean only where its silence was earned; else it is skipped, and says why.
func TestSilenceThatWasNotEarnedIsSkipped(t *testing.T) {
	call := trial.Stop{Instruction: trial.Instruction{Symbol: "stop", Text: "bl far"}, Why: "caution-call", Count: 900}
	for name, c := range map[string]struct {
		boot fakeBoot
		want trial.Finding
		why  string
	}{
		"caution alone":       {fakeBoot{silence: &trial.Silence{Stores: trial.Earned{Caution: 900, Stops: []trial.Stop{call}}}}, trial.FindingInconclusive, "bl far at stop"},
		"overtaken unseen":    {fakeBoot{silence: &trial.Silence{Stores: trial.Earned{Order: 900, Passed: 2}}}, trial.FindingInconclusive, "overtook the first 2 times"},
		"nothing noted":       {fakeBoot{silence: &trial.Silence{}}, trial.FindingInconclusive, "noted nothing"},
		"caution, mostly":     {fakeBoot{silence: &trial.Silence{Stores: trial.Earned{Order: 1, Caution: 900, Stops: []trial.Stop{call}}}}, trial.FindingInconclusive, "bl far at stop"},
		"caution, seldom":     {fakeBoot{silence: &trial.Silence{Stores: trial.Earned{Order: 800, Caution: 200}}}, trial.FindingClean, ""},
		"the binary says no":  {fakeBoot{ordered: "no"}, trial.FindingInconclusive, "order kept: no"},
		"the binary: partly":  {fakeBoot{ordered: "partly"}, trial.FindingInconclusive, "order kept: partly"},
		"the binary: unknown": {fakeBoot{ordered: "unknown"}, trial.FindingClean, ""},
	} {
		t.Run(name, func(t *testing.T) {
			c.boot.blocks = 4000
			a, _, err := answerTo(t, c.boot)
			require.NoError(t, err)
			assert.Equal(t, c.want, a.Finding, a.Reason)
			assert.Contains(t, a.Reason, c.why)
		})
	}
}

func TestAnEndWhoseSilenceWasNotEarnedIsNone(t *testing.T) {
	f := newFarm(t, 2).broken(1, 2)
	f.kernels[f.commits[0]] = fakeKernel{{blocks: 4000, silence: &trial.Silence{Stores: trial.Earned{Caution: 900}}}}
	_, err := bisector.Find(t.Context(), f.config())
	require.ErrorContains(t, err, "no instruction that Arm orders stores by")
	assert.Equal(t, fault.User, fault.KindOf(err))
	assert.Contains(t, trial.FailureOf(err).Try, "choose an end that shows more")
}

// What goes wrong in the rig is no answer: tried once more, then the end.
func TestAFaultOfTheRigIsNoAnswer(t *testing.T) {
	whoops := fault.Newf(fault.Rig, "boot", "QEMU is gone")
	a, _, err := answerTo(t, fakeBoot{err: whoops}, fakeBoot{hits: 60, blocks: 64})
	require.NoError(t, err)
	assert.Equal(t, trial.FindingHit, a.Finding)

	a, _, err = answerTo(t, fakeBoot{err: whoops})
	require.ErrorIs(t, err, whoops)
	assert.Equal(t, fault.Rig, fault.KindOf(err))
	assert.Empty(t, a.Commit)

	for _, kind := range []fault.Kind{fault.Kernel, fault.Guest} {
		a, f, err := answerTo(t, fakeBoot{err: fault.Wrap(kind, "boot", errors.New("no"))})
		require.NoError(t, err)
		assert.Equal(t, trial.FindingInconclusive, a.Finding)
		assert.Equal(t, kind.String(), a.Whose)
		assert.Equal(t, 1, f.tested(1))
	}
}

// A commit with the code of one that was tested gets its answer and says so;
// its certainty is not counted twice.
func TestTheSameCodeIsTheSameAnswer(t *testing.T) {
	f := newFarm(t, 16).broken(9, 16)
	for i := range 9 {
		f.alike[f.commits[i]] = f.commits[0]
	}
	cfg := f.config()
	r, err := bisector.Find(t.Context(), cfg)
	require.NoError(t, err)
	assert.Equal(t, f.commits[9], r.First[0].Hash)
	reused := 0
	for _, a := range r.Steps {
		if a.SameAs != "" {
			reused++
			assert.Equal(t, f.commits[0], a.SameAs)
			assert.Contains(t, a.Reason, "by its source")
		}
	}
	assert.Positive(t, reused)
	for i := 1; i < 9; i++ {
		assert.Zero(t, f.tested(i))
	}
	assert.InDelta(t, verdict.BoundError+r.Steps[1].Miss, r.Miss, 1e-15)

	cfg.Reset = true
	_, err = bisector.Find(t.Context(), cfg)
	require.NoError(t, err)
	cfg.Reset, cfg.Paranoid = false, true
	r, err = bisector.Find(t.Context(), cfg)
	require.NoError(t, err)
	assert.Equal(t, f.commits[9], r.First[0].Hash)
	for _, a := range r.Steps {
		assert.Empty(t, a.SameAs)
	}
}

// A weak broken end is measured for longer, so that clean has a bar to pass.
func TestAWeakBrokenEndIsMeasuredForLonger(t *testing.T) {
	f := newFarm(t, 3)
	f.kernels[f.commits[1]] = fakeKernel{{hits: 800, blocks: 4000}}
	f.kernels[f.commits[2]] = fakeKernel{{hits: 1, blocks: 64}, {hits: 800, blocks: 4000}}
	r, err := bisector.Find(t.Context(), f.config())
	require.NoError(t, err)
	assert.Equal(t, f.commits[1], r.First[0].Hash)
	assert.Equal(t, 2, f.tested(2))
	assert.Greater(t, r.HitLower, 0.02)
}
