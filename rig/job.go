// SPDX-License-Identifier: Apache-2.0

package rig

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"strings"
	"sync"

	"kcovrig/rig/arch"
	"kcovrig/rig/boot"
	"kcovrig/rig/fault"
	"kcovrig/rig/host"
	"kcovrig/rig/internal/initramfs"
	"kcovrig/rig/internal/objcode"
	"kcovrig/rig/internal/proc"
	"kcovrig/rig/internal/qemu"
	"kcovrig/rig/internal/weakmem"
	"kcovrig/rig/scenario"
	"kcovrig/rig/trial"
)

// job is one command under way: its inputs, what was prepared, its result.
type job struct {
	cfg      Config
	arch     arch.Arch
	scenario scenario.Scenario
	stages   *stages
	folder   *runFolder

	tree     Tree // nil until it is opened
	images   map[trial.Variant]Image
	archive  initramfs.Archive
	emulator qemu.Program
	accel    trial.Accel
	scopes   map[trial.Variant][]weakmem.Scope // of the kernels
	readers  map[trial.Reader][]objcode.Range  // of the guest's readers
	writes   map[trial.Variant]boot.Writes     // the two, in the kernels' code
	ways     map[trial.Variant]objcode.Ways    // from one to the other
	model    trial.Voice                       // what the memory model says of those
	counts   map[trial.Reader]uint64           // addresses of the readers' loads of the count
	lines    map[trial.Variant][]objcode.Line  // of the kernels' code in scope
	inGuest  []objcode.Line                    // of the guest's
	mark     objcode.Range                     // the guest's mark function
	before   []string                          // how QEMU was started in the run that is repeated; nil: none is
	// admit refuses, before anything is built, a kernel that is not the wanted one; nil: any is.
	admit  func(ctx context.Context, tree Tree, v trial.Variant) error
	beside []string // workloads to run beside the scenario's
	result trial.Result
}

func (j *job) backends() *Backends { return j.cfg.Backends }

// emulated says whether the weak-memory plugin is used.
func (j *job) emulated() bool { return usesEmulator(j.cfg.Spec) }

// ordered says whether the reader orders its own loads.
func (j *job) ordered(reader trial.Reader) bool { return j.scenario.Readers[string(reader)].Ordered }

// newJob validates cfg and makes the job's folders. close must be called.
func newJob(cfg Config, command string) (*job, error) {
	cfg, s, err := cfg.normalise()
	if err != nil {
		return nil, err
	}
	a, err := arch.Lookup(cfg.Spec.Arch)
	if err != nil {
		return nil, fault.Wrap(fault.User, "", err)
	}
	j := &job{
		cfg: cfg, arch: a, scenario: s, stages: newStages(cfg.Events),
		images: map[trial.Variant]Image{}, scopes: map[trial.Variant][]weakmem.Scope{}, readers: map[trial.Reader][]objcode.Range{},
		lines: map[trial.Variant][]objcode.Line{}, writes: map[trial.Variant]boot.Writes{}, ways: map[trial.Variant]objcode.Ways{}, counts: map[trial.Reader]uint64{},
		result: trial.Result{Command: command, Version: cfg.Version, Go: runtime.Version(), Spec: cfg.Spec, Host: host.This()},
	}
	if j.folder, err = newRunFolder(cfg.OutDir, cfg.CacheDir, cfg.Spec.Arch, cfg.Spec.Seed); err != nil {
		return nil, err
	}
	if cfg.Spec.MemoryModel == trial.ModelArm && !a.Emulated {
		j.note("the " + a.Name + " guest keeps its own memory model (TSO): the weak-memory emulator is not used")
	}
	return j, nil
}

func (j *job) note(text string) {
	j.result.Notes = append(j.result.Notes, text)
	j.cfg.Events(trial.Event{Note: text})
}

// noteOnce is for what both arms may say.
func (j *job) noteOnce(text string) {
	if !slices.Contains(j.result.Notes, text) {
		j.note(text)
	}
}

// announcing makes each external command an event.
func (j *job) announcing(ctx context.Context) context.Context {
	return proc.Announce(ctx, func(argv []string) { j.cfg.Events(trial.Event{Command: proc.Quote(argv)}) })
}

// finish completes the result, publishes the run folder and gives up what the
// job held. err is what the command met, and comes back, joined with what
// finishing met.
func (j *job) finish(err error) (trial.Result, error) {
	if j.tree != nil {
		err = errors.Join(err, j.tree.Close())
	}
	j.result.Timings = j.stages.close()
	j.result.Failure = FailureOf(err)
	defer func() { untidy(j.cfg.Events, j.folder.tidy()) }()
	if j.result.Command == "build" {
		return j.result, err
	}
	published := j.folder.publish(&j.result)
	if published == nil {
		j.record()
	}
	return j.result, errors.Join(err, published)
}

// FailureOf puts an error into a result; nil stays nil.
func FailureOf(err error) *trial.Failure {
	if err == nil {
		return nil
	}
	kind, interrupted := fault.KindOf(err), errors.Is(err, context.Canceled)
	f := &trial.Failure{Whose: kind.String(), Message: err.Error()}
	if interrupted {
		f.Message = "interrupted: " + f.Message
	}
	for e := (*fault.Error)(nil); errors.As(err, &e); err = e.Err {
		if f.Op == "" {
			f.Op = e.Op
		}
		if e.Log != "" {
			f.Log = e.Log
		}
		if e.Tail != "" {
			f.Tail = e.Tail
		}
		if f.Try == "" { // the outermost knows best what was wanted
			f.Try = e.Try
		}
	}
	f.Tail = strings.TrimRight(f.Tail, "\n")
	if f.Try == "" && !interrupted {
		f.Try = lastResort[kind]
	}
	return f
}

// lastResort is what to try where whoever met the error knew nothing better.
var lastResort = map[fault.Kind]string{
	fault.User:   "kcovrig help, followed by the command",
	fault.Rig:    "kcovrig doctor, which says what this machine lacks",
	fault.Kernel: "read the log, which holds what the kernel or its compiler said",
	fault.Guest:  "run it again; where it persists, the console says what the guest met",
}

// together runs fs at once, cancels the rest when one fails, waits for all,
// and returns the first failure, not the cancellations that it caused.
func together(ctx context.Context, fs ...func(context.Context) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var group sync.WaitGroup
	var once sync.Once
	var first error
	for _, f := range fs {
		group.Go(func() {
			if err := f(ctx); err != nil {
				once.Do(func() { first = err })
				cancel()
			}
		})
	}
	group.Wait()
	return first
}
