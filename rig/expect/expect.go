// SPDX-License-Identifier: Apache-2.0

// Package expect asks the kernel tree's own memory model what a scenario's kernels
// can show, and holds a run against it. It owns how that is asked; it leaves what
// Arm's model says of machine code to rig/modelcheck.
package expect

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"kcovrig/rig/command"
	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/herdtools"
	"kcovrig/rig/kernels"
	"kcovrig/rig/litmusfile"
	"kcovrig/rig/scenario"
	"kcovrig/rig/trial"
)

// herdTime is how long herd7 may think about one test: herd7 may not
// terminate on a loop.
const herdTime = 2 * time.Minute

// Config says what herd7 is asked, and with what that is compared.
type Config struct {
	command.Config               // Spec's kernel members, CacheDir and Events
	Run            string        // a run folder, or its result.json; empty: the last compare or run in the cache
	LKMM           string        // a folder of tests with Result lines too; TreesTests: the kernel's own; empty: none
	Limit          time.Duration // per test; 0: a default
	// Model opens a tree for its memory model's folder, to be closed after use; nil: kernels.MemoryModel.
	Model func(ctx context.Context, cfg kernels.Config) (dir string, done func() error, err error)
}

// TreesTests names the tests that come with the kernel tree's memory model.
const TreesTests = "the tree's own"

// Run asks the kernel tree's own memory model whether each kernel and reader
// of the scenario can show the bug, and reads what a run has measured.
func Run(ctx context.Context, cfg Config) (out trial.Expectations, err error) {
	out = trial.Expectations{Tests: []trial.Expected{}, LKMM: []trial.ModelTest{}}
	full, s, err := cfg.Normalise()
	if err != nil {
		return out, err
	}
	of, err := full.KernelConfig()
	if err != nil {
		return out, err
	}
	if cfg.Limit == 0 {
		cfg.Limit = herdTime
	}
	if cfg.Model == nil {
		cfg.Model = kernels.MemoryModel
	}
	if out.Herd, err = herdtools.Find("herd7", full.CacheDir); err != nil {
		return out, err
	}
	model, done, err := cfg.Model(ctx, of)
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, done()) }()
	h := herd{program: out.Herd, model: model, limit: cfg.Limit}
	out.Model, out.Words = model, s.Words
	if out.Tests, err = h.scenario(ctx, s); err != nil {
		return out, err
	}
	if out.Run, err = measured(full.CacheDir, cfg.Run, full.Spec, out.Tests); err != nil {
		return out, err
	}
	if cfg.LKMM != "" {
		out.LKMM, err = h.lkmm(ctx, cfg.LKMM)
	}
	return out, err
}

// herd asks herd7 under one memory model.
type herd struct {
	program, model string
	limit          time.Duration
}

var resultLine = regexp.MustCompile(`(?m)^\s*\*\s*Result:\s*(Never|Sometimes|Always)\b`)

// ask returns herd7's word on the test in file: Never, Sometimes or Always.
func (h herd) ask(ctx context.Context, file string) (string, error) {
	return herdtools.Observation(ctx, h.program, h.model, file, h.limit)
}

// scenario asks about the scenario's tests, by kernel and reader.
func (h herd) scenario(ctx context.Context, s scenario.Scenario) ([]trial.Expected, error) {
	folder, err := disk.NewTempFolder()
	if err != nil {
		return nil, fault.Wrap(fault.Rig, "make a folder for litmus tests", err)
	}
	defer folder.Close()
	files, err := fs.Glob(s.Litmus, "*.litmus")
	if err != nil || len(files) == 0 {
		return nil, &fault.Error{
			Kind: fault.User, Err: fmt.Errorf("scenario %s has no litmus tests", s.Name),
			Try: "put litmus tests into its folder and name that in the file, litmus: FOLDER; or ask about those of a witness: kcovrig explain --litmus",
		}
	}
	out := []trial.Expected{}
	for _, file := range files {
		text, err := fs.ReadFile(s.Litmus, file)
		path := filepath.Join(folder.Dir, file)
		if err == nil {
			err = os.WriteFile(path, text, 0o644)
		}
		if err != nil {
			return out, fault.Wrap(fault.Rig, "write "+file, err)
		}
		said, err := h.ask(ctx, path)
		if err != nil {
			return out, err
		}
		name := strings.TrimSuffix(file, ".litmus")
		kernel, reader, _ := strings.Cut(name, "+")
		e := trial.Expected{Name: name, Variant: trial.Variant(kernel), Reader: trial.Reader(reader), Allowed: trial.Sometimes}
		if said == "Never" {
			e.Allowed = trial.Never
		}
		out = append(out, e)
	}
	return out, nil
}

// lkmm asks about the tests of a folder and compares with their Result lines.
// A test of which herd7 says nothing says why; it does not end the rest.
func (h herd) lkmm(ctx context.Context, dir string) ([]trial.ModelTest, error) {
	if dir == TreesTests {
		dir = filepath.Join(h.model, "litmus-tests")
	}
	dir, err := filepath.Abs(dir) // herd7 runs in the model's folder
	if err != nil {
		return nil, fault.Wrap(fault.User, "--lkmm", err)
	}
	found := litmusfile.New()
	if err := found.Find(dir); err != nil {
		return nil, fault.Wrap(fault.User, "--lkmm", err)
	}
	out := []trial.ModelTest{}
	for _, file := range found.Found {
		t, err := h.modelTest(ctx, dir, file)
		if out = append(out, t); err != nil {
			return out, err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(found.Lost)) {
		out = append(out, trial.ModelTest{Name: filepath.Base(name), Note: found.Lost[name]})
	}
	return out, nil
}

// modelTest asks about one test. Only the end of ctx is an error.
func (h herd) modelTest(ctx context.Context, dir, file string) (trial.ModelTest, error) {
	name, err := filepath.Rel(dir, file)
	if err != nil {
		name = filepath.Base(file)
	}
	t := trial.ModelTest{Name: strings.TrimSuffix(name, ".litmus")}
	text, err := disk.ReadRegular(file)
	if err != nil {
		t.Note = err.Error()
		return t, nil
	}
	if found := resultLine.FindSubmatch(text); found != nil {
		t.Result = string(found[1])
	} else {
		t.Note = "no Result line"
	}
	if t.Herd, err = h.ask(ctx, file); err != nil {
		t.Note = err.Error()
		return t, ctx.Err()
	}
	t.OK = t.Result != "" && t.Herd == t.Result
	if t.Result != "" && !t.OK {
		t.Note = "the file says " + t.Result
	}
	return t, nil
}
