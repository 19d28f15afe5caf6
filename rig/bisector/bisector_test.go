// SPDX-License-Identifier: Apache-2.0

package bisector_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/guest/wire"
	"kcovrig/rig/bisect"
	"kcovrig/rig/bisector"
	"kcovrig/rig/fault"
	"kcovrig/rig/rigtest"
	"kcovrig/rig/scenario"
	"kcovrig/rig/trial"
)

// Git's log is put in the place of the one that an earlier call left.
func TestGitsLogAppearsWhole(t *testing.T) {
	f := newFarm(t, 4).broken(2, 4)
	r, err := bisector.Find(t.Context(), f.config())
	require.NoError(t, err)
	earlier, err := os.Stat(r.GitLog)
	require.NoError(t, err)
	require.NoError(t, os.Link(r.GitLog, r.GitLog+".opened")) // which keeps its number from the next
	r, err = bisector.Find(t.Context(), f.config())
	require.NoError(t, err)
	now, err := os.Stat(r.GitLog)
	require.NoError(t, err)
	assert.False(t, os.SameFile(earlier, now))
}

func TestBisectFindsWhatBrokeIt(t *testing.T) {
	for _, workers := range []int{1, 2, 3} {
		f := newFarm(t, 20).broken(13, 20)
		f.kernels[f.commits[9]] = fakeKernel{{err: kernelFault("ring.c: error: no")}}
		before := f.git("for-each-ref") + f.git("worktree", "list") + f.git("status", "--porcelain")
		cfg := f.config()
		cfg.AtOnce, cfg.OutDir = workers, filepath.Join(t.TempDir(), "out")
		r, err := bisector.Find(t.Context(), cfg)
		require.NoError(t, err)
		assert.Equal(t, "found", r.Outcome)
		require.Len(t, r.First, 1)
		assert.Equal(t, f.commits[13], r.First[0].Hash)
		assert.Equal(t, "Fixes: "+f.commits[13][:12]+" (\"commit 13\")", r.First[0].Fixes)
		assert.Equal(t, workers, f.made)
		assert.Equal(t, "no", r.HitCode.Ordered)
		assert.Equal(t, "yes", r.CleanCode.Ordered)
		assert.NotNil(t, r.Witness)
		require.NotNil(t, r.Confidence)
		assert.InDelta(t, 1, *r.Confidence, 1e-8)
		assert.InDelta(t, r.HitLower/bisector.Safety, r.Share, 1e-12)
		assert.Equal(t, before, f.git("for-each-ref")+f.git("worktree", "list")+f.git("status", "--porcelain"))
		for _, name := range []string{"bisect.json", "bisect.md", "bisect.log", "journal.json", "steps/" + f.commits[13][:12] + "/result.json"} {
			assert.FileExists(t, filepath.Join(cfg.OutDir, name))
		}
		text, err := os.ReadFile(filepath.Join(cfg.OutDir, "bisect.json"))
		require.NoError(t, err)
		var saved bisect.Report
		require.NoError(t, json.Unmarshal(text, &saved))
		assert.NotContains(t, string(text), filepath.Join(r.Folder, "steps"), "it may be moved")
		assert.Equal(t, r.Steps, saved.In(r.Folder).Steps)
		for _, a := range saved.In(cfg.OutDir).Steps {
			if a.Folder != "" && a.Whose == "" {
				assert.DirExists(t, a.Folder, "the copy holds what it names")
			}
		}
		for i := range f.commits {
			assert.LessOrEqual(t, f.tested(i), 1, "commit %d", i)
		}
	}
}

// Whoever watches hears how many rounds are done, and about how many there will be.
func TestASearchSaysHowFarItIs(t *testing.T) {
	f := newFarm(t, 20).broken(13, 20)
	cfg := f.config()
	var far []trial.ProgressEvent
	cfg.Events = rigtest.OneAtATime(func(e trial.Event) {
		if e.Progress != nil {
			far = append(far, *e.Progress)
		}
	})
	r, err := bisector.Find(t.Context(), cfg)
	require.NoError(t, err)
	require.Len(t, far, r.Rounds)
	for i, e := range far {
		assert.Equal(t, i, e.Done)
		assert.Greater(t, e.Of, e.Done)
		assert.Regexp(t, "^rounds or so, [0-9]+ commits left$", e.What)
	}
}

