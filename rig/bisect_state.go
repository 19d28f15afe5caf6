// SPDX-License-Identifier: Apache-2.0

package rig

import (
	"crypto/sha256"
	"encoding/hex"
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
	"kcovrig/rig/trial"
)

// bisectState is the folder of one search:
//
//	journal.json  what was answered, by whom and on what grounds
//	steps/        a run folder and a build log per test; what a worker sent, while it is judged
//	git/          the worktree that holds git bisect's state
//	w0/ w1/ ...   per worker: a checkout, a build folder
//	history.*     the history, packed for workers elsewhere
//	emulator.tar  the emulator's sources, for them too
//	bisect.*      the report, and git bisect's log
//
// It is this process' alone until close.
type bisectState struct {
	dir  string
	lock *os.File

	mu      sync.Mutex
	journal journal
}

// judgedBy names the rule by which a journal's answers were reached: those of
// another are not taken up.
const judgedBy = "earned silence"

// journal is kept in full after every answer.
type journal struct {
	StaleLower float64           `json:"staleLower"` // of the stale end
	Answers    []bisect.Answer   `json:"answers"`
	Grounds    map[string]ground `json:"grounds"` // by commit that was tested itself
	// Run begins the names of the runs on a NATS server, Taken counts the outcomes
	// that came from there, by the run folder's name.
	Run   string         `json:"run,omitempty"`
	Taken map[string]int `json:"taken,omitempty"`
}

// searchAsked is what a search was asked that its state depends on.
type searchAsked struct {
	spec  trial.Spec
	fixed bool // the fix is looked for, not the bug
	reset bool // what was found before is forgotten
}

// openState finds the folder of this very search: the same commits, asked the same.
func openState(cacheDir string, ask searchAsked, repo *gitbisect.Repo, rng gitbisect.Range, terms gitbisect.Terms) (*bisectState, error) {
	spec := ask.spec
	spec.Seed, spec.Jobs, spec.Duration = 0, 0, 0
	text, err := json.Marshal([]any{judgedBy, repo.GitDir, rng, terms, ask.fixed, spec})
	if err != nil {
		return nil, fault.Wrap(fault.Rig, "name the search", err)
	}
	sum := sha256.Sum256(text)
	s := &bisectState{dir: filepath.Join(cacheDir, "bisect", hex.EncodeToString(sum[:6]))}
	if err := os.MkdirAll(s.steps(), 0o755); err != nil {
		return nil, fault.Wrap(fault.Rig, "make the search's folder", err)
	}
	if s.lock, err = disk.LockFolder(s.dir); err != nil {
		return nil, fault.Newf(fault.User, "open the search's folder", "another kcovrig searches in %s: %w", s.dir, err)
	}
	// A journal that is damaged is no hindrance to forgetting it.
	if err := s.read(); err != nil && !ask.reset {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

// read fills the journal with what an earlier call left.
func (s *bisectState) read() error {
	s.journal.Grounds = map[string]ground{}
	kept, err := os.ReadFile(s.file())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = json.Unmarshal(kept, &s.journal)
	}
	if err != nil {
		return &fault.Error{Kind: fault.Rig, Op: "read " + s.file(), Err: err, Try: "kcovrig bisect with the same flags and --reset, which begins anew"}
	}
	return nil
}

func (s *bisectState) close() error { return s.lock.Close() }

func (s *bisectState) file() string  { return filepath.Join(s.dir, "journal.json") }
func (s *bisectState) steps() string { return filepath.Join(s.dir, "steps") }
func (s *bisectState) worker(n int) string {
	return filepath.Join(s.dir, fmt.Sprintf("w%d", n))
}

// answer returns what is known of a commit.
func (s *bisectState) answer(commit string) (bisect.Answer, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.journal.Answers, func(a bisect.Answer) bool { return a.Commit == commit })
	if i < 0 {
		return bisect.Answer{}, false
	}
	return s.journal.Answers[i], true
}

// answers are those of the rounds, without the ends'.
func (s *bisectState) answers(rng gitbisect.Range) []bisect.Answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(s.journal.Answers), func(a bisect.Answer) bool {
		return a.Commit == rng.New || slices.Contains(rng.Old, a.Commit)
	})
}

func (s *bisectState) rounds() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	last := 0
	for _, a := range s.journal.Answers {
		last = max(last, a.Round)
	}
	return last
}

// keep adds an answer and makes sure that it outlives the machine.
func (s *bisectState) keep(a bisect.Answer) error {
	return s.change(func(j *journal) { j.Answers = append(j.Answers, a) })
}

// ground notes what a commit's answer rests on.
func (s *bisectState) ground(commit string, g ground) error {
	return s.change(func(j *journal) { j.Grounds[commit] = g })
}

func (s *bisectState) change(f func(*journal)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(&s.journal)
	text, err := json.MarshalIndent(s.journal, "", " ")
	if err == nil {
		err = disk.WriteDurably(s.file(), text)
	}
	return fault.Wrap(fault.Rig, "keep the answers", err)
}

// judged are the commits whose own test was conclusive, with their grounds.
func (s *bisectState) judged() map[string]ground {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[string]ground{}
	for _, a := range s.journal.Answers {
		g, ok := s.journal.Grounds[a.Commit]
		if ok && a.SameAs == "" && (a.Finding == trial.FindingStale || a.Finding == trial.FindingClean) {
			out[a.Commit] = g
		}
	}
	return out
}
