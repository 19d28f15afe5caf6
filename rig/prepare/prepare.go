// SPDX-License-Identifier: Apache-2.0

package prepare

import (
	"context"
	"io/fs"
	"runtime"

	"golang.org/x/sync/errgroup"

	"kcovrig/rig/boot"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/initramfs"
	"kcovrig/rig/internal/program"
	"kcovrig/rig/internal/qemu"
	"kcovrig/rig/internal/weakmem"
	"kcovrig/rig/kernels"
	"kcovrig/rig/scenario"
	"kcovrig/rig/trial"
)

// NewSetup prepares everything but the machines themselves, stage by stage: each takes
// what those before it made, and changes none of that. The setup, as far as
// it got, is returned even when err is not nil, and is to be closed.
func NewSetup(ctx context.Context, cfg Config, request Request) (*Setup, error) {
	s := &Setup{Config: cfg, Background: request.Background, Kernels: &Kernels{}}
	if err := cfg.Scenario.Applies(cfg.Arch.Name); err != nil {
		return s, err
	}
	request, admitted := request.admitting()
	group, at := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		s.Kernels, err = Build(at, cfg, request)
		if err == nil {
			s.Kernels, err = analyse(at, cfg, s.Kernels, request.Variants)
		}
		return err
	})
	group.Go(func() (err error) { s.Archive, err = Guest(at, cfg); return err })
	group.Go(func() (err error) {
		if s.QEMU, err = QEMU(at, cfg, request.QEMUBefore); err != nil {
			select { // what is wrong with the user's own is told first, in each call
			case <-admitted:
			case <-at.Done():
			}
		}
		return err
	})
	err := group.Wait()
	if err != nil {
		return s, err
	}
	probe := boot.KVMConfig{
		Arch: cfg.Arch, QEMU: s.QEMU, Kernel: s.Kernels.Of[request.Variants[0]].Image.Built.Path, Initrd: s.Archive.Path,
		Workload: cfg.Scenario.Workload, CacheDir: cfg.CacheDir,
	}
	if s.Accel, err = chooseAccel(ctx, cfg, probe); err != nil {
		return s, err
	}
	if s.Guest, err = findReaders(cfg, request, s.Archive.Guest); err != nil {
		return s, err
	}
	if s.Kernels, s.Guest, err = addScopes(cfg, s.Archive.Guest, s.Kernels, s.Guest); err != nil {
		return s, err
	}
	if s.Kernels, err = addFunctions(cfg, request, s.Archive.Guest, s.Kernels); err != nil {
		return s, err
	}
	emulator := emulation(cfg, request.Background, s.QEMU)
	if emulator != nil { // the scopes of both kernels are as wide as one another
		emulator.Policy = emulator.Policy.For(s.Kernels.Of[request.Variants[0]].Scope)
	}
	if s.Provenance, err = provenance(s.Archive, emulator); err != nil {
		return s, err
	}
	noteUnwitnessed(cfg, s.Kernels)
	return s, nil
}

// admitting is r with a channel that is closed once the source was found to be one from which
// all that is asked for can be built.
func (r Request) admitting() (Request, <-chan struct{}) {
	admitted, admit := make(chan struct{}), r.Admit
	r.Admit = func(ctx context.Context, source kernels.Source, v trial.Variant) error {
		if admit != nil {
			if err := admit(ctx, source, v); err != nil {
				return err
			}
		}
		close(admitted)
		return nil
	}
	return r, admitted
}

// provenance names what the machines will run; nil without the emulator.
func provenance(archive initramfs.Archive, emulator *weakmem.Config) (*trial.Provenance, error) {
	if emulator == nil {
		return nil, nil
	}
	plugin, policy, err := emulator.Emulation()
	return &trial.Provenance{Initramfs: archive.Hash, Plugin: plugin, Policy: policy}, err
}

// Guest packs the initramfs, where it is not ready.
func Guest(ctx context.Context, cfg Config) (initramfs.Archive, error) {
	defer cfg.Stage("", "initramfs")("")
	if ready := cfg.Archive; ready != nil {
		return *ready, nil
	}
	pack := initramfs.Config{Arch: cfg.Arch, CacheDir: cfg.CacheDir}
	if p := cfg.Scenario.Program; p != nil {
		raw, err := cfg.Tools.Program(ctx, program.Config{
			Arch: cfg.Arch, CacheDir: cfg.CacheDir, Files: p.Files, Source: p.Source, Binary: p.Binary,
		})
		if err != nil {
			return initramfs.Archive{}, err
		}
		pack.Program, pack.RAMBytes = raw, RAMBytes(cfg.Scenario)
		if pack.Extra, err = guestFiles(p); err != nil {
			return initramfs.Archive{}, err
		}
	}
	return cfg.Tools.Archive(ctx, pack)
}

// RAMBytes is the memory of the machines of a scenario.
func RAMBytes(s scenario.Scenario) uint64 {
	return uint64(boot.Machine(qemu.Config{MemoryMiB: s.MemoryMiB}).MemoryMiB) << 20
}

// guestFiles are the files that the program finds below /files. The scenario's folder says
// nothing of who may run them: all may.
func guestFiles(p *scenario.Program) (files []initramfs.File, err error) {
	for _, name := range p.GuestFiles {
		data, err := fs.ReadFile(p.Files, name)
		if err != nil {
			return nil, fault.Wrap(fault.User, "pack the workload's files", err)
		}
		files = append(files, initramfs.File{Name: "files/" + name, Mode: 0o755, Data: data})
	}
	return files, nil
}

// QEMU finds the program; before is how it was started in a run that is repeated.
func QEMU(ctx context.Context, cfg Config, before []string) (qemu.Program, error) {
	end := cfg.Stage("", "qemu")
	found, err := cfg.Tools.QEMU(ctx, qemu.Search{
		Arch: cfg.Arch, Override: cfg.QEMU, Argv: before, CacheDir: cfg.CacheDir,
	})
	if err != nil {
		return found, err
	}
	if cfg.Spec.Emulated() {
		if err := found.CanEmulate(); err != nil {
			return found, err
		}
	}
	end(found.Version)
	return found, nil
}

// chooseAccel settles --accel. KVM is never taken on trust: a guest has to boot.
func chooseAccel(ctx context.Context, cfg Config, probe boot.KVMConfig) (trial.Accel, error) {
	spec := cfg.Spec
	host := runtime.GOARCH == cfg.Arch.GOARCH
	accel := trial.AccelKVM
	switch {
	case spec.Accel == trial.AccelTCG, spec.Accel == trial.AccelAuto && (!host || spec.Emulated()):
		accel = trial.AccelTCG
	case spec.Accel == trial.AccelKVM && !host:
		return "", fault.Newf(fault.User, "--accel=kvm", "KVM cannot run %s on this %s machine", cfg.Arch.Name, runtime.GOARCH)
	default:
		end := cfg.Stage("", "kvm probe")
		err := cfg.Tools.KVMBoots(ctx, probe)
		end("")
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		if err != nil && spec.Accel == trial.AccelKVM {
			return "", fault.Wrap(fault.Rig, "--accel=kvm", err)
		}
		if err != nil {
			accel = trial.AccelTCG
			cfg.Note("KVM boots no guest here, TCG is used: " + err.Error())
		}
	}
	if accel == trial.AccelTCG && !spec.Emulated() && !cfg.Arch.TSO {
		cfg.Note("without the memory emulator TCG runs the guest in order: no " + cfg.Scenario.Words.Full().Hit + " can be expected")
	}
	return accel, nil
}
