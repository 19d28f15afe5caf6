// SPDX-License-Identifier: Apache-2.0

package litmusrun

import (
	"bytes"
	"context"
	"debug/elf"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"kcovrig/rig/coderange"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/herdtools"
	"kcovrig/rig/internal/objcode/elfcode"
	"kcovrig/rig/litmus"
)

// judge finds out what the model allows. herd7 is asked about each test by
// itself, so that none keeps it from the others.
func (r *set) judge(ctx context.Context) error {
	defer r.run.Stages.Begin("", "herd7")("")
	if r.cfg.HerdLog != "" {
		log, err := os.ReadFile(r.cfg.HerdLog)
		if err != nil {
			return fault.Wrap(fault.User, "--herd-log", err)
		}
		allowed, err := litmus.ParseHerdLog(bytes.NewReader(log))
		if err != nil {
			return fault.Wrap(fault.User, "read herd7's log", err)
		}
		for _, t := range r.tests {
			if v, ok := allowed[t.head.Name]; ok {
				t.allowed = &v
			} else {
				t.unjudged = "user: " + r.cfg.HerdLog + " does not have it"
			}
		}
		return nil
	}
	if _, err := herdtools.Find("herd7", r.run.Config.CacheDir); err != nil {
		return err
	}
	ask := func(ctx context.Context, t *test) error { return r.ask(ctx, t) }
	if err := r.each(ctx, ask); err != nil {
		return err
	}
	var log []byte
	for _, t := range r.tests {
		log = append(log, t.log...)
	}
	return fault.Wrap(fault.Rig, "keep herd7's log", os.WriteFile(filepath.Join(r.run.Folder.Work, "herd.log"), log, 0o644))
}

// each does f for every test that has come so far, some at once. f's error is
// the end of all.
func (r *set) each(ctx context.Context, f func(context.Context, *test) error) error {
	queue := make(chan *test, len(r.tests))
	for _, t := range r.tests {
		if t.why == "" {
			queue <- t
		}
	}
	close(queue)
	group, at := errgroup.WithContext(ctx)
	for range r.jobs() {
		group.Go(func() error {
			for t := range queue {
				if err := f(at, t); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return group.Wait()
}

func (r *set) jobs() int {
	if r.run.Config.Spec.Jobs > 0 {
		return r.run.Config.Spec.Jobs
	}
	return runtime.NumCPU()
}

// ask asks herd7 about one test.
func (r *set) ask(ctx context.Context, t *test) error {
	output, err := herdtools.Allowed(ctx, r.run.Config.CacheDir, "", []herdtools.Source{t.source}, r.cfg.HerdLimit)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	t.log = output.Log
	allowed, parsed := litmus.ParseHerdLog(bytes.NewReader(output.Log))
	for _, v := range allowed {
		t.allowed = &v // it was asked about one
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		t.unjudged = fmt.Sprintf("herd7 came to no end within %v: try a longer --herd-limit", r.cfg.HerdLimit)
	case output.Said != "":
		t.unjudged = "herd7: " + output.Said
	case err != nil:
		t.unjudged = err.Error()
	case parsed != nil:
		t.unjudged = parsed.Error()
	default:
		t.unjudged = "herd7 said nothing of it"
	}
	return nil
}

// programs builds the tests, or finds the ready ones, and where their threads'
// code is.
func (r *set) programs(ctx context.Context) error {
	defer r.run.Stages.Begin("", "litmus7")("")
	made := map[string]herdtools.Program{}
	if r.cfg.Binaries == "" {
		var err error
		if made, err = r.build(ctx); err != nil {
			return err
		}
	}
	for _, t := range r.tests {
		if t.why != "" {
			continue
		}
		p := made[t.source.Name]
		if r.cfg.Binaries != "" {
			p.Path = filepath.Join(r.cfg.Binaries, t.source.Name+".exe")
			if _, err := os.Stat(p.Path); err != nil {
				p = herdtools.Program{Why: "user: no program " + p.Path}
			}
		}
		if p.Why == "" {
			scope, err := threadScope(p.Path, t.head.Threads)
			if t.path, t.scope = p.Path, scope; err != nil {
				p.Why = err.Error()
			}
		}
		t.unbuilt = p.Why
	}
	return nil
}

// programSource is the test as litmus7 gets it.
func (t *test) programSource() herdtools.Source {
	return herdtools.Source{Name: t.source.Name, Text: litmus.WithPointers(t.source.Text)}
}

func (r *set) build(ctx context.Context) (map[string]herdtools.Program, error) {
	var few, many []herdtools.Source
	for _, t := range r.tests {
		switch {
		case t.why != "":
		case t.head.Threads <= minLitmusCPUs:
			few = append(few, t.programSource())
		default:
			many = append(many, t.programSource())
		}
	}
	made := map[string]herdtools.Program{}
	for _, c := range []herdtools.BuildConfig{{Tests: few}, {Tests: many, Sleeping: true}} {
		c.CacheDir, c.Jobs = r.run.Config.CacheDir, r.jobs()
		if len(c.Tests) == 0 {
			continue
		}
		built, err := herdtools.Build(ctx, c)
		if err != nil {
			return nil, err
		}
		maps.Copy(made, built)
	}
	return made, nil
}

// threadScope finds the code of a test's threads in its program: litmus7 calls
// the function of thread n coden.
func threadScope(path string, threads int) ([]coderange.Range, error) {
	if err := checkProgram(path); err != nil {
		return nil, err
	}
	names := make([]string, 0, threads)
	for n := range threads {
		names = append(names, fmt.Sprintf("code%d", n))
	}
	found, err := elfcode.GuestScope(path, names)
	if err != nil {
		return nil, err
	}
	var out []coderange.Range
	for _, f := range found {
		// Threads of the same code may have been folded into one function.
		if len(out) == 0 || out[len(out)-1].Start != f.Start {
			f.Symbol, f.Role = strings.TrimSuffix(filepath.Base(path), ".exe")+":"+f.Symbol, coderange.Body
			out = append(out, f)
		}
	}
	return out, nil
}

// checkProgram refuses what the guest cannot run or whose addresses are not
// those that it will run at.
func checkProgram(path string) error {
	f, err := elf.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	interpreted := slices.ContainsFunc(f.Progs, func(p *elf.Prog) bool { return p.Type == elf.PT_INTERP })
	if f.Machine != elf.EM_AARCH64 || f.Type != elf.ET_EXEC || interpreted {
		return fmt.Errorf("%s is no static program for arm64 at a fixed address: link it with -static", path)
	}
	return nil
}