func TestBisectFindsWhatRepairedIt(t *testing.T) {
	f := newFarm(t, 18).broken(0, 7)
	cfg := f.config()
	cfg.Good, cfg.Bad, cfg.Fixed = []string{"main"}, []string{f.commits[0]}, true
	r, err := bisector.Find(t.Context(), cfg)
	require.NoError(t, err)
	assert.Equal(t, f.commits[7], r.First[0].Hash)
	assert.Empty(t, r.First[0].Fixes)
	log, err := os.ReadFile(r.GitLog)
	require.NoError(t, err)
	assert.Contains(t, string(log), "# first fixed commit: ["+f.commits[7])
	assert.Contains(t, string(log), "git bisect broken ")

	cfg.TermOld, cfg.TermNew = "leaky", "tight"
	r, err = bisector.Find(t.Context(), cfg)
	require.NoError(t, err)
	assert.Equal(t, "tight", r.TermNew)
	assert.Equal(t, f.commits[7], r.First[0].Hash)
}

// Wherever it is interrupted, the next call goes on, and tests nothing twice.
func TestBisectGoesOn(t *testing.T) {
	for _, after := range []int{1, 2, 5, 6} {
		f := newFarm(t, 30).broken(21, 30)
		ctx, stop := context.WithCancel(t.Context())
		f.after, f.stop = after, stop
		cfg := f.config()
		cfg.AtOnce = 1 + after%2
		r, err := bisector.Find(ctx, cfg)
		require.ErrorIs(t, err, context.Canceled)
		assert.Empty(t, r.Outcome)
		kept := len(r.Steps)
		f.after = 0
		r, err = bisector.Find(t.Context(), cfg)
		require.NoError(t, err)
		assert.Equal(t, f.commits[21], r.First[0].Hash)
		if cfg.AtOnce == 1 { // of two at once one may turn out to be pointless
			assert.Equal(t, after-1, kept, "an answer was lost")
		}
		repeated := 0
		for i := range f.commits {
			repeated += max(0, f.tested(i)-1)
		}
		assert.LessOrEqual(t, repeated, cfg.AtOnce, "more than what was interrupted was tested again")
		runs := len(f.runs)
		_, err = bisector.Find(t.Context(), cfg)
		require.NoError(t, err)
		assert.Len(t, f.runs, runs, "a finished search tests nothing")
		cfg.Reset = true
		_, err = bisector.Find(t.Context(), cfg)
		require.NoError(t, err)
		assert.NoDirExists(t, r.Folder)
		assert.Len(t, strings.Split(f.git("worktree", "list"), "\n"), 1)
	}
}

// A scenario with a program names no two writes: which stores matter shows at the bad end.
func TestCommitsAreHeldAgainstTheEndThatShowsTheBug(t *testing.T) {
	pair := func(order, passed uint64) *trial.Silence {
		return &trial.Silence{Pairs: []trial.AccessPair{{First: "f: a = 1", Second: "f: b = 1", Order: order, Passed: passed}}}
	}
	search := func(clean *trial.Silence) (bisect.Report, *farm, error) {
		f := newFarm(t, 10)
		for i, c := range f.commits {
			f.kernels[c] = fakeKernel{{blocks: 4000, silence: clean}}
			if i >= 5 {
				f.kernels[c] = fakeKernel{{hits: 60, blocks: 64, silence: pair(0, 500)}}
			}
		}
		r, err := bisector.Find(t.Context(), f.config())
		return r, f, err
	}
	r, f, err := search(pair(900, 0))
	require.NoError(t, err)
	require.Len(t, r.First, 1)
	assert.Equal(t, f.commits[5], r.First[0].Hash)
	_, _, err = search(pair(900, 3))
	require.ErrorContains(t, err, "none were kept in order by an instruction")
	_, _, err = search(&trial.Silence{Pairs: []trial.AccessPair{}})
	require.ErrorContains(t, err, "the emulator saw no such two stores")
}

