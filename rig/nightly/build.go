// SPDX-License-Identifier: Apache-2.0

package nightly

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"kcovrig/rig/command"
	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/initramfs"
	"kcovrig/rig/internal/weakmem"
	"kcovrig/rig/kernels"
	"kcovrig/rig/matrix"
	"kcovrig/rig/prepare"
	"kcovrig/rig/task"
	"kcovrig/rig/trial"
)

// built is what cells with the same kernels need. It is kept until close.
type built struct {
	run     *command.Run
	kernels *prepare.Kernels
	archive initramfs.Archive
	failed  map[trial.Variant]error
	sent    weakmem.Bundle
	// scenario is where it is packed; empty: it comes with the rig.
	scenario string
}

// build builds the kernels that the cells need, each once. One that fails stops
// no other: ready tells the cells that need it.
func build(ctx context.Context, cfg command.Config, cell matrix.Cell, variants []trial.Variant) (*built, error) {
	cfg.Spec = cell.Spec
	run, err := command.Begin(cfg, "build")
	if err != nil {
		return nil, err
	}
	k := &built{run: run, failed: map[trial.Variant]error{}}
	err = run.Scenario.Applies(run.Arch.Name)
	if err == nil {
		err = k.fill(ctx, variants)
	}
	if err != nil {
		return nil, errors.Join(err, k.close())
	}
	return k, nil
}

func (k *built) fill(ctx context.Context, variants []trial.Variant) (err error) {
	if k.archive, err = prepare.Guest(ctx, k.run); err != nil {
		return err
	}
	if k.sent, err = k.run.Config.Doers.PackEmulator(filepath.Join(k.run.Folder.Work, task.EmulatorFile)); err != nil {
		return err
	}
	if k.run.Config.Spec.ScenarioHash != "" {
		packed, err := k.run.Scenario.Pack()
		if err != nil {
			return err
		}
		k.scenario = filepath.Join(k.run.Folder.Work, task.ScenarioFile)
		if err := disk.WriteFile(k.scenario, packed); err != nil {
			return fault.Wrap(fault.Rig, "write the scenario for the cells", err)
		}
	}
	if k.kernels, err = prepare.Open(ctx, k.run, prepare.Request{}); err != nil {
		return err
	}
	for _, v := range variants {
		if err := k.build(ctx, v); err != nil {
			k.failed[v] = err
		}
	}
	if len(variants) == 2 && len(k.failed) == 0 {
		return k.kernels.Compare(variants[0], variants[1])
	}
	return nil
}

func (k *built) build(ctx context.Context, v trial.Variant) error {
	if err := k.kernels.Source.Check(ctx, v); err != nil {
		return err
	}
	if err := k.kernels.Build(ctx, k.run, v); err != nil {
		return err
	}
	return k.kernels.Analyse(ctx, k.run, v)
}

// ready is what a cell boots, or why it cannot.
func (k *built) ready(cell matrix.Cell) (kernels.Ready, error) {
	p := kernels.Ready{SameCode: k.kernels.Same(), Archive: k.archive, Scenario: k.scenario}
	if command.Emulated(cell.Spec) {
		p.Emulator = &k.sent
	}
	for _, v := range cell.Variants() {
		if err := k.failed[v]; err != nil {
			return p, err
		}
		of, ok := k.kernels.Of[v]
		if !ok || of.Analysis == nil {
			return p, fmt.Errorf("the %s kernel was not built", v)
		}
		kernel := kernels.ReadyKernel{Image: of.Image, Analysis: *of.Analysis}
		if of.Image.PatchText != "" {
			kernel.Patch = filepath.Join(k.run.Folder.Work, string(v), prepare.PatchFile)
		}
		p.Kernels = append(p.Kernels, kernel)
	}
	return p, nil
}

// close lets go of the images, which the cache may then prune.
func (k *built) close() error {
	var err error
	if k.kernels != nil {
		err = k.kernels.Close()
	}
	_, err = k.run.Abandon(k.run.Result(), err)
	return err
}
