// SPDX-License-Identifier: Apache-2.0

package rig

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
	"sort"
	"strings"

	"kcovrig/rig/fault"
	"kcovrig/rig/internal/herdtools"
	"kcovrig/rig/internal/objcode"
	"kcovrig/rig/internal/weakmem"
	"kcovrig/rig/litmus"
)

// load reads the tests that the paths name. One that is not understood is the
// user's to mend: a set is run as it is meant or not at all.
func (r *litmusRun) load() error {
	files, err := litmusFiles(r.cfg.Paths)
	if err != nil {
		return err
	}
	seen := map[string]string{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return fault.Wrap(fault.User, "read a litmus test", err)
		}
		t, err := litmus.Parse(string(text))
		if err != nil {
			return fault.Wrap(fault.User, "read "+file, err)
		}
		if other, twice := seen[t.Name]; twice {
			return fault.Newf(fault.User, "read "+file, "the test %s is in %s too", t.Name, other)
		}
		seen[t.Name] = file
		r.tests = append(r.tests, litmusTest{parsed: t, source: herdtools.Source{Name: t.Name, Text: string(text)}})
	}
	sort.Slice(r.tests, func(i, j int) bool { return r.tests[i].parsed.Name < r.tests[j].parsed.Name })
	return nil
}

func litmusFiles(paths []string) ([]string, error) {
	var files []string
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return nil, fault.Wrap(fault.User, "find litmus tests", err)
		}
		if !info.IsDir() {
			files = append(files, path)
			continue
		}
		found, err := filepath.Glob(filepath.Join(path, "*.litmus"))
		if err != nil || len(found) == 0 {
			return nil, fault.Wrap(fault.User, "find litmus tests in "+path, errors.Join(err, errors.New("no file *.litmus there")))
		}
		files = append(files, found...)
	}
	return files, nil
}

// judge finds out what the model allows.
func (r *litmusRun) judge(ctx context.Context) (err error) {
	defer r.stages.begin("", "herd7")("")
	var log []byte
	if r.cfg.HerdLog != "" {
		log, err = os.ReadFile(r.cfg.HerdLog)
		err = fault.Wrap(fault.User, "--herd-log", err)
	} else {
		log, err = herdtools.Allowed(ctx, r.job.cfg.CacheDir, filepath.Join(r.folder.work, "herd.log"), r.sources(), r.cfg.HerdLimit)
	}
	if err != nil {
		return err
	}
	r.verdicts, err = litmus.ParseHerdLog(bytes.NewReader(log))
	return fault.Wrap(fault.User, "read herd7's log", err)
}

func (r *litmusRun) sources() []herdtools.Source {
	out := make([]herdtools.Source, 0, len(r.tests))
	for _, t := range r.tests {
		out = append(out, t.source)
	}
	return out
}

// programs builds the tests, or finds the ready ones, and where their threads'
// code is.
func (r *litmusRun) programs(ctx context.Context) error {
	defer r.stages.begin("", "litmus7")("")
	paths, why := map[string]string{}, "no program "+r.cfg.Binaries+"/"
	if r.cfg.Binaries != "" {
		for _, t := range r.tests {
			path := filepath.Join(r.cfg.Binaries, t.parsed.Name+".exe")
			if _, err := os.Stat(path); err == nil {
				paths[t.parsed.Name] = path
			}
		}
	} else {
		jobs := r.job.cfg.Spec.Jobs
		if jobs == 0 {
			jobs = runtime.NumCPU()
		}
		var few, many []herdtools.Source
		for _, t := range r.tests {
			if len(t.parsed.Threads) <= minLitmusCPUs {
				few = append(few, t.source)
			} else {
				many = append(many, t.source)
			}
		}
		for _, c := range []herdtools.BuildConfig{{Tests: few}, {Tests: many, Sleeping: true}} {
			c.CacheDir, c.Jobs = r.job.cfg.CacheDir, jobs
			if len(c.Tests) == 0 {
				continue
			}
			built, log, err := herdtools.Build(ctx, c)
			if err != nil {
				return err
			}
			maps.Copy(paths, built)
			why = "litmus7 or the compiler did not take it, see " + filepath.Dir(log) + ": "
		}
	}
	for i := range r.tests {
		t := &r.tests[i]
		var err error
		if t.path = paths[t.parsed.Name]; t.path == "" {
			err = errors.New(why + t.parsed.Name + ".exe")
		} else {
			t.scope, err = threadScope(t.path, len(t.parsed.Threads))
		}
		if err != nil {
			t.path = ""
			r.add(t, litmus.Comparison{Name: t.parsed.Name, Threads: len(t.parsed.Threads), Why: err.Error()})
		}
	}
	return nil
}

// threadScope finds the code of a test's threads in its program: litmus7 calls
// the function of thread n coden.
func threadScope(path string, threads int) ([]Range, error) {
	if err := checkProgram(path); err != nil {
		return nil, err
	}
	names := make([]string, 0, threads)
	for n := range threads {
		names = append(names, fmt.Sprintf("code%d", n))
	}
	found, err := objcode.GuestScope(path, names)
	if err != nil {
		return nil, err
	}
	var out []Range
	for _, f := range found {
		// Threads of the same code may have been folded into one function.
		if len(out) == 0 || out[len(out)-1].Start != f.Start {
			name := strings.TrimSuffix(filepath.Base(path), ".exe") + ":" + f.Symbol
			out = append(out, Range{Symbol: name, Role: string(weakmem.Body), Start: f.Start, End: f.End})
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
