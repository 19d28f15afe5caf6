// SPDX-License-Identifier: Apache-2.0

package rig

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
	"kcovrig/rig/fault"
	"kcovrig/rig/fleet"
	"kcovrig/rig/internal/gitbisect"
	"kcovrig/rig/trial"
)

// farmBench is a bench of a worker that has the farm's kernels, and the history
// that was sent.
type farmBench struct {
	prober
	f        *farm
	repo     *gitbisect.Repo
	compiler func(wanted string) string
	ground   map[string]*ground
}

func (b *farmBench) run(ctx context.Context, commit string, a asked) (trial.Result, error) {
	if b.repo.GitDir == filepath.Join(b.f.dir, ".git") {
		return trial.Result{}, errors.New("it is the user's repository")
	}
	if _, err := b.repo.Subject(ctx, commit); err != nil {
		return trial.Result{}, err
	}
	if _, err := a.emulator.Sources(); err != nil || a.emulator == nil {
		return trial.Result{}, errors.Join(err, errors.New("it came without the emulator"))
	}
	r, err := b.prober.run(ctx, commit, a)
	if fault.KindOf(err) == fault.Kernel {
		log := a.folder + ".build.log"
		err = &fault.Error{Kind: fault.Kernel, Op: "build", Err: err, Log: log}
		return r, errors.Join(err, os.WriteFile(log, []byte("what make said"), 0o600))
	}
	if b.compiler != nil {
		r.Kernel.Compiler = b.compiler(a.compiler)
	}
	return r, err
}

func (b *farmBench) grounds(_ context.Context, commit string) (*ground, error) {
	return b.ground[commit], nil
}

// employ starts a worker of a farm on a server. change, where set, spoils its benches.
func employ(t *testing.T, f *farm, server fleet.Server, name string, change func(*farmBench)) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	var work sync.WaitGroup
	work.Go(func() {
		err := Work(ctx, WorkerConfig{
			Name: name, Slots: 1, Dir: t.TempDir(), CacheDir: t.TempDir(), Version: "test", Backends: newLab(fakeGuest{}, fakeGuest{}).backends(), Events: func(trial.Event) {}, server: server,
			prober: func(repo *gitbisect.Repo) prober {
				b := &farmBench{prober: f.prober(), f: f, repo: repo}
				if change != nil {
					change(b)
				}
				return b
			},
		})
		assert.True(t, errors.Is(err, context.Canceled), "%v", err)
	})
	t.Cleanup(func() { stop(); work.Wait() })
}

// embedded starts a server that only this process reaches.
func embedded(t *testing.T) fleet.Server {
	t.Helper()
	s, err := fleet.StartEmbedded(t.Context(), t.TempDir())
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, s.Close()) })
	return fleet.Server{Embedded: s}
}

func (f *farm) sent(server fleet.Server, workers int) BisectConfig {
	cfg := f.config()
	cfg.probers, cfg.server, cfg.Workers = nil, server, workers
	return cfg
}

// onceEach asserts that no commit has two answers, nor was booted twice.
func onceEach(t *testing.T, f *farm, steps []bisect.Answer) {
	t.Helper()
	seen := map[string]bool{}
	for _, a := range steps {
		assert.False(t, seen[a.Commit], "%s has two answers", a.Commit)
		seen[a.Commit] = true
		r, err := loadResult(a.Folder)
		require.NoError(t, err)
		assert.Equal(t, filepath.Join(a.Folder, "console"), r.Observations[0].Console, "paths point here")
	}
	for i := range f.commits {
		assert.LessOrEqual(t, f.tested(i), 1, "commit %d", i)
	}
}

// opened is a search that has its folder, as each call of the same command opens
// it; its lock is gone as that of one that was killed.
func (f *farm) opened(cfg BisectConfig) *remote {
	f.t.Helper()
	b := &bisection{cfg: cfg}
	require.NoError(f.t, b.validate())
	var err error
	b.repo, err = gitbisect.Open(f.t.Context(), f.dir)
	require.NoError(f.t, err)
	require.NoError(f.t, b.open(f.t.Context()))
	require.NoError(f.t, b.state.close())
	e, err := newElsewhere(b)
	require.NoError(f.t, err)
	return &remote{elsewhere: e}
}
