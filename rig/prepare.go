// SPDX-License-Identifier: Apache-2.0

package rig

import (
	"context"
	"path/filepath"
	"runtime"

	"kcovrig/rig/boot"
	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/initramfs"
	"kcovrig/rig/internal/qemu"
	"kcovrig/rig/trial"
)

// prepare readies everything but the machines: the kernels of the given arms,
// the initramfs, QEMU and, from the binaries, the emulator's scope.
func (j *job) prepare(ctx context.Context, arms []trial.Variant) error {
	if err := together(ctx,
		func(ctx context.Context) error {
			if err := j.buildKernels(ctx, arms); err != nil {
				return err
			}
			return j.analyse(ctx, arms)
		},
		j.buildArchive, j.findEmulator,
	); err != nil {
		return err
	}
	if err := j.chooseAccel(ctx, j.images[arms[0]].Path); err != nil {
		return err
	}
	if err := j.findReaders(); err != nil {
		return err
	}
	if err := j.nameSetup(); err != nil {
		return err
	}
	return j.addScopes(arms)
}

// nameSetup puts into the result with what the machines will run.
func (j *job) nameSetup() (err error) {
	if !j.emulated() {
		return nil
	}
	setup := trial.Setup{Initramfs: j.archive.Hash}
	setup.Plugin, setup.Policy, err = j.backends().Emulation(j.emulation())
	j.result.Setup = &setup
	return err
}

// findReaders finds the code in the guest whose loads the emulator may reorder.
func (j *job) findReaders() (err error) {
	for _, reader := range j.cfg.Spec.Readers {
		if !j.emulated() {
			break
		}
		j.readers[reader], err = j.backends().GuestScope(j.archive.Guest, j.scenario.Readers[string(reader)].Symbols)
		if err == nil {
			err = j.readReader(reader)
		}
		if err != nil {
			return err
		}
	}
	if !j.emulated() || j.scenario.Mark == "" {
		return nil
	}
	found, err := j.backends().GuestScope(j.archive.Guest, []string{j.scenario.Mark})
	if err == nil {
		j.mark = found[0]
	}
	return err
}

// buildKernels builds the arms one after the other: the second starts from the
// first's build folder. The tree stays open, which keeps the images, until the
// job ends.
func (j *job) buildKernels(ctx context.Context, arms []trial.Variant) error {
	if err := j.openTree(ctx, arms); err != nil {
		return err
	}
	for _, v := range arms {
		if err := j.buildArm(ctx, v); err != nil {
			return err
		}
	}
	return nil
}

// openTree opens the tree and, before anything is built, sees that all arms can be.
func (j *job) openTree(ctx context.Context, arms []trial.Variant) error {
	end := j.stages.begin("", "source")
	tree, err := j.backends().Open(ctx, TreeConfig{
		Spec: j.cfg.Spec, Arch: j.arch, Scenario: j.scenario, CacheDir: j.cfg.CacheDir,
		Line: func(line string) { j.cfg.Events(trial.Event{Line: line}) },
		Step: func(b trial.BuildEvent) { j.cfg.Events(trial.Event{Build: &b}) },
	})
	if err != nil {
		return err
	}
	j.tree = tree
	for _, v := range arms {
		if err := tree.Check(ctx, v); err != nil {
			return err
		}
	}
	if j.admit != nil {
		if err := j.admit(ctx, tree, arms[0]); err != nil {
			return err
		}
	}
	end("")
	return nil
}

func (j *job) buildArm(ctx context.Context, v trial.Variant) error {
	name := string(v)
	end := j.stages.begin(name, "build "+name)
	image, err := j.tree.Image(ctx, v)
	if err != nil {
		return err
	}
	detail := image.Kernel.Version
	if image.Cached {
		detail += ", cached"
	}
	end(detail)
	for _, n := range image.Notes {
		j.noteOnce(n)
	}
	if err := j.keepPatch(name, image.PatchText); err != nil {
		return err
	}
	j.images[v], j.result.Kernel = image, image.Kernel
	j.result.Images = append(j.result.Images, image.Image)
	return nil
}

// patchFile is the name, in an arm's folder, of the patch that made it.
const patchFile = "made-by.patch"

