// SPDX-License-Identifier: Apache-2.0

package bisector_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"kcovrig/guest/wire"
	"kcovrig/rig/bisector"
	"kcovrig/rig/command"
	"kcovrig/rig/fault"
	"kcovrig/rig/report/kept"
	"kcovrig/rig/result"
	"kcovrig/rig/rigtest"
	"kcovrig/rig/trial"
)

// farm is a repository with n commits, one after the other, and a farm of fake
// machines that know what each of them shows.
type farm struct {
	t       *testing.T
	repo    *rigtest.Repo
	dir     string
	cache   string
	commits []string
	kernels map[string]fakeKernel // by commit; the zero value is clean
	alike   map[string]string     // commits whose code is another's

	mu    sync.Mutex
	runs  []string // the folders' names, in the order of the runs
	after int      // cancel is called in this run; 0: never
	stop  context.CancelFunc
	made  int

	wanted []string // compilers, by the steps sent to workers
}

// fakeKernel is what a commit shows, boot by boot; the last stays.
type fakeKernel []fakeBoot

type fakeBoot struct {
	hits, blocks uint64
	err          error
	silence      *trial.Silence // nil: an order between the two writes
	ordered      string         // by the binary; empty: as what it shows
}

// notes are what the emulator noted of the two writes.
func (b fakeBoot) notes() *trial.Silence {
	if b.silence != nil {
		return b.silence
	}
	return &trial.Silence{Stores: trial.Earned{Order: 900}}
}

// code is what the binary says.
func (b fakeBoot) code() trial.Code {
	c := trial.Code{Variant: trial.AsIs, Container: "f", Ordered: b.ordered}
	if c.Ordered == "" {
		c.Ordered = map[bool]string{true: "no", false: "yes"}[b.hits > 0]
	}
	return c
}

func newFarm(t *testing.T, n int) *farm {
	t.Helper()
	repo := rigtest.NewRepo(t, n)
	return &farm{t: t, repo: repo, dir: repo.Dir, commits: repo.Commits, cache: t.TempDir(), kernels: map[string]fakeKernel{}, alike: map[string]string{}}
}

func (f *farm) git(args ...string) string {
	f.t.Helper()
	return f.repo.Git(f.t, args...)
}

// broken makes the commits of [from, to) broken.
func (f *farm) broken(from, to int) *farm {
	for _, c := range f.commits[from:to] {
		f.kernels[c] = fakeKernel{{hits: 60, blocks: 64}}
	}
	return f
}

func (f *farm) config() bisector.Config {
	return bisector.Config{
		Config: command.Config{
			Env: command.Env{CacheDir: f.cache, Version: "test", Events: func(e trial.Event) {
				if e.Note != "" {
					f.t.Log(e.Note)
				}
			}},
			Spec: trial.Spec{Arch: "arm64", Tree: f.dir, Readers: []trial.Reader{trial.Acquire}, Modes: []string{"pc"}, MemoryModel: trial.ModelArm, Accel: trial.AccelAuto}, Reports: kept.Reports(),
		},
		Good: []string{f.commits[0]}, Bad: []string{"main"},
		Tester: func(string) bisector.Tester { return f.tester() },
	}
}

// spec is what a worker was asked of a commit.
func (f *farm) spec(commit string) trial.Spec {
	s := f.config().Spec
	s.Rev = commit
	return s
}

// tested counts the boots of a commit.
func (f *farm) tested(i int) (n int) {
	for _, name := range f.runs {
		if strings.HasPrefix(name, f.commits[i][:12]) {
			n++
		}
	}
	return n
}

// fakeTester is a worker of the farm.
type fakeTester struct{ f *farm }

func (f *farm) tester() bisector.Tester {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.made++
	return &fakeTester{f: f}
}

func (p *fakeTester) Same(_ context.Context, commit string) (string, string, error) {
	if as, ok := p.f.alike[commit]; ok {
		return as, bisector.BySource, nil
	}
	return "", "", nil
}

func (p *fakeTester) Close() error { return nil }

func (p *fakeTester) Test(ctx context.Context, commit string, a bisector.Request) (bisector.Tested, error) {
	r, err := p.run(ctx, commit, a)
	return bisector.Tested{Result: r}, err
}

func (p *fakeTester) run(ctx context.Context, commit string, a bisector.Request) (trial.Result, error) {
	f := p.f
	f.mu.Lock()
	defer f.mu.Unlock()
	f.runs = append(f.runs, a.Name)
	if f.after > 0 && len(f.runs) == f.after {
		f.stop()
		return trial.Result{}, ctx.Err()
	}
	boots := f.kernels[commit]
	if len(boots) == 0 {
		boots = fakeKernel{{blocks: 4000}}
	}
	b := boots[0]
	if len(boots) > 1 {
		f.kernels[commit] = boots[1:]
	}
	if none := trial.Inapplicable(b.err); none != nil {
		return trial.Result{Command: "run", Spec: f.spec(commit), Judgement: none.Judgement()}, nil
	}
	if b.err != nil {
		return trial.Result{}, b.err
	}
	r := trial.Result{
		Command:  "run",
		Spec:     f.spec(commit),
		Prepared: trial.Prepared{QEMU: trial.QEMU{MemoryModel: trial.ModelArm}, Kernel: trial.Kernel{Version: "6.12"}, Code: []trial.Code{b.code()}},
		Observations: []trial.Observation{{
			Variant: trial.AsIs, Outcome: trial.OutcomeOK, Console: filepath.Join(a.Folder, "console"), Reader: trial.Acquire, BlockSize: 16, Counters: map[string]uint64{"delayed": 9}, Silence: b.notes(),
			Tallies: []wire.Tally{{Mode: "pc", Windows: 16 * b.blocks, Units: 99 * b.blocks, Blocks: b.blocks, HitBlocks: b.hits, HitWindows: b.hits, HitUnits: b.hits}},
		}},
	}
	if b.hits > 0 {
		r.Witnesses = []trial.Witness{{Variant: trial.AsIs, Reader: trial.Acquire, Detection: wire.Detection{Mode: "pc"}}}
	}
	if err := os.MkdirAll(a.Folder, 0o755); err != nil {
		return r, err
	}
	out, err := os.Create(filepath.Join(a.Folder, "result.json"))
	if err != nil {
		return r, err
	}
	defer out.Close()
	return r, result.Object(out, result.NewDocument(r).Below(a.Folder))
}

func kernelFault(text string) error { return fault.Newf(fault.Kernel, "build linux 6.12", "%s", text) }
