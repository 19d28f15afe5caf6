// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/bisect"
	"kcovrig/rig/bisector"
	"kcovrig/rig/command"
	"kcovrig/rig/compare"
	"kcovrig/rig/fleet/natsserver"
	"kcovrig/rig/internal/gitbisect"
	"kcovrig/rig/report/kept"
	"kcovrig/rig/result"
	"kcovrig/rig/rigtest"
	"kcovrig/rig/scenario"
	"kcovrig/rig/scenario/scenariotest"
	"kcovrig/rig/trial"
)

// labTester boots commits on fakes, with what the step brought, as a workspace does.
type labTester struct {
	cfg command.Config
	bad map[string]bool // commits
}

func (labTester) Same(context.Context, string) (as, by string, err error) { return "", "", nil }
func (labTester) Close() error                                            { return nil }

func (l labTester) Test(ctx context.Context, commit string, request bisector.Request) (bisector.Tested, error) {
	guest := rigtest.Guest{Step: 1000}
	if l.bad[commit] {
		guest.HitEvery = 2
	}
	lab := rigtest.NewLab(guest, guest)
	lab.Guests[trial.AsIs] = guest
	cfg := l.cfg
	cfg.Kernels, cfg.Tools, cfg.Boots = lab.Open, lab.Tools(), lab.Booting()
	cfg.Spec.CleanShare, cfg.Spec.Duration, cfg.OutDir, cfg.SentEmulator = request.Share, request.Duration, request.Folder, request.SentEmulator
	r, err := compare.Run(ctx, cfg, trial.AsIs)
	r.Spec.Rev = commit // the lab's kernels are of no tree
	return bisector.Tested{Result: r}, err
}

// A search for a commit sends a user's scenario with its steps, as it was when the search
// began, and it is the one that workers run.
func TestASearchOfAUsersScenarioOnWorkersElsewhere(t *testing.T) {
	const patch = "--- a/kernel/ring.c\n+++ b/kernel/ring.c\n@@ -1 +1,2 @@\n a();\n+smp_wmb();\n"
	repo, dir := rigtest.NewRepo(t, 9), filepath.Join(t.TempDir(), "ring")
	scenariotest.Ring(t, dir, patch)
	want, err := scenario.Load(dir)
	require.NoError(t, err)
	bad := map[string]bool{}
	for _, commit := range repo.Commits[5:] {
		bad[commit] = true
	}
	s, err := natsserver.Start(t.Context(), t.TempDir())
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, s.Close()) })
	server := natsserver.Access{Embedded: s}

	var mu sync.Mutex
	var got []scenario.Scenario
	m, err := Open(t.Context(), Config{
		Env:    command.Env{CacheDir: t.TempDir(), Version: "test", Tools: rigtest.NewLab(rigtest.Guest{}, rigtest.Guest{}).Tools(), Events: func(trial.Event) {}},
		Server: server, Name: "w", Slots: 1, Dir: t.TempDir(), NoKVM: true,
	})
	require.NoError(t, err)
	m.workspaces.open = func(cfg command.Config, _ *gitbisect.Repo, _ string) bisector.Tester {
		mu.Lock()
		defer mu.Unlock()
		got = append(got, *cfg.Scenario)
		assert.NoError(t, os.RemoveAll(dir))
		return labTester{cfg: cfg, bad: bad}
	}
	ctx, stop := context.WithCancel(t.Context())
	var work sync.WaitGroup
	work.Go(func() { assert.True(t, errors.Is(m.Work(ctx), context.Canceled)) })
	t.Cleanup(func() { stop(); work.Wait() })

	r, err := bisector.Find(t.Context(), bisector.Config{
		Config: command.Config{
			Env: command.Env{CacheDir: t.TempDir(), Version: "test", Events: func(e trial.Event) {
				if e.Note != "" {
					t.Log(e.Note)
				}
			}},
			Spec:    trial.Spec{Scenario: dir, Arch: "arm64", Tree: repo.Dir, MemoryModel: trial.ModelArm, Accel: trial.AccelAuto},
			Reports: kept.Reports(),
		},
		Good: repo.Commits[:1], Bad: []string{"main"}, Server: server,
	})
	require.NoError(t, err)
	require.Equal(t, "found", r.Outcome)
	assert.Equal(t, repo.Commits[5], r.First[0].Hash)
	require.NotEmpty(t, got)
	for _, s := range got {
		assert.Equal(t, want.Hash, s.Hash)
		assert.Equal(t, patch, string(s.Text("fix.patch")))
	}
	ranIt(t, r, want)
}

// ranIt fails unless each step was a run of that scenario.
func ranIt(t *testing.T, r bisect.Report, want scenario.Scenario) {
	t.Helper()
	require.NotEmpty(t, r.Steps)
	for _, a := range r.Steps {
		run, err := result.Load(a.Folder)
		require.NoError(t, err)
		assert.Equal(t, want.Hash, run.Document.ScenarioHash, "%s", a.Commit)
		assert.Equal(t, []string{"once"}, run.Document.Spec.Modes)
	}
}