// keepPatch puts the patch into the arm's part of the run folder; none for an arm
// that is the tree itself.
func (j *job) keepPatch(arm, text string) error {
	if text == "" {
		return nil
	}
	return fault.Wrap(fault.Rig, "keep the patch", disk.WriteFile(filepath.Join(j.folder.work, arm, patchFile), []byte(text)))
}

func (j *job) buildArchive(ctx context.Context) (err error) {
	defer j.stages.begin("", "initramfs")("")
	j.archive, err = j.backends().Archive(ctx, initramfs.Config{Arch: j.arch, CacheDir: j.cfg.CacheDir})
	return err
}

func (j *job) findEmulator(ctx context.Context) (err error) {
	end := j.stages.begin("", "qemu")
	j.emulator, err = j.backends().Emulator(ctx, qemu.Search{
		Arch: j.arch, Override: j.cfg.QEMU, Argv: j.before, CacheDir: j.cfg.CacheDir,
	})
	if err != nil {
		return err
	}
	if j.emulated() {
		if err := j.emulator.Emulator(); err != nil {
			return err
		}
	}
	end(j.emulator.Version)
	return nil
}

// chooseAccel settles --accel. KVM is never taken on trust: a guest has to boot.
func (j *job) chooseAccel(ctx context.Context, kernel string) error {
	spec := j.cfg.Spec
	host := runtime.GOARCH == j.arch.GOARCH
	switch {
	case spec.Accel == trial.AccelTCG, spec.Accel == trial.AccelAuto && (!host || j.emulated()):
		j.accel = trial.AccelTCG
	case spec.Accel == trial.AccelKVM && !host:
		return fault.Newf(fault.User, "--accel=kvm", "KVM cannot run %s on this %s machine", j.arch.Name, runtime.GOARCH)
	default:
		end := j.stages.begin("", "kvm probe")
		err := j.backends().KVMBoots(ctx, boot.KVMConfig{
			Arch: j.arch, Emulator: j.emulator, Kernel: kernel, Initrd: j.archive.Path,
			Workload: j.scenario.Workload, CacheDir: j.cfg.CacheDir,
		})
		end("")
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil && spec.Accel == trial.AccelKVM {
			return fault.Wrap(fault.Rig, "--accel=kvm", err)
		}
		j.accel = trial.AccelKVM
		if err != nil {
			j.accel = trial.AccelTCG
			j.note("KVM boots no guest here, TCG is used: " + err.Error())
		}
	}
	model := trial.ModelNative
	if j.emulated() {
		model = trial.ModelArm
	}
	j.result.QEMU = trial.QEMU{
		Argv: j.emulator.Argv, Version: j.emulator.Version, PluginAPI: j.emulator.PluginAPI,
		Accel: j.accel, MemoryModel: model,
	}
	if j.accel == trial.AccelTCG && !j.emulated() && !j.arch.TSO {
		j.note("without the memory emulator TCG runs the guest in order: no stale read can be expected")
	}
	return nil
}

// analyse finds in each binary what the two writes became: the emulator's
// scope, and whether anything orders them. Of two arms it compares the code.
func (j *job) analyse(ctx context.Context, arms []trial.Variant) error {
	defer j.stages.begin("", "disassembly")("")
	containers := []string{}
	for _, v := range arms {
		a, err := j.analyseArm(ctx, v)
		if err != nil {
			return err
		}
		j.scopes[v], j.lines[v], j.writes[v] = a.Scope, a.Lines, boot.Writes{Copies: a.Copies, Publishers: a.Publishers}
		j.ways[v] = a.Ways
		j.result.Code = append(j.result.Code, a.Code)
		containers = append(containers, a.Container)
	}
	if len(arms) < 2 {
		return nil
	}
	same, err := j.backends().SameCode(j.images[arms[0]], j.images[arms[1]], containers)
	if err != nil {
		return err
	}
	differs := !same
	j.result.CodeDiffers = &differs
	return nil
}

func (j *job) analyseArm(ctx context.Context, v trial.Variant) (Analysis, error) {
	a, err := j.backends().Analyse(ctx, AnalyseConfig{
		Arch: j.arch, Scenario: j.scenario, Image: j.images[v],
		CacheDir: j.cfg.CacheDir, OutDir: filepath.Join(j.folder.work, string(v)),
	})
	a.Patched, a.AsIs = v == trial.Patched, v == trial.AsIs
	return a, err
}
