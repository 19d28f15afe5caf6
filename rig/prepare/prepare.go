// SPDX-License-Identifier: Apache-2.0

package prepare

import (
	"context"
	"io/fs"
	"runtime"

	"golang.org/x/sync/errgroup"

	"kcovrig/rig/boot"
	"kcovrig/rig/command"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/initramfs"
	"kcovrig/rig/internal/program"
	"kcovrig/rig/internal/qemu"
	"kcovrig/rig/scenario"
	"kcovrig/rig/trial"
)

// Machines readies everything but the machines themselves. The set-up comes, to
// be closed, filled as far as it got also beside an error.
func Machines(ctx context.Context, run *command.Run, ask Request) (*Setup, error) {
	s := &Setup{Config: run.Config, Arch: run.Arch, Scenario: run.Scenario, Background: ask.Background, Readers: map[trial.Reader]Reader{}, Kernels: &Kernels{}}
	if err := run.Scenario.Applies(run.Arch.Name); err != nil {
		return s, err
	}
	group, at := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		s.Kernels, err = Build(at, run, ask)
		if err == nil {
			err = s.Kernels.analyse(at, run, ask.Variants)
		}
		return err
	})
	group.Go(func() (err error) { s.Archive, err = Guest(at, run); return err })
	group.Go(func() (err error) { s.QEMU, err = QEMU(at, run, ask.QEMUBefore); return err })
	if err := group.Wait(); err != nil {
		return s, err
	}
	if err := s.chooseAccel(ctx, run, s.Kernels.Of[ask.Variants[0]].Image.Path); err != nil {
		return s, err
	}
	if err := s.findReaders(); err != nil {
		return s, err
	}
	if err := s.nameProvenance(); err != nil {
		return s, err
	}
	if err := s.addScopes(ask.Variants); err != nil {
		return s, err
	}
	if err := s.addFunctions(ask); err != nil {
		return s, err
	}
	s.noteUnwitnessed(run, ask.Variants)
	return s, nil
}

// nameProvenance names what the machines will run.
func (s *Setup) nameProvenance() (err error) {
	if !s.Emulated() {
		return nil
	}
	s.Provenance = &trial.Setup{Initramfs: s.Archive.Hash}
	s.Provenance.Plugin, s.Provenance.Policy, err = s.Config.Doers.Emulation(s.emulation())
	return err
}

// Guest packs the initramfs, where it is not ready.
func Guest(ctx context.Context, run *command.Run) (initramfs.Archive, error) {
	defer run.Stages.Begin("", "initramfs")("")
	if ready := run.Config.Archive; ready != nil {
		return *ready, nil
	}
	cfg := initramfs.Config{Arch: run.Arch, CacheDir: run.Config.CacheDir}
	if p := run.Scenario.Program; p != nil {
		raw, err := run.Config.Doers.Program(ctx, program.Config{
			Arch: run.Arch, CacheDir: run.Config.CacheDir, Files: p.Files, Source: p.Source, Binary: p.Binary,
		})
		if err != nil {
			return initramfs.Archive{}, err
		}
		cfg.Program = raw
		if cfg.Extra, err = beside(p); err != nil {
			return initramfs.Archive{}, err
		}
	}
	return run.Config.Doers.Archive(ctx, cfg)
}

// beside are the files that the program finds below /files. The scenario's folder says
// nothing of who may run them: all may.
func beside(p *scenario.Program) (files []initramfs.File, err error) {
	for _, name := range p.Beside {
		data, err := fs.ReadFile(p.Files, name)
		if err != nil {
			return nil, fault.Wrap(fault.User, "pack the workload's files", err)
		}
		files = append(files, initramfs.File{Name: "files/" + name, Mode: 0o755, Data: data})
	}
	return files, nil
}

// QEMU finds the program; before is how it was started in a run that is repeated.
func QEMU(ctx context.Context, run *command.Run, before []string) (qemu.Program, error) {
	end := run.Stages.Begin("", "qemu")
	found, err := run.Config.Doers.QEMU(ctx, qemu.Search{
		Arch: run.Arch, Override: run.Config.QEMU, Argv: before, CacheDir: run.Config.CacheDir,
	})
	if err != nil {
		return found, err
	}
	if command.Emulated(run.Config.Spec) {
		if err := found.CanEmulate(); err != nil {
			return found, err
		}
	}
	end(found.Version)
	return found, nil
}

// chooseAccel settles --accel. KVM is never taken on trust: a guest has to boot.
func (s *Setup) chooseAccel(ctx context.Context, run *command.Run, kernel string) error {
	spec := s.Config.Spec
	host := runtime.GOARCH == s.Arch.GOARCH
	switch {
	case spec.Accel == trial.AccelTCG, spec.Accel == trial.AccelAuto && (!host || s.Emulated()):
		s.Accel = trial.AccelTCG
	case spec.Accel == trial.AccelKVM && !host:
		return fault.Newf(fault.User, "--accel=kvm", "KVM cannot run %s on this %s machine", s.Arch.Name, runtime.GOARCH)
	default:
		end := run.Stages.Begin("", "kvm probe")
		err := s.Config.Doers.KVMBoots(ctx, boot.KVMConfig{
			Arch: s.Arch, QEMU: s.QEMU, Kernel: kernel, Initrd: s.Archive.Path,
			Workload: s.Scenario.Workload, CacheDir: s.Config.CacheDir,
		})
		end("")
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil && spec.Accel == trial.AccelKVM {
			return fault.Wrap(fault.Rig, "--accel=kvm", err)
		}
		s.Accel = trial.AccelKVM
		if err != nil {
			s.Accel = trial.AccelTCG
			run.Note("KVM boots no guest here, TCG is used: " + err.Error())
		}
	}
	if s.Accel == trial.AccelTCG && !s.Emulated() && !s.Arch.TSO {
		run.Note("without the memory emulator TCG runs the guest in order: no " + run.Scenario.Words.Full().Hit + " can be expected")
	}
	return nil
}
