// SPDX-License-Identifier: Apache-2.0

package litmusrun

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"kcovrig/guest/wire"
	"kcovrig/rig/boot"
	"kcovrig/rig/coderange"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/initramfs"
	"kcovrig/rig/internal/qemu"
	"kcovrig/rig/internal/weakmem"
	"kcovrig/rig/litmus"
	"kcovrig/rig/trial"
)

const (
	// batchTests bounds the tests of one boot: their programs are in the
	// guest's memory, twice while it unpacks them.
	batchTests = 64
	batchBytes = 64 << 20
)

// batch is the tests of one boot: of as many CPUs, their code at addresses of
// their own, since the emulator knows code by its virtual address.
type batch struct {
	cpus  int
	bytes int64
	tests []*test
}

func (r *set) batches() []*batch {
	var out []*batch
	for _, t := range r.tests {
		if t.why != "" {
			continue
		}
		cpus := t.cpus()
		info, err := os.Stat(t.path)
		if err != nil {
			t.why = err.Error()
			continue
		}
		fits := false
		for _, b := range out {
			if fits = b.fits(t, cpus, info.Size()); fits {
				b.tests, b.bytes = append(b.tests, t), b.bytes+info.Size()
				break
			}
		}
		if !fits {
			out = append(out, &batch{cpus: cpus, bytes: info.Size(), tests: []*test{t}})
		}
	}
	return out
}

func (b *batch) fits(t *test, cpus int, bytes int64) bool {
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

// run boots a guest with the batch's programs and takes its results. started
// says that the tests were begun, done how many have ended.
func (b *batch) run(ctx context.Context, r *set, p pass, index int) (started bool, done int, err error) {
	name := fmt.Sprintf("boot-%d", index)
	end := r.run.Stages.Begin("", name)
	defer func() { end(fmt.Sprintf("%d tests on %d CPUs, policy %s", len(b.tests), b.cpus, p.name)) }()
	dir := filepath.Join(r.run.Folder.Work, name)
	packed := filepath.Join(dir, "files")
	defer os.RemoveAll(packed)
	if err := os.MkdirAll(packed, 0o755); err != nil {
		return false, 0, fault.Wrap(fault.Rig, "make the folder of a boot", err)
	}
	files, err := b.files()
	if err != nil {
		return false, 0, err
	}
	archive, err := r.run.Config.Tools.Archive(ctx, initramfs.Config{Arch: r.run.Arch, CacheDir: packed, Extra: files})
	if err != nil {
		return false, 0, err
	}
	plugin, err := r.run.Config.Boots.Plugin(ctx, weakmem.Config{
		Arch: r.run.Arch, API: r.qemu.PluginAPI, CacheDir: r.run.Config.CacheDir, Dir: dir, Scope: b.scope(),
		RAMBytes: boot.RAMBytes, Seed: r.run.Config.Spec.Seed + uint64(index), Policy: p.policy,
	})
	if err != nil {
		return false, 0, err
	}
	vm, err := r.run.Config.Boots.Start(context.WithoutCancel(ctx), boot.Machine(qemu.Config{
		Name: name, Arch: r.run.Arch, Binary: r.qemu.Argv, Accel: trial.AccelTCG, CPU: r.run.Config.Spec.CPU, CPUs: b.cpus,
		Kernel: r.kernel.Built.Path, Initrd: archive.Path, Dir: dir, Plugin: plugin.Path, PluginArgs: plugin.Args,
	}))
	if err != nil {
		return false, 0, err
	}
	if started, done, err = b.session(ctx, r, p, vm); err != nil {
		err = boot.Explain("run litmus tests", err, vm)
	}
	if closeErr := vm.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return started, done, err
	}
	counters, err := r.run.Config.Boots.Counters(plugin.Counters)
	for k, v := range counters {
		r.report.Counted[k] += v
	}
	return started, done, err
}

// files are the batch's programs, where the guest finds them.
func (b *batch) files() ([]initramfs.File, error) {
	var out []initramfs.File
	for _, t := range b.tests {
		data, err := os.ReadFile(t.path)
		if err != nil {
			return nil, fault.Wrap(fault.Rig, "pack the guest's files", err)
		}
		out = append(out, initramfs.File{Name: guestPath(t), Mode: 0o755, Data: data})
	}
	return out, nil
}

func guestPath(t *test) string { return "litmus/" + t.source.Name + ".exe" }

func (b *batch) scope() []coderange.Range {
	var out []coderange.Range
	for _, t := range b.tests {
		out = append(out, t.scope...)
	}
	return out
}

// session talks with the guest from its hello to its done.
func (b *batch) session(ctx context.Context, r *set, p pass, vm boot.VM) (started bool, done int, err error) {
	s := boot.NewSession(vm, "", r.run.Config.Events)
	defer s.Close()
	if err := vm.Cont(ctx); err != nil {
		return false, 0, err
	}
	if _, err := s.Hello(ctx, r.run.Arch.GOARCH, wire.LitmusWorkload); err != nil {
		return false, 0, err
	}
	start := wire.Start{Workload: wire.LitmusWorkload, Modes: []string{}, Seed: r.run.Config.Spec.Seed, More: true}
	for _, t := range b.tests {
		start.Litmus = append(start.Litmus, wire.LitmusJob{
			Name: t.head.Name, Path: "/" + guestPath(t), Size: r.cfg.Size, Runs: p.runs(t.head.Threads), LimitNS: r.cfg.TestLimit.Nanoseconds(),
		})
	}
	if err := s.Send(wire.Record{Start: &start}); err != nil {
		return false, 0, err
	}
	for {
		record, err := s.Next(ctx, r.cfg.TestLimit+boot.StallTimeout)
		switch {
		case err != nil:
			return true, done, err
		case record.Done != nil && done == len(b.tests):
			return true, done, s.Send(wire.Record{Stop: &wire.Stop{}}) // it powers off when its last record has been read
		case record.Litmus == nil || done >= len(b.tests) || record.Litmus.Name != b.tests[done].head.Name:
			return true, done, fault.Newf(fault.Rig, "read the guest's records", "a record that the guest may not send here")
		}
		t := b.tests[done]
		t.add(p, *record.Litmus)
		if err := r.settle(t); err != nil {
			return true, done, err
		}
		done++
	}
}

// add adds what a program came to under a policy.
func (t *test) add(p pass, res wire.LitmusResult) {
	t.elapsed += res.ElapsedNS
	t.left = t.left[1:]
	if res.End != wire.LitmusOK {
		t.why, t.tail = fmt.Sprintf("guest: %s under the policy %s: %s", res.End, p.name, res.Message), res.Tail
		return
	}
	t.counted = append(t.counted, litmus.Counted{Policy: p.name, States: res.States, Fulfilled: res.Fulfilled})
}
