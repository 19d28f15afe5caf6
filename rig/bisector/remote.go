// SPDX-License-Identifier: Apache-2.0

package bisector

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"kcovrig/rig/command"
	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
	"kcovrig/rig/fleet"
	"kcovrig/rig/internal/gitbisect"
	"kcovrig/rig/internal/weakmem"
	"kcovrig/rig/result"
	"kcovrig/rig/task"
	"kcovrig/rig/trial"
)

// remoteState is what all remote Testers of a search share: the history and the
// emulator that the workers get, and the compiler of the first step, which all
// others must have.
type remoteState struct {
	b *bisection

	mu       sync.Mutex
	packed   []fleet.Artifact
	sent     *weakmem.Bundle // nil: the boots use none
	compiler string
	seen     map[string]bool // steps, by name, of this process
}

// remote is a Tester whose boots are tasks for a NATS server's workers. Judging
// stays here.
type remote struct{ *remoteState }

func newRemoteState(b *bisection) (*remoteState, error) {
	e := &remoteState{b: b, seen: map[string]bool{}}
	for _, a := range b.state.journal.Steps { // a search that goes on does so with the same compiler
		if a.SameAs != "" || a.Folder == "" || a.Whose != "" {
			continue
		}
		r, err := loadResult(a.Folder)
		if err != nil {
			return nil, err
		}
		e.compiler = r.Kernel.Compiler
		return e, nil
	}
	return e, nil
}

// Same compares what the scopes are made of. Their code is not compared, since
// the objects would have to be built. What one worker says that its commit is made of is not
// enough to say of another commit that nobody need look at it: it has to be none of the files that
// any of them named.
func (p *remote) Same(ctx context.Context, commit string) (as, by string, err error) {
	as, err = sameSource(ctx, p.b.repo, together(p.b.state.judged()), commit)
	if as != "" {
		by = bySource
	}
	return as, by, err
}

// together are the same commits, each made of all files that any of them is made of.
func together(judged map[string]task.Basis) map[string]task.Basis {
	var all []string
	for _, b := range judged {
		all = append(all, b.Inputs...)
	}
	out := map[string]task.Basis{}
	for commit, b := range judged {
		b.Inputs = all
		out[commit] = b
	}
	return out
}

func (p *remote) Close() error { return nil }

// Test has a worker build and boot the commit. The run folder and the log come to
// where they would be had it been done here.
func (p *remote) Test(ctx context.Context, commit string, request Request) (_ Tested, err error) {
	step, run, hash, err := p.pack(ctx, commit, request)
	if err != nil {
		return Tested{}, err
	}
	if sent, ok := p.receivedBefore(commit, request.Name, hash); ok {
		p.b.notify("%.12s: a worker had run it", commit)
		return Tested{sent.Result, sent.Basis}, p.agree(commit, sent.Result)
	}
	over := p.b.underway(commit, "on a worker")
	defer over()
	temp, err := disk.NewWorkFolder()
	if err != nil {
		return Tested{}, err
	}
	defer func() { err = errors.Join(err, temp.Close()) }()
	cfg := fleet.CoordinatorConfig{
		Server: p.b.cfg.Server, Run: run, LogDir: temp.Dir, AckWait: p.b.cfg.AckWait,
		Notify: func(n fleet.Notice) { p.b.notify("%s", n) },
	}
	one := func(yield func(fleet.Task, error) bool) { yield(step, nil) }
	var outcome fleet.Outcome
	var sent task.StepDone
	_, err = fleet.Coordinate(ctx, cfg, []iter.Seq2[fleet.Task, error]{one}, func(o fleet.Outcome) (err error) {
		outcome = o
		if sent, err = p.unpackStep(o, commit, request); err == nil && o.Status == fleet.Done {
			err = p.b.state.note(request.Name, hash, sent)
		}
		// The server goes on giving this outcome for this try, whatever it was worth.
		return errors.Join(err, p.b.state.taken(request.Name))
	})
	switch {
	case ctx.Err() != nil:
		return Tested{}, ctx.Err()
	case err != nil:
		return Tested{}, err
	case outcome.Status == fleet.Unknown:
		return Tested{}, fault.Newf(fault.Rig, "test "+commit, "the queue ended without an outcome")
	case outcome.Status != fleet.Done:
		return Tested{Result: sent.Result}, outcome.Failure.Err()
	}
	p.b.notify("%.12s: worker %s ran it", commit, outcome.Worker)
	return Tested{sent.Result, sent.Basis}, p.agree(commit, sent.Result)
}

