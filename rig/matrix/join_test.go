// SPDX-License-Identifier: Apache-2.0

package matrix

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/fault"
	"kcovrig/rig/trial"
)

// partsOf runs a file's cells in parts, all as expected, on hosts of two kinds.
func partsOf(f File, of int) []Part {
	var parts []Part
	for n := of; n > 0; n-- {
		cells, _ := f.Choose(Shard{n, of}, nil)
		d := Document{Schema: Schema, Version: "v1", Name: f.Name, Shard: Shard{n, of}.String(), Started: "2026-01-02T03:04:05Z", Seconds: 2, Host: trial.Host{CPUs: n}}
		for _, c := range cells {
			r := Unrun(c)
			r.Status, r.Outcome, r.Folder = Expected, c.Expect, "cells/"+c.ID
			d.Cells = append(d.Cells, r)
		}
		d.Builds = []Build{{Image: trial.Image{Key: "same"}, Cells: len(cells)}}
		d.Retries = []string{"no memory"}
		d.Counts = Count(d)
		d.Counts.Resumed = 1
		parts = append(parts, Part{Folder: "part-" + string(rune('0'+n)), Document: d})
	}
	return parts
}

func TestPartsMakeTheWholeAgain(t *testing.T) {
	f := parse(t, "version: 1\naxes: {tree: [a, b], arch: [arm64, x86_64], mode: [pc, cmp]}")
	d, err := Join(partsOf(f, 3), f.Cells)
	require.NoError(t, err)
	require.Len(t, d.Cells, 8)
	for i, r := range d.Cells {
		assert.Equal(t, f.Cells[i].ID, r.Cell.ID, "in the file's order")
		assert.Regexp(t, "^part-[123]/cells/"+r.Cell.ID+"$", r.Folder)
	}
	assert.Equal(t, Counts{Cells: 8, Expected: 8, Retries: 3, Resumed: 3}, d.Counts)
	require.Len(t, d.Builds, 1)
	assert.Equal(t, 8, d.Builds[0].Cells)
	assert.InDelta(t, 6, d.Seconds, 0)
	assert.Empty(t, d.Shard+d.Hash)
	assert.Equal(t, "v1", d.Version)
	assert.Zero(t, d.Host, "there is not one")
}

// A job that left nothing must not make a night look complete.
func TestCellsThatNoPartHoldsDidNotRun(t *testing.T) {
	f := parse(t, "version: 1\naxes: {mode: [pc, cmp, both]}")
	parts := partsOf(f, 3)[:2]
	d, err := Join(parts, f.Cells)
	require.NoError(t, err)
	assert.Equal(t, 1, d.Counts.NotRun)
	assert.Equal(t, NotRun, d.Cells[0].Status)
	d, err = Join(parts, nil)
	require.NoError(t, err)
	assert.Equal(t, 2, d.Counts.Cells)
}

func TestPartsThatAreNotOfOneMatrix(t *testing.T) {
	f := parse(t, "version: 1\naxes: {mode: [pc, cmp]}")
	parts := partsOf(f, 2)
	other := parts[1]
	other.Document.Name = "another"
	for want, c := range map[string]struct {
		parts   []Part
		planned []Cell
	}{
		"no part":               {nil, nil},
		"both hold the cell":    {[]Part{parts[0], parts[0]}, nil},
		"of another":            {[]Part{parts[0], other}, nil},
		"it has changed since":  {parts, f.Cells[:1]},
		"the file has no cell ": {parts, []Cell{}},
	} {
		_, err := Join(c.parts, c.planned)
		require.ErrorContains(t, err, want)
		assert.Equal(t, fault.User, fault.KindOf(err))
	}
}
