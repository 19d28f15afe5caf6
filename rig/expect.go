// SPDX-License-Identifier: Apache-2.0

package rig

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"kcovrig/rig/fault"
	"kcovrig/rig/internal/herdtools"
	"kcovrig/rig/internal/proc"
	"kcovrig/rig/scenario"
	"kcovrig/rig/trial"
)

// herdTime is how long herd7 may think about one test: it does not come back
// from every loop.
const herdTime = 2 * time.Minute

// ExpectConfig says what herd7 is asked, and with what its answers are compared.
type ExpectConfig struct {
	Config               // Spec's kernel members, CacheDir, Events and Backends
	Run    string        // a run folder, or its result.json; empty: the last compare or run in the cache
	LKMM   bool          // the kernel's own tests too
	Limit  time.Duration // per test; 0: a default
}

// Expect asks the kernel tree's own memory model whether each kernel and reader
// of the scenario can show a stale read, and reads what a run has measured.
func Expect(ctx context.Context, cfg ExpectConfig) (out trial.Expectations, err error) {
	out = trial.Expectations{Tests: []trial.Expected{}, LKMM: []trial.ModelTest{}}
	full, s, err := cfg.Config.normalise()
	if err != nil {
		return out, err
	}
	a, err := archOf(full.Spec)
	if err != nil {
		return out, err
	}
	if cfg.Limit == 0 {
		cfg.Limit = herdTime
	}
	if out.Herd, err = herdtools.Find("herd7", full.CacheDir); err != nil {
		return out, err
	}
	model, done, err := full.Backends.MemoryModel(ctx, TreeConfig{
		Spec: full.Spec, Arch: a, Scenario: s, CacheDir: full.CacheDir,
		Line: func(line string) { full.Events(trial.Event{Line: line}) },
	})
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, done()) }()
	h := herd{program: out.Herd, model: model, limit: cfg.Limit}
	out.Model = model
	if out.Tests, err = h.scenario(ctx, s); err != nil {
		return out, err
	}
	if out.Run, err = measured(full.CacheDir, cfg.Run, out.Tests); err != nil {
		return out, err
	}
	if cfg.LKMM {
		out.LKMM, err = h.lkmm(ctx)
	}
	return out, err
}

// herd asks herd7 under one memory model.
type herd struct {
	program, model string
	limit          time.Duration
}

var (
	observation = regexp.MustCompile(`(?m)^Observation \S+ (Never|Sometimes|Always) \d+ \d+$`)
	resultLine  = regexp.MustCompile(`(?m)^\s*\*\s*Result:\s*(Never|Sometimes|Always)\b`)
)

// ask returns herd7's word on the test in file: Never, Sometimes or Always.
func (h herd) ask(ctx context.Context, file string) (string, error) {
	op := "ask herd7 about " + filepath.Base(file)
	limited, cancel := context.WithTimeout(ctx, h.limit)
	defer cancel()
	res, err := proc.Run(limited, proc.Command{
		Path: h.program, Args: []string{"-conf", "linux-kernel.cfg", file}, Dir: h.model, Kind: fault.Rig, Op: op,
	})
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case limited.Err() != nil:
		return "", fault.Newf(fault.Rig, op, "no answer within %v", h.limit)
	case err != nil:
		return "", err
	}
	found := observation.FindSubmatch(res.Stdout)
	if found == nil {
		return "", &fault.Error{Kind: fault.Rig, Op: op, Err: errors.New("its output has no Observation"), Tail: proc.LastLines(string(res.Stdout), 10)}
	}
	return string(found[1]), nil
}

// scenario asks about the scenario's tests, by kernel and reader.
func (h herd) scenario(ctx context.Context, s scenario.Scenario) ([]trial.Expected, error) {
	dir, err := os.MkdirTemp("", "kcovrig-herd-")
	if err != nil {
		return nil, fault.Wrap(fault.Rig, "make a folder for litmus tests", err)
	}
	defer os.RemoveAll(dir)
	files, err := fs.Glob(s.Litmus, "*.litmus")
	if err != nil || len(files) == 0 {
		return nil, fault.Newf(fault.Rig, "", "scenario %s has no litmus tests", s.Name)
	}
	out := []trial.Expected{}
	for _, file := range files {
		text, err := fs.ReadFile(s.Litmus, file)
		path := filepath.Join(dir, file)
		if err == nil {
			err = os.WriteFile(path, text, 0o644)
		}
		if err != nil {
			return out, fault.Wrap(fault.Rig, "write "+file, err)
		}
		answer, err := h.ask(ctx, path)
		if err != nil {
			return out, err
		}
		name := strings.TrimSuffix(file, ".litmus")
		kernel, reader, _ := strings.Cut(name, "+")
		e := trial.Expected{Name: name, Patched: kernel == "patched", Reader: trial.Reader(reader), Stale: trial.Sometimes}
		if answer == "Never" {
			e.Stale = trial.Never
		}
		out = append(out, e)
	}
	return out, nil
}

// lkmm asks about the model's own tests and compares with their Result lines.
// A test without an answer says why; it does not end the rest.
func (h herd) lkmm(ctx context.Context) ([]trial.ModelTest, error) {
	files, err := filepath.Glob(filepath.Join(h.model, "litmus-tests", "*.litmus"))
	if err != nil || len(files) == 0 {
		return nil, fault.Newf(fault.User, "", "the tree has no tests in %s", filepath.Join(h.model, "litmus-tests"))
	}
	out := []trial.ModelTest{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return out, fault.Wrap(fault.Rig, "read a litmus test", err)
		}
		t := trial.ModelTest{Name: strings.TrimSuffix(filepath.Base(file), ".litmus")}
		if found := resultLine.FindSubmatch(text); found != nil {
			t.Result = string(found[1])
		} else {
			t.Note = "no Result line"
		}
		if t.Herd, err = h.ask(ctx, file); err != nil {
			if ctx.Err() != nil {
				return out, err
			}
			t.Note = err.Error()
		}
		t.OK = t.Result != "" && t.Herd == t.Result
		if t.Result != "" && t.Herd != "" && !t.OK {
			t.Note = fmt.Sprintf("the file says %s", t.Result)
		}
		out = append(out, t)
	}
	return out, nil
}
