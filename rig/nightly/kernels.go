// SPDX-License-Identifier: Apache-2.0

package nightly

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"kcovrig/rig/command"
	"kcovrig/rig/fault"
	"kcovrig/rig/kernels"
	"kcovrig/rig/matrix"
	"kcovrig/rig/task"
	"kcovrig/rig/trial"
)

// prepare builds what the cells need, one kernel after the other, since each
// build takes all of the machine. A cell whose kernel fails has its result, which is kept.
func (n *matrixRun) prepare(ctx context.Context, cells []matrix.Cell, keep func(matrix.CellResult) error) ([]task.Cell, error) {
	var tasks []task.Cell
	var order []matrix.Kernels
	users := map[matrix.Kernels][]matrix.Cell{}
	for _, c := range cells {
		if users[c.Kernels()] == nil {
			order = append(order, c.Kernels())
		}
		users[c.Kernels()] = append(users[c.Kernels()], c)
	}
	ready := map[string]task.Cell{}
	for i, group := range order {
		n.cfg.Events(trial.Event{Note: fmt.Sprintf("kernels %d of %d: %s, for %d of the cells", i+1, len(order), about(group), len(users[group]))})
		k, err := n.buildKernels(ctx, users[group])
		if ctx.Err() != nil {
			return nil, errors.Join(err, k.close())
		}
		n.built[group] = k
		for _, c := range users[group] {
			p, failure := kernels.Ready{}, err
			if failure == nil {
				p, failure = k.ready(c)
			}
			if failure == nil {
				ready[c.ID] = task.Cell{Cell: c, Ready: p, Dir: n.folder.cells(), Again: n.folder.earlier.begun[c.ID], MemoryMiB: n.file.ScenarioOf(c).MemoryMiB}
				continue
			}
			if err := keep(failedCell(c, failure)); err != nil {
				return nil, err
			}
		}
		n.noteBuilds(k)
	}
	for _, c := range cells { // in the file's order again
		if t, ok := ready[c.ID]; ok {
			tasks = append(tasks, t)
		}
	}
	return tasks, nil
}

func about(k matrix.Kernels) string {
	words := k.Arch
	for _, w := range []string{k.Scenario, k.Tree, k.Rev, k.Compiler, k.Patch} {
		if w != "" {
			words += ", " + w
		}
	}
	return words
}

// buildKernels builds the kernels that the cells need, again after a fault of the
// rig, as often as is allowed.
func (n *matrixRun) buildKernels(ctx context.Context, cells []matrix.Cell) (k *built, err error) {
	var variants []trial.Variant
	for _, v := range trial.Pair() {
		if slices.ContainsFunc(cells, func(c matrix.Cell) bool { return slices.Contains(c.Variants(), v) }) {
			variants = append(variants, v)
		}
	}
	bug := n.file.ScenarioOf(cells[0])
	cfg := command.Config{Env: n.cfg.Env, Scenario: &bug, Kernels: n.cfg.Kernels}
	cell := cells[0]
	cell.Spec.Jobs = n.cfg.Jobs
	for tries := 0; ; tries++ {
		k, err = build(ctx, cfg, n.cfg.pack, cell, variants)
		failure := err
		if err == nil {
			failure = k.rigFault()
		}
		if failure == nil || fault.KindOf(failure) != fault.Rig || ctx.Err() != nil || tries >= n.cfg.Retries {
			return k, err
		}
		n.doc.Retries = append(n.doc.Retries, failure.Error())
		n.cfg.Events(trial.Event{Note: "building again after a fault of the rig: " + failure.Error()})
		if err := k.close(); err != nil {
			return nil, err
		}
	}
}

// rigFault is the first failure of a kernel that may not happen again.
func (k *built) rigFault() error {
	for _, v := range trial.Pair() {
		if err := k.failed[v]; fault.KindOf(err) == fault.Rig {
			return err
		}
	}
	return nil
}

// noteBuilds lists the images for the document, each once. How many cells boot
// each is counted at the end: on resume the list holds what was built before.
func (n *matrixRun) noteBuilds(k *built) {
	if k == nil {
		return
	}
	of := k.kernels.Prepared()
	for _, image := range of.Images {
		if image.Key != "" && slices.ContainsFunc(n.doc.Builds, func(b matrix.Build) bool { return b.Image.Key == image.Key }) {
			continue
		}
		n.doc.Builds = append(n.doc.Builds, matrix.Build{
			Image: image, Arch: k.run.Arch.Name, Kernel: of.Kernel.Version, Compiler: of.Kernel.Compiler,
		})
	}
}