func (e *remoteState) agreed() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.compiler
}

// agree makes the first compiler the one of the search. None was at work where the
// scenario does not apply.
func (e *remoteState) agree(commit string, r trial.Result) error {
	if r.Judgement.Verdict == trial.DoesNotApply {
		return nil
	}
	compiler := r.Kernel.Compiler
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.compiler == "" {
		e.compiler = compiler
	}
	if compiler != e.compiler {
		return fault.Newf(fault.Rig, "test "+commit, "it was compiled with %s, the commits before with %s", compiler, e.compiler)
	}
	return nil
}

// pack is one boot as a task, and the name of its run on the server: after an interruption
// the same ones, so that what a worker reported in the meantime is taken. The hash is
// of it all but for the try.
func (p *remote) pack(ctx context.Context, commit string, request Request) (_ fleet.Task, run, hash string, err error) {
	files, sent, err := p.files(ctx)
	if err != nil {
		return fleet.Task{}, "", "", err
	}
	run, try, err := p.b.state.fleetRun(request.Name)
	if err != nil {
		return fleet.Task{}, "", "", err
	}
	spec := p.b.cfg.Spec
	spec.Seed, spec.QEMU = p.b.seed, "" // the worker's own
	step := task.Step{
		Kind: task.KindStep, Spec: spec, Commit: commit, Share: request.Share, Duration: request.Duration, Name: request.Name, Compiler: p.agreed(), SentEmulator: sent,
	}
	whole, err := json.Marshal(step)
	if err != nil {
		return fleet.Task{}, "", "", fault.Wrap(fault.Rig, "pack a step", err)
	}
	step.Try = try
	text, err := json.Marshal(step)
	return fleet.Task{ID: request.Name, Needs: task.NeedsOfSpec(spec, 1, p.b.cfg.Scenario.MemoryMiB), Spec: text, Artifacts: files}, run + "-" + request.Name, disk.Sum(whole)[:40],
		fault.Wrap(fault.Rig, "pack a step", err)
}

// files packs the history and the emulator, once in a search.
func (e *remoteState) files(ctx context.Context) ([]fleet.Artifact, *weakmem.Bundle, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.packed != nil {
		return e.packed, e.sent, nil
	}
	paths := e.b.state.historyFiles()
	if _, err := os.Stat(paths[1]); err != nil {
		e.b.notify("packing the history for the workers")
		rng := e.b.rng
		if err := e.b.repo.Bundle(ctx, gitbisect.Range{Old: rng.Old, New: rng.New}, paths[1], paths[0]); err != nil {
			return nil, nil, err
		}
	}
	if e.b.cfg.Spec.Emulated() {
		sent, err := weakmem.Bundled(e.b.state.emulator())
		if err != nil {
			return nil, nil, err
		}
		paths = append(paths, sent.Path)
		sent.Path = filepath.Base(sent.Path)
		e.sent = &sent
	}
	if e.b.cfg.Spec.ScenarioHash != "" {
		packed, err := e.b.cfg.Scenario.Pack()
		if err == nil {
			err = fault.Wrap(fault.Rig, "write the scenario for the workers", disk.WriteFile(e.b.state.scenario(), packed))
		}
		if err != nil {
			return nil, nil, err
		}
		paths = append(paths, e.b.state.scenario())
	}
	var files []fleet.Artifact
	for _, path := range paths {
		a, err := task.Artifact(path)
		if err != nil {
			return nil, nil, fault.Wrap(fault.Rig, "read what was packed", err)
		}
		a.Name = filepath.Base(path)
		files = append(files, a)
	}
	e.packed = files
	return files, e.sent, nil
}

