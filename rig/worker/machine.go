// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"fmt"
	"runtime"
	"slices"

	"kcovrig/rig/arch"
	"kcovrig/rig/doctor"
	"kcovrig/rig/fault"
	"kcovrig/rig/fleet"
	"kcovrig/rig/host"
	"kcovrig/rig/internal/proc"
	"kcovrig/rig/internal/qemu"
	"kcovrig/rig/scenario"
	"kcovrig/rig/task"
	"kcovrig/rig/trial"
)

// Machine is this machine as a worker.
type Machine struct {
	Labels fleet.Labels // what it has

	cfg        Config
	workspaces *workspaces // for steps of bisects
	room       room
	ran        *taskLog // nil: nobody asks
}

// Open fills the defaults and finds out what this machine has.
func Open(ctx context.Context, cfg Config) (_ *Machine, err error) {
	if cfg, err = cfg.filled(); err != nil {
		return nil, err
	}
	if cfg.Sandbox {
		if err := proc.CheckSandbox(ctx); err != nil {
			return nil, err
		}
	}
	allowed, err := scenarioIDs(cfg.Scenarios)
	if err != nil {
		return nil, err
	}
	l := labels(ctx, cfg)
	l.Scenarios = allowed
	return &Machine{Labels: l, cfg: cfg, workspaces: newWorkspaces(cfg), room: newRoom(l.MemoryMiB, cfg.Slots)}, nil
}

// scenarioIDs reads the scenarios that a worker was told to run alone.
func scenarioIDs(refs []string) ([]string, error) {
	var ids []string
	for _, ref := range refs {
		s, err := scenario.Load(ref)
		if err != nil {
			return nil, err
		}
		spec := trial.Spec{Scenario: s.Name}
		if !s.Shipped {
			spec.ScenarioHash = s.Hash
		}
		ids = append(ids, task.ScenarioID(spec))
	}
	return ids, nil
}

// allows refuses what specifies another scenario than the worker was told to run,
// whatever the task says that it needs.
func (m *Machine) allows(spec trial.Spec) error {
	if id := task.ScenarioID(spec); len(m.Labels.Scenarios) > 0 && !slices.Contains(m.Labels.Scenarios, id) {
		return &fault.Error{Kind: fault.Rig, Op: "take a task", Err: fmt.Errorf("worker %s does not run scenario %.16s", m.cfg.Name, id),
			Try: "kcovrig worker --scenario"}
	}
	return nil
}

// labels says what this machine has: KVM only where it boots a kernel.
func labels(ctx context.Context, cfg Config) fleet.Labels {
	l := fleet.Labels{Protocol: task.Protocol(), Host: host.Arch(), Cores: runtime.NumCPU(), MemoryMiB: int(host.AvailableMemory() >> 20)}
	find := qemu.Find
	if cfg.Tools != nil {
		find = cfg.Tools.QEMU
	}
	for _, name := range arch.Names() {
		a, err := arch.Lookup(name)
		if err != nil {
			continue
		}
		e, err := find(ctx, qemu.Search{Arch: a, Override: cfg.QEMU, CacheDir: cfg.CacheDir})
		if err == nil && (a.Emulated || l.QEMU == "") {
			l.QEMU = e.Version
		}
		if !cfg.NoKVM && a.GOARCH == runtime.GOARCH {
			l.KVM = doctor.KVM(ctx, doctor.Config{CacheDir: cfg.CacheDir, QEMU: cfg.QEMU}, a) == nil
		}
	}
	return l
}