func TestEndsThatAreWrong(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*farm, *bisector.Config)
		kind   fault.Kind
		words  string
	}{
		"swapped by what they show": {func(f *farm, _ *bisector.Config) { f.broken(0, 5) }, fault.User, "swapped"},
		"both clean":                {func(*farm, *bisector.Config) {}, fault.User, "should show stale reads, does not"},
		"both broken":               {func(f *farm, _ *bisector.Config) { f.broken(0, 10) }, fault.User, "shows stale reads as well"},
		"the broken end does not build": {func(f *farm, _ *bisector.Config) {
			f.kernels[f.commits[9]] = fakeKernel{{err: kernelFault("error: no")}}
		}, fault.Kernel, "cannot be tested"},
		"the clean end does not boot": {func(f *farm, _ *bisector.Config) {
			f.broken(5, 10)
			f.kernels[f.commits[0]] = fakeKernel{{err: kernelFault("panic")}}
		}, fault.Kernel, "should be clean, cannot be tested"},
		"the scenario is not for an end": {func(f *farm, _ *bisector.Config) {
			f.kernels[f.commits[9]] = fakeKernel{{err: trial.DoesNotApplyf(fault.Kernel, "", "it is 5.4")}}
		}, fault.User, "the scenario does not apply"},
		"swapped by history": {func(f *farm, c *bisector.Config) { c.Good, c.Bad = c.Bad, c.Good }, fault.User, "wrong way round"},
		"no such revision":   {func(_ *farm, c *bisector.Config) { c.Good = []string{"none"} }, fault.User, "no such commit"},
		"no repository":      {func(_ *farm, c *bisector.Config) { c.Spec.Tree = t.TempDir() }, fault.User, "git repository"},
		"the scenario is not for the architecture": {func(_ *farm, c *bisector.Config) {
			s, err := scenario.Load(scenario.Default)
			if err == nil {
				s.Archs, c.Scenario = []string{"x86_64"}, &s
			}
		}, fault.User, "is not for arm64"},
		"a scenario whose hits end the boot": {func(_ *farm, c *bisector.Config) {
			s, err := scenario.Load(scenario.Default)
			if err == nil {
				s.Program = &scenario.Program{Start: wire.Program{Windows: 512}}
				c.Scenario = &s
			}
		}, fault.User, "a hit ends those of scenario"},
		"an ordered machine":   {func(_ *farm, c *bisector.Config) { c.Spec.Arch = "x86_64" }, fault.User, "TSO"},
		"a reader of no order": {func(_ *farm, c *bisector.Config) { c.Spec.Readers = []trial.Reader{trial.Relaxed} }, fault.User, "--reader"},
		"no ends":              {func(_ *farm, c *bisector.Config) { c.Bad = nil }, fault.User, "--good and --bad"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFarm(t, 10)
			cfg := f.config()
			c.change(f, &cfg)
			r, err := bisector.Find(t.Context(), cfg)
			require.ErrorContains(t, err, c.words)
			assert.Equal(t, c.kind, fault.KindOf(err))
			assert.Empty(t, r.Outcome)
			assert.Nil(t, r.Confidence)
		})
	}
}

// It is skipped at once: to test it for longer would change nothing.
func TestACommitThatTheScenarioIsNotForIsSkipped(t *testing.T) {
	f := newFarm(t, 20).broken(13, 20)
	f.kernels[f.commits[9]] = fakeKernel{{err: trial.DoesNotApplyf(fault.Kernel, "look at the tree", "it has no kernel/ring.c")}}
	r, err := bisector.Find(t.Context(), f.config())
	require.NoError(t, err)
	require.Len(t, r.First, 1)
	assert.Equal(t, f.commits[13], r.First[0].Hash)
	require.Equal(t, 1, f.tested(9))
	for _, a := range r.Steps {
		if a.Commit == f.commits[9] {
			assert.Equal(t, trial.FindingInconclusive, a.Finding)
			assert.Equal(t, "cannot be tested: the scenario does not apply: it has no kernel/ring.c", a.Reason)
		}
	}
}

func TestALogBeginsTheSearch(t *testing.T) {
	f := newFarm(t, 20).broken(13, 20)
	log := filepath.Join(t.TempDir(), "log")
	text := "git bisect start '" + f.commits[19] + "' '" + f.commits[0] + "'\ngit bisect good " + f.commits[10] + "\ngit bisect skip " + f.commits[14] + "\n"
	require.NoError(t, os.WriteFile(log, []byte(text), 0o600))
	cfg := f.config()
	cfg.Good, cfg.Bad, cfg.Log = nil, nil, log
	r, err := bisector.Find(t.Context(), cfg)
	require.NoError(t, err)
	assert.Equal(t, f.commits[13], r.First[0].Hash)
	assert.Equal(t, 2, r.Given)
	assert.Zero(t, f.tested(14))
	for i := 1; i < 10; i++ {
		assert.Zero(t, f.tested(i))
	}
}
