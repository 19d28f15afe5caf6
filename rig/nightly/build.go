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
	"kcovrig/rig/result"
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
func build(ctx context.Context, cfg command.Config, pack func(string) (weakmem.Bundle, error), cell matrix.Cell, variants []trial.Variant) (*built, error) {
	cfg.Spec = cell.Spec
	run, err := command.Begin(cfg, trial.CommandBuild)
	if err != nil {
		return nil, err
	}
	k := &built{run: run, kernels: &prepare.Kernels{}}
	err = run.Scenario.Applies(run.Arch.Name)
	if err == nil {
		err = k.fill(ctx, pack, variants)
	}
	if err != nil {
		return nil, errors.Join(err, k.close())
	}
	return k, nil
}

func (k *built) fill(ctx context.Context, pack func(string) (weakmem.Bundle, error), variants []trial.Variant) (err error) {
	from := k.run.Preparing()
	if k.archive, err = prepare.Guest(ctx, from); err != nil {
		return err
	}
	if pack == nil {
		pack = weakmem.Bundled
	}
	if k.sent, err = pack(filepath.Join(k.run.Folder.Work, task.EmulatorFile)); err != nil {
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
	k.kernels, k.failed, err = prepare.BuildEach(ctx, from, variants)
	return err
}

// ready is what a cell boots, or why it cannot.
func (k *built) ready(cell matrix.Cell) (kernels.Ready, error) {
	p := kernels.Ready{SameCode: k.kernels.Same, Archive: k.archive, Scenario: k.scenario}
	if cell.Spec.Emulated() {
		p.SentEmulator = &k.sent
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
			kernel.Patch = filepath.Join(k.run.Folder.Work, string(v), result.PatchFile)
		}
		p.Kernels = append(p.Kernels, kernel)
	}
	return p, nil
}

// close lets go of the images, which the cache may then prune; nil has none.
func (k *built) close() error {
	if k == nil {
		return nil
	}
	_, err := k.run.Abandon(k.run.Result(), k.kernels.Close())
	return err
}
