// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"kcovrig/rig/bisector"
	"kcovrig/rig/command"
	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
	"kcovrig/rig/fleet"
	"kcovrig/rig/internal/gitbisect"
	"kcovrig/rig/task"
)

// keptHistories is how many searches' histories, with their checkouts and build
// folders, a worker keeps: a kernel's take some GB.
const keptHistories = 2

// workspaces are the places of a worker in which commits are built. Each search's
// history is unpacked once, into a folder named by its hash, and has as many
// workspaces as steps of it run here at once, so that make compiles what differs.
type workspaces struct {
	dir string
	cfg command.Config // of what is run here, without a specification
	// sandbox is for the kernels of all steps, whether or not they ask for it.
	sandbox bool
	open    func(cfg command.Config, repo *gitbisect.Repo, dir string) bisector.Tester

	mu   sync.Mutex
	held map[string]*heldHistory // by the beginning of the bundle's hash
}

// heldHistory is one that this process has used.
type heldHistory struct {
	dir    string
	users  int                     // running steps; under the workspaces' mu, as is which are busy
	spaces map[string][]*workspace // by the settings that are built with

	mu   sync.Mutex // held while it is unpacked
	repo *gitbisect.Repo
}

// workspace is one, in a folder of its own; p is nil where it is to be opened.
type workspace struct {
	busy bool
	p    bisector.Tester
}

func newWorkspaces(cfg Config) *workspaces {
	c := command.Config{Env: cfg.Env}
	return &workspaces{dir: filepath.Join(cfg.Dir, "histories"), cfg: c, sandbox: cfg.Sandbox, held: map[string]*heldHistory{}, open: func(c command.Config, repo *gitbisect.Repo, dir string) bisector.Tester {
		if cfg.Tester != nil {
			return cfg.Tester(repo)
		}
		return bisector.NewWorkspace(c, repo, dir, cfg.Slots)
	}}
}

// acquire hands out a workspace for the step whose artifacts are in dir. release, to be
// called once, keeps it for the next step; one that may not be in order, since
// make was stopped in it, is closed and looked over when it is opened again.
func (b *workspaces) acquire(ctx context.Context, t fleet.Task, s task.Step, dir string) (_ bisector.Tester, release func(inOrder bool) error, err error) {
	const op = "unpack a step"
	at := slices.IndexFunc(t.Artifacts, func(a fleet.Artifact) bool { return a.Name == task.HistoryBundle })
	if at < 0 {
		return nil, nil, fault.Newf(fault.Rig, op, "no history came with it")
	}
	settings, err := json.Marshal(s.Spec) // a workspace with others would build all anew
	if err != nil {
		return nil, nil, fault.Wrap(fault.Rig, op, err)
	}
	h, err := b.claim(t.Artifacts[at].SHA256[:16]) // the fleet has verified it
	if err != nil {
		return nil, nil, err
	}
	if err := h.unpack(ctx, dir); err != nil {
		return nil, nil, errors.Join(err, b.release(h, nil, true))
	}
	cfg := b.cfg
	cfg.Spec = s.Spec
	cfg.Spec.Sandbox = s.Spec.Sandbox || b.sandbox
	if cfg.Scenario, err = task.ReceiveScenario(s.Spec, dir); err != nil {
		return nil, nil, errors.Join(err, b.release(h, nil, true))
	}
	on := b.occupy(h, cfg, disk.Sum(settings)[:12])
	return on.p, func(inOrder bool) error { return b.release(h, on, inOrder) }, nil
}

// unpack makes the history's repository, once.
func (h *heldHistory) unpack(ctx context.Context, from string) (err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.repo == nil {
		h.repo, err = gitbisect.Unbundle(ctx, filepath.Join(from, task.HistoryBundle), filepath.Join(from, task.HistoryBoundary), filepath.Join(h.dir, "git"))
	}
	return err
}

// occupy takes a free workspace with these settings, or makes another one.
func (b *workspaces) occupy(h *heldHistory, cfg command.Config, settings string) *workspace {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := slices.IndexFunc(h.spaces[settings], func(s *workspace) bool { return !s.busy })
	if n < 0 {
		n = len(h.spaces[settings])
		h.spaces[settings] = append(h.spaces[settings], &workspace{})
	}
	s := h.spaces[settings][n]
	s.busy = true
	if s.p == nil {
		s.p = b.open(cfg, h.repo, filepath.Join(h.dir, fmt.Sprintf("%s-%d", settings, n)))
	}
	return s
}

// release gives back what claim and occupy took.
func (b *workspaces) release(h *heldHistory, on *workspace, inOrder bool) (err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	h.users--
	if on == nil {
		return nil
	}
	on.busy = false
	if !inOrder {
		err, on.p = on.p.Close(), nil
	}
	return err
}

// claim finds the history's folder and keeps it from being removed. Where it is
// new here, those that were not used for longest make room.
func (b *workspaces) claim(name string) (*heldHistory, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	h := b.held[name]
	if h == nil {
		command.NoteHousekeeping(b.cfg.Events, b.makeRoom(name))
		h = &heldHistory{dir: filepath.Join(b.dir, name), spaces: map[string][]*workspace{}}
		b.held[name] = h
	}
	now := time.Now()
	err := os.MkdirAll(h.dir, 0o700)
	if err == nil {
		err = os.Chtimes(h.dir, now, now)
	}
	if err != nil {
		return nil, fault.Wrap(fault.Rig, "make a history's folder", err)
	}
	h.users++
	return h, nil
}

// makeRoom removes all but the latest histories that are kept beside a new one,
// also those of a worker before this one; b.mu is held.
func (b *workspaces) makeRoom(name string) error {
	const op = "remove an old history"
	found, err := filepath.Glob(filepath.Join(b.dir, "*"))
	if err != nil {
		return fault.Wrap(fault.Rig, op, err)
	}
	used := map[string]time.Time{}
	for _, dir := range found {
		if info, err := os.Stat(dir); err == nil && filepath.Base(dir) != name {
			used[dir] = info.ModTime()
		}
	}
	latest := slices.SortedFunc(maps.Keys(used), func(x, y string) int { return used[y].Compare(used[x]) })
	for _, dir := range latest[min(len(latest), keptHistories-1):] {
		if h := b.held[filepath.Base(dir)]; h != nil && h.users > 0 {
			continue
		} else if h != nil {
			err = errors.Join(err, h.close())
			delete(b.held, filepath.Base(dir))
		}
		err = errors.Join(err, fault.Wrap(fault.Rig, op, os.RemoveAll(dir)))
	}
	return err
}

func (h *heldHistory) close() (err error) {
	for _, spaces := range h.spaces {
		for _, s := range spaces {
			if s.p != nil {
				err = errors.Join(err, s.p.Close())
			}
		}
	}
	return err
}

// close gives all workspaces up; no step may be running. What was built stays.
func (b *workspaces) close() (err error) {
	for _, h := range b.held {
		err = errors.Join(err, h.close())
	}
	return err
}