// unpackStep takes what a worker sent, and moves what it kept to the steps' folder. The
// result that lies there is the one that was taken: the search reads it again.
func (e *remoteState) unpackStep(o fleet.Outcome, commit string, request Request) (task.StepDone, error) {
	const op = "keep what a worker sent"
	steps := e.b.state.steps()
	sent, err := takeStep(o, e.b.cfg.Spec, commit, steps)
	if err != nil || len(o.Value) == 0 {
		return sent, err
	}
	if err := os.RemoveAll(request.Folder); err != nil { // of a test that was interrupted
		return sent, fault.Wrap(fault.Rig, op, err)
	}
	own := filepath.Base(e.b.state.received(request.Name))
	err = task.Unpack(o.Logs, steps, func(name string) (string, bool) {
		_, below, _ := strings.Cut(name, "/") // steps
		return below, below != own && (strings.HasPrefix(below, request.Name+"/") || strings.HasPrefix(below, request.Name+"."))
	})
	if err == nil && o.Status == fleet.Done {
		err = keepResult(sent.Result, request.Folder)
	}
	if err != nil {
		return sent, fault.Wrap(fault.Rig, op, err)
	}
	if err := command.Rerender(request.Folder, e.b.cfg.Reports); err != nil { // what a worker sends may be anything
		e.b.notify("the reports of %s cannot be made anew: %v", request.Name, err)
	}
	return sent, nil
}

func keepResult(r trial.Result, folder string) error {
	var text bytes.Buffer
	if err := result.Object(&text, result.NewDocument(r).Below(folder)); err != nil {
		return err
	}
	return disk.WriteFile(filepath.Join(folder, "result.json"), text.Bytes())
}

// fleetRun begins the names of this search's runs on a server, which no other
// search has, on whatever machine, and counts the outcomes that were taken of that
// name: a task that is run once more must not be the one before, whose outcome the
// server would take for a repetition.
func (s *state) fleetRun(name string) (run string, try int, err error) {
	if err := s.change(func(j *journal) {
		if j.Run == "" {
			j.Run = "bisect-" + strings.ToLower(rand.Text()[:12])
		}
		run, try = j.Run, j.Taken[name]
	}); err != nil {
		return "", 0, err
	}
	return run, try, nil
}

// taken notes that an outcome of that name came.
func (s *state) taken(name string) error {
	return s.change(func(j *journal) {
		if j.Taken == nil {
			j.Taken = map[string]int{}
		}
		j.Taken[name]++
	})
}

// historyFiles is where the packed history is kept while the search lasts: the
// boundary, then the bundle.
func (s *state) historyFiles() []string {
	return []string{filepath.Join(s.dir, task.HistoryBoundary), filepath.Join(s.dir, task.HistoryBundle)}
}

// emulator is where its packed sources are.
func (s *state) emulator() string { return filepath.Join(s.dir, task.EmulatorFile) }

// scenario is where it is packed.
func (s *state) scenario() string { return filepath.Join(s.dir, task.ScenarioFile) }

// receivedBefore returns what a coordinator before this one, which was killed, had come to
// with the very same step. Within one process a step that is asked again is run again.
func (p *remote) receivedBefore(commit, name, hash string) (task.StepDone, bool) {
	p.mu.Lock()
	before := p.seen[name]
	p.seen[name] = true
	p.mu.Unlock()
	var note receivedStep
	text, err := os.ReadFile(p.b.state.received(name))
	if before || err != nil || result.Decode(text, &note) != nil || note.StepHash != hash {
		return task.StepDone{}, false
	}
	_, known := p.b.state.tested(commit)
	return note.Step, !known
}
