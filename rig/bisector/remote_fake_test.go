// SPDX-License-Identifier: Apache-2.0

package bisector_test

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
	"kcovrig/rig/fault"
	"kcovrig/rig/fleet/natsserver"
	"kcovrig/rig/internal/gitbisect"
	"kcovrig/rig/rigtest"
	"kcovrig/rig/task"
	"kcovrig/rig/trial"
	"kcovrig/rig/worker"
)

// farmTester is a tester of a worker that has the farm's kernels, and the history
// that was sent.
type farmTester struct {
	bisector.Tester
	f        *farm
	repo     *gitbisect.Repo
	compiler func(wanted string) string
	basis    map[string]*task.Basis
}

func (b *farmTester) Test(ctx context.Context, commit string, a bisector.Request) (bisector.Tested, error) {
	if b.repo.GitDir == filepath.Join(b.f.dir, ".git") {
		return bisector.Tested{}, errors.New("it is the user's repository")
	}
	if _, err := b.repo.Subject(ctx, commit); err != nil {
		return bisector.Tested{}, err
	}
	if _, err := a.SentEmulator.Sources(); err != nil || a.SentEmulator == nil {
		return bisector.Tested{}, errors.Join(err, errors.New("it came without the emulator"))
	}
	tested, err := b.Tester.Test(ctx, commit, a)
	if fault.KindOf(err) == fault.Kernel {
		log := a.Folder + ".build.log"
		err = &fault.Error{Kind: fault.Kernel, Op: "build", Err: err, Log: log}
		return tested, errors.Join(err, os.WriteFile(log, []byte("what make said"), 0o600))
	}
	if b.compiler != nil {
		tested.Result.Kernel.Compiler = b.compiler(a.Compiler)
	}
	if basis, ok := b.basis[commit]; ok {
		tested.Basis = basis
	}
	return tested, err
}

// employ starts a worker of a farm on a server. change, where set, spoils its testers.
func employ(t *testing.T, f *farm, server natsserver.Access, name string, change func(*farmTester)) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	var work sync.WaitGroup
	work.Go(func() {
		_, err := worker.Work(ctx, worker.Config{
			Env:  command.Env{CacheDir: t.TempDir(), Version: "test", Tools: rigtest.NewLab(rigtest.Guest{}, rigtest.Guest{}).Tools(), Events: func(trial.Event) {}},
			Name: name, Slots: 1, Dir: t.TempDir(), NoKVM: true, Server: server,
			Tester: func(repo *gitbisect.Repo) bisector.Tester {
				b := &farmTester{Tester: f.tester(), f: f, repo: repo}
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
func embedded(t *testing.T) natsserver.Access {
	t.Helper()
	s, err := natsserver.Start(t.Context(), t.TempDir())
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, s.Close()) })
	return natsserver.Access{Embedded: s}
}

func (f *farm) sent(server natsserver.Access, workers int) bisector.Config {
	cfg := f.config()
	cfg.Tester, cfg.Server, cfg.AtOnce = nil, server, workers
	return cfg
}

// onceEach asserts that no commit has two answers, nor was booted twice.
func onceEach(t *testing.T, f *farm, steps []bisect.Step) {
	t.Helper()
	seen := map[string]bool{}
	for _, a := range steps {
		assert.False(t, seen[a.Commit], "%s has two answers", a.Commit)
		seen[a.Commit] = true
		r, err := bisector.LoadResult(a.Folder)
		require.NoError(t, err)
		assert.Equal(t, filepath.Join(a.Folder, "console"), r.Observations[0].Console, "paths point here")
	}
	for i := range f.commits {
		assert.LessOrEqual(t, f.tested(i), 1, "commit %d", i)
	}
}
