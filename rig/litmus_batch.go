// SPDX-License-Identifier: Apache-2.0

package rig

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"kcovrig/guest/wire"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/weakmem"
	"kcovrig/rig/litmus"
	"kcovrig/rig/trial"
)

const (
	// batchTests bounds the tests of one boot: their programs are in the
	// guest's memory, twice while it unpacks them.
	batchTests = 64
	batchBytes = 64 << 20
	// Threads beyond maxLitmusCPUs share CPUs.
	minLitmusCPUs, maxLitmusCPUs = 2, 4

	litmusWorkload = "litmus"
)

// batch is the tests of one boot: of as many CPUs, their code at addresses of
// their own, since the emulator knows code by its virtual address.
type batch struct {
	cpus  int
	bytes int64
	tests []*litmusTest
}

func (r *litmusRun) batches() []*batch {
	var out []*batch
	for i := range r.tests {
		t := &r.tests[i]
		if t.path == "" {
			continue
		}
		cpus := min(max(len(t.parsed.Threads), minLitmusCPUs), maxLitmusCPUs)
		info, err := os.Stat(t.path)
		if err != nil {
			continue // it is found missing when it is packed
		}
		fits := false
		for _, b := range out {
			if fits = b.fits(t, cpus, info.Size()); fits {
				b.tests, b.bytes = append(b.tests, t), b.bytes+info.Size()
				break
			}
		}
		if !fits {
			out = append(out, &batch{cpus: cpus, bytes: info.Size(), tests: []*litmusTest{t}})
		}
	}
	return out
}

func (b *batch) fits(t *litmusTest, cpus int, bytes int64) bool {
	if b.cpus != cpus || len(b.tests) >= batchTests || b.bytes+bytes > batchBytes {
		return false
	}
	for _, other := range b.tests {
		for _, x := range other.scope {
			for _, y := range t.scope {
				if x.Start < y.End && y.Start < x.End {
					return false
				}
			}
		}
	}
	return true
}

// run boots a guest with the batch's programs and takes its results.
func (b *batch) run(ctx context.Context, r *litmusRun, index int) (err error) {
	name := fmt.Sprintf("boot-%d", index)
	end := r.stages.begin("", name)
	defer func() { end(fmt.Sprintf("%d tests on %d CPUs", len(b.tests), b.cpus)) }()
	dir := filepath.Join(r.folder.work, name)
	packed := filepath.Join(dir, "files")
	defer os.RemoveAll(packed)
	if err := os.MkdirAll(packed, 0o755); err != nil {
		return fault.Wrap(fault.Rig, "make the folder of a boot", err)
	}
	archive, err := r.backends().Archive(ctx, r.arch, packed, b.files()...)
	if err != nil {
		return err
	}
	policy := weakmem.LitmusPolicy(b.cpus)
	if r.cfg.NoTurns || b.cpus <= minLitmusCPUs { // two threads meet often enough by themselves
		policy = weakmem.LooseLitmusPolicy()
	}
	plugin, err := r.backends().Plugin(ctx, PluginConfig{
		Arch: r.arch, Emulator: r.emulator, CacheDir: r.job.cfg.CacheDir, Dir: dir, Scope: b.scope(),
		RAMBytes: ramBytes, Seed: r.job.cfg.Spec.Seed + uint64(index), Policy: &policy,
	})
	if err != nil {
		return err
	}
	vm, err := r.backends().Boot(context.WithoutCancel(ctx), BootConfig{
		Name: name, Arch: r.arch, Emulator: r.emulator, Accel: trial.AccelTCG, CPUs: b.cpus,
		Kernel: r.images[trial.Unpatched].Path, Initrd: archive.Path, Dir: dir, Plugin: &plugin,
	})
	if err != nil {
		return err
	}
	if err = b.session(ctx, r, vm); err != nil {
		err = explainBoot(err, vm)
	}
	if closeErr := vm.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	counters, err := r.backends().Counters(plugin)
	for k, v := range counters {
		r.report.Counted[k] += v
	}
	return err
}

