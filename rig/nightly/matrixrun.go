// SPDX-License-Identifier: Apache-2.0

package nightly

import (
	"cmp"
	"maps"
	"time"

	"kcovrig/rig/fault"
	"kcovrig/rig/host"
	"kcovrig/rig/matrix"
	"kcovrig/rig/result"
	"kcovrig/rig/trial"
)

// matrixRun is one matrix command under way.
type matrixRun struct {
	cfg     Config
	folder  *matrixFolder
	file    matrix.File
	cells   []matrix.Cell
	results map[string]matrix.CellResult // by cell id, of the cells that have one
	built   map[matrix.Kernels]*built
	since   *result.SavedMatrix // as it was when this command began; nil: none
	doc     matrix.Document
	started time.Time
}

func open(cfg Config) (*matrixRun, error) {
	file, cells, err := cfg.read()
	if err != nil {
		return nil, err
	}
	if cfg.Retries < 0 || cfg.Parallel < 0 {
		return nil, fault.Newf(fault.User, "", "--retries and --parallel must not be negative")
	}
	if cfg.Env, err = cfg.Env.Filled(); err != nil {
		return nil, err
	}
	for _, note := range file.Notes {
		cfg.Events(trial.Event{Note: note})
	}
	var since *result.SavedMatrix
	if cfg.Since != "" { // its folder may be gone by the end
		before, err := result.LoadMatrix(cfg.Since)
		if err != nil {
			return nil, err
		}
		since = &before
	}
	patches, err := patchContents(cells)
	if err != nil {
		return nil, err
	}
	n := &matrixRun{
		since: since,
		cfg:   cfg, file: file, cells: cells, results: map[string]matrix.CellResult{}, built: map[matrix.Kernels]*built{}, started: time.Now(),
		doc: matrix.Document{
			Schema: matrix.Schema, Version: cfg.Version, Name: file.Name, Words: file.Words(), File: file.Path, Hash: matrix.Hash(cells, patches), Shard: cfg.Shard,
			Started: time.Now().UTC().Format(time.RFC3339), Host: host.This(), Builds: []matrix.Build{}, Retries: []string{},
		},
	}
	for i := range cells { // behind the hash: it is the same matrix
		cells[i].Spec.Sandbox = cfg.Sandbox
	}
	n.folder, err = openMatrixFolder(cfg, matrixPlan{planSchema, n.doc.Name, n.doc.File, n.doc.Hash, file.Shipped(), n.doc.Shard, n.doc.Started})
	if err != nil {
		return nil, err
	}
	n.goOn(n.folder.earlier)
	return n, nil
}

// goOn takes over what earlier commands left.
func (n *matrixRun) goOn(from earlier) {
	maps.Copy(n.results, from.results)
	n.doc.Started = cmp.Or(from.started, n.doc.Started)
	n.doc.Builds, n.doc.Retries = append(n.doc.Builds, from.builds...), append(n.doc.Retries, from.retries...)
}

// tellProgress says how many of the cells are done.
func (n *matrixRun) tellProgress() {
	n.cfg.Events(trial.Event{Progress: &trial.ProgressEvent{Done: len(n.results), Of: len(n.cells), What: "cells"}})
}
