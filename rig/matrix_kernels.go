// SPDX-License-Identifier: Apache-2.0

package rig

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"kcovrig/rig/fault"
	"kcovrig/rig/matrix"
	"kcovrig/rig/trial"
)

// prepare builds what the cells need, one kernel after the other, since each
// build takes all of the machine. A cell whose kernel fails has its result.
func (n *nightly) prepare(ctx context.Context, cells []matrix.Cell) ([]CellTask, error) {
	var tasks []CellTask
	var order []matrix.Kernels
	users := map[matrix.Kernels][]matrix.Cell{}
	for _, c := range cells {
		if users[c.Kernels()] == nil {
			order = append(order, c.Kernels())
		}
		users[c.Kernels()] = append(users[c.Kernels()], c)
	}
	ready := map[string]CellTask{}
	for i, group := range order {
		n.cfg.Events(trial.Event{Note: fmt.Sprintf("kernels %d of %d: %s, for %d cells", i+1, len(order), about(group), len(users[group]))})
		k, err := n.buildKernels(ctx, users[group])
		if ctx.Err() != nil {
			return nil, errors.Join(err, closeKernels(k))
		}
		n.kernels[group] = k
		for _, c := range users[group] {
			p, failure := Prebuilt{}, err
			if failure == nil {
				p, failure = k.ready(c)
			}
			if failure == nil {
				ready[c.ID] = CellTask{Cell: c, Ready: p, Dir: n.folder.cells(), Again: n.again[c.ID]}
				continue
			}
			if err := n.take(failedCell(c, failure)); err != nil {
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
	for _, w := range []string{k.Tree, k.Rev, k.Compiler, k.Patch} {
		if w != "" {
			words += ", " + w
		}
	}
	return words
}

// buildKernels builds the arms that the cells need, again after a fault of the
// rig, as often as is allowed.
func (n *nightly) buildKernels(ctx context.Context, cells []matrix.Cell) (k *kernels, err error) {
	var arms []trial.Variant
	for _, v := range trial.Pair() {
		if slices.ContainsFunc(cells, func(c matrix.Cell) bool { return slices.Contains(c.Arms(), v) }) {
			arms = append(arms, v)
		}
	}
	cfg := Config{CacheDir: n.cfg.CacheDir, Version: n.cfg.Version, Events: n.cfg.Events, Backends: n.cfg.Backends}
	cell := cells[0]
	cell.Spec.Jobs = n.cfg.Jobs
	for tries := 0; ; tries++ {
		k, err = buildKernelsOf(ctx, cfg, cell, arms)
		failure := err
		if err == nil {
			failure = k.rigFault()
		}
		if failure == nil || fault.KindOf(failure) != fault.Rig || ctx.Err() != nil || tries >= n.cfg.Retries {
			return k, err
		}
		n.doc.Retries = append(n.doc.Retries, failure.Error())
		n.cfg.Events(trial.Event{Note: "building again after a fault of the rig: " + failure.Error()})
		if err := closeKernels(k); err != nil {
			return nil, err
		}
	}
}

// rigFault is the first failure of an arm that may not happen again.
func (k *kernels) rigFault() error {
	for _, v := range trial.Pair() {
		if err := k.failed[v]; fault.KindOf(err) == fault.Rig {
			return err
		}
	}
	return nil
}

// failedCell is the result of a cell that could not begin.
func failedCell(c matrix.Cell, err error) matrix.CellResult {
	r := matrix.Judge(c, trial.Result{Failure: FailureOf(err)})
	r.Started = time.Now().UTC().Format(time.RFC3339)
	return r
}

// noteBuilds lists the images for the document, each once. How many cells boot
// each is counted at the end: on resume the list holds what was built before.
func (n *nightly) noteBuilds(k *kernels) {
	if k == nil {
		return
	}
	for _, image := range k.job.result.Images {
		if image.Key != "" && slices.ContainsFunc(n.doc.Builds, func(b matrix.Build) bool { return b.Key == image.Key }) {
			continue
		}
		n.doc.Builds = append(n.doc.Builds, matrix.Build{
			Image: image, Arch: k.job.arch.Name, Kernel: k.job.result.Kernel.Version, Compiler: k.job.result.Kernel.Compiler,
		})
	}
}

// countBoots says how many cells have booted each image.
func (n *nightly) countBoots() {
	for i := range n.doc.Builds {
		b := &n.doc.Builds[i]
		b.Cells = 0
		for _, r := range n.doc.Cells {
			if slices.Contains(r.Images, b.Key) {
				b.Cells++
			}
		}
	}
}

func closeKernels(k *kernels) error {
	if k == nil {
		return nil
	}
	return k.close()
}

func (n *nightly) closeKernels() error {
	var errs []error
	for _, k := range n.kernels {
		errs = append(errs, closeKernels(k))
	}
	return errors.Join(errs...)
}