func (b *batch) files() []ExtraFile {
	var out []ExtraFile
	for _, t := range b.tests {
		out = append(out, ExtraFile{Name: guestPath(t), Path: t.path})
	}
	return out
}

func guestPath(t *litmusTest) string { return "litmus/" + t.parsed.Name + ".exe" }

func (b *batch) scope() []Range {
	var out []Range
	for _, t := range b.tests {
		out = append(out, t.scope...)
	}
	return out
}

// session talks with the guest from its hello to its done.
func (b *batch) session(ctx context.Context, r *litmusRun, vm VM) error {
	s := newSession(vm.Wire(), "", r.job.cfg.Events)
	defer s.close()
	if err := vm.Cont(ctx); err != nil {
		return err
	}
	if _, err := s.hello(ctx, r.arch.GOARCH, litmusWorkload); err != nil {
		return err
	}
	start := wire.Start{Workload: litmusWorkload, Modes: []string{}, Seed: r.job.cfg.Spec.Seed}
	for _, t := range b.tests {
		start.Litmus = append(start.Litmus, wire.LitmusJob{
			Name: t.parsed.Name, Path: "/" + guestPath(t), Size: r.cfg.Size, Runs: r.cfg.runs(len(t.parsed.Threads)), LimitNS: r.cfg.TestLimit.Nanoseconds(),
		})
	}
	if err := s.send(wire.Record{Start: &start}); err != nil {
		return err
	}
	for n := 0; ; n++ {
		record, err := s.next(ctx, r.cfg.TestLimit+stallTimeout)
		switch {
		case err != nil:
			return err
		case record.Done != nil && n == len(b.tests):
			return nil
		case record.Litmus == nil || n >= len(b.tests) || record.Litmus.Name != b.tests[n].parsed.Name:
			return fault.Newf(fault.Rig, "read the guest's records", "a record that the guest may not send here")
		}
		r.add(b.tests[n], r.compare(b.tests[n], *record.Litmus))
	}
}

// next waits for a record for as long as a test may take.
func (s *session) next(ctx context.Context, limit time.Duration) (wire.Record, error) {
	silence := time.NewTimer(limit)
	defer silence.Stop()
	select {
	case <-ctx.Done():
		return wire.Record{}, ctx.Err()
	case <-silence.C:
		return wire.Record{}, fmt.Errorf("no record for %v: %w", limit, errSilent)
	case p, open := <-s.in:
		return p.check(open)
	}
}

// compare judges a result; what cannot be judged is inconclusive.
func (r *litmusRun) compare(t *litmusTest, res wire.LitmusResult) litmus.Comparison {
	verdict, judged := r.verdicts[t.parsed.Name]
	c := litmus.Comparison{Name: t.parsed.Name, Threads: len(t.parsed.Threads), Tail: res.Tail}
	switch {
	case res.End != wire.LitmusOK:
		c.Why = fmt.Sprintf("%s: %s", res.End, res.Message)
	case !judged:
		c.Why = "herd7's log does not have it"
	default:
		compared, err := litmus.Compare(t.parsed, verdict, res.States)
		if c = compared; err != nil {
			c.Outcome, c.Why = litmus.Inconclusive, err.Error()
		}
	}
	c.ElapsedNS = res.ElapsedNS
	return c
}

// explainBoot asks the machine and its console where nobody has named a culprit.
func explainBoot(err error, vm VM) error {
	const op = "run litmus tests"
	if errors.Is(err, context.Canceled) {
		return fault.Wrap(fault.Unknown, op+", interrupted before they were done", err)
	}
	if fault.KindOf(err) == fault.Unknown {
		cause := io.ErrUnexpectedEOF
		if errors.Is(err, errSilent) {
			cause = fmt.Errorf("%w: %w", err, context.DeadlineExceeded)
		}
		err = vm.Why(context.Background(), cause)
	}
	return &fault.Error{Kind: fault.KindOf(err), Op: op, Err: err, Log: vm.Console(), Tail: consoleTail(vm.Console())}
}
