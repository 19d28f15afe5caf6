// SPDX-License-Identifier: Apache-2.0

package bisector

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"kcovrig/rig/bisect"
	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/gitbisect"
	"kcovrig/rig/result"
	"kcovrig/rig/task"
	"kcovrig/rig/trial"
)

// state is the folder of one search:
//
//	journal.json  what each commit came to, by whom and on what grounds
//	steps/        a run folder and a build log per test; what a worker sent, while it is judged
//	git/          the worktree that holds git bisect's state
//	w0/ w1/ ...   per tester: a checkout, a build folder
//	history.*     the history, packed for workers elsewhere
//	emulator.tar  the emulator's sources, for them too
//	bisect.*      the report, and git bisect's log
//
// It is this process' alone until close.
type state struct {
	dir  string
	lock *disk.Lock

	mu      sync.Mutex
	journal journal
}

// judgedBy names the rule by which a journal's steps were judged: those of
// another are not taken up.
const judgedBy = "earned silence"

// journal is kept in full after every step.
type journal struct {
	HitLower float64               `json:"hitLower"` // of the bad end
	Steps    []bisect.Step         `json:"answers"`
	Basis    map[string]task.Basis `json:"grounds"` // by commit that was tested itself
	// Run begins the names of the runs on a NATS server, Taken counts the outcomes
	// that came from there, by the run folder's name.
	Run   string         `json:"run,omitempty"`
	Taken map[string]int `json:"taken,omitempty"`
}

// searchKey holds the parameters that identify a search's saved state.
type searchKey struct {
	spec  trial.Spec
	bug   string // hash of the scenario: of one that comes with kcovrig the specification has the name alone
	fixed bool   // the fix is looked for, not the bug
	reset bool   // what was found before is forgotten
}

// openState finds the folder of this very search: the same commits, asked the same.
func openState(cacheDir string, key searchKey, repo *gitbisect.Repo, rng gitbisect.Range, terms gitbisect.Terms) (*state, error) {
	spec := key.spec
	spec.Seed, spec.Jobs, spec.Duration, spec.Sandbox = 0, 0, 0, false
	text, err := json.Marshal([]any{judgedBy, repo.GitDir, rng, terms, key.fixed, spec, key.bug})
	if err != nil {
		return nil, fault.Wrap(fault.Rig, "name the search", err)
	}
	s := &state{dir: filepath.Join(cacheDir, "bisect", disk.Sum(text)[:12])}
	if err := os.MkdirAll(s.steps(), 0o755); err != nil {
		return nil, fault.Wrap(fault.Rig, "make the search's folder", err)
	}
	if s.lock, err = disk.LockFolder(s.dir); err != nil {
		return nil, fault.Newf(fault.User, "open the search's folder", "another kcovrig searches in %s: %w", s.dir, err)
	}
	// A journal that is damaged is no hindrance to forgetting it.
	if err := s.read(); err != nil && !key.reset {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

// read fills the journal with what an earlier call left.
func (s *state) read() error {
	s.journal.Basis = map[string]task.Basis{}
	kept, err := os.ReadFile(s.file())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = result.Decode(kept, &s.journal)
	}
	for i := range s.journal.Steps {
		a := &s.journal.Steps[i]
		a.Folder, a.Log = disk.In(s.dir, a.Folder), disk.In(s.dir, a.Log)
	}
	if err != nil {
		return &fault.Error{Kind: fault.Rig, Op: "read " + s.file(), Err: err, Try: "kcovrig bisect with the same flags and --reset, which begins anew"}
	}
	return nil
}

func (s *state) close() error { return s.lock.Close() }

func (s *state) file() string  { return filepath.Join(s.dir, "journal.json") }
func (s *state) steps() string { return filepath.Join(s.dir, "steps") }
func (s *state) tester(n int) string {
	return filepath.Join(s.dir, fmt.Sprintf("w%d", n))
}

// tested returns the step that tested a commit.
func (s *state) tested(commit string) (bisect.Step, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.journal.Steps, func(a bisect.Step) bool { return a.Commit == commit })
	if i < 0 {
		return bisect.Step{}, false
	}
	return s.journal.Steps[i], true
}

// ofRounds are the steps of the rounds, without the ends'.
func (s *state) ofRounds(rng gitbisect.Range) []bisect.Step {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(s.journal.Steps), func(a bisect.Step) bool {
		return a.Commit == rng.New || slices.Contains(rng.Old, a.Commit)
	})
}

func (s *state) rounds() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	last := 0
	for _, a := range s.journal.Steps {
		last = max(last, a.Round)
	}
	return last
}

// keep adds a step and makes sure that it outlives the machine.
func (s *state) keep(a bisect.Step) error {
	return s.change(func(j *journal) { j.Steps = append(j.Steps, a) })
}

// basis notes what a commit's step rests on.
func (s *state) basis(commit string, rests task.Basis) error {
	return s.change(func(j *journal) { j.Basis[commit] = rests })
}

func (s *state) change(f func(*journal)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(&s.journal)
	kept := s.journal // with what lies in the folder as from there: it may be moved
	kept.Steps = slices.Clone(kept.Steps)
	for i := range kept.Steps {
		a := &kept.Steps[i]
		a.Folder, a.Log = disk.Below(s.dir, a.Folder), disk.Below(s.dir, a.Log)
	}
	text, err := json.MarshalIndent(kept, "", " ")
	if err == nil {
		err = disk.WriteDurably(s.file(), text)
	}
	return fault.Wrap(fault.Rig, "keep the steps", err)
}

// judged are the commits whose own test was conclusive, with their basis.
func (s *state) judged() map[string]task.Basis {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[string]task.Basis{}
	for _, a := range s.journal.Steps {
		basis, ok := s.journal.Basis[a.Commit]
		if ok && a.SameAs == "" && (a.Finding == trial.FindingHit || a.Finding == trial.FindingClean) {
			out[a.Commit] = basis
		}
	}
	return out
}
