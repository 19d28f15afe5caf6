// SPDX-License-Identifier: Apache-2.0

package matrix

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
	"kcovrig/rig/trial"
	"kcovrig/rig/yamlfile"
)

// Shard is one of Of parts of a matrix, from 1; its zero value is the whole.
type Shard struct{ Part, Of int }

// String returns the form that ParseShard reads.
func (s Shard) String() string {
	if s == (Shard{}) {
		return ""
	}
	return fmt.Sprintf("%d/%d", s.Part, s.Of)
}

// ParseShard reads "i/n", 1 <= i <= n; empty is the whole.
func ParseShard(text string) (Shard, error) {
	if text == "" {
		return Shard{}, nil
	}
	var s Shard
	if n, err := fmt.Sscanf(text, "%d/%d", &s.Part, &s.Of); n != 2 || err != nil || s.String() != text || s.Part < 1 || s.Part > s.Of {
		return Shard{}, fault.Newf(fault.User, "", "--shard: want i/n such as 1/3, i from 1 to n, not %q", text)
	}
	return s, nil
}

// Of returns the cells of one part, in their order. Parts differ by one cell at
// most, and cells that share their images stay together as far as that allows,
// so that few images are built twice.
func (s Shard) cut(cells []Cell) []Cell {
	if s == (Shard{}) {
		return cells
	}
	group := map[Kernels]int{}
	for _, c := range cells {
		if _, seen := group[c.Kernels()]; !seen {
			group[c.Kernels()] = len(group)
		}
	}
	sorted := slices.Clone(cells)
	slices.SortStableFunc(sorted, func(a, b Cell) int { return cmp.Compare(group[a.Kernels()], group[b.Kernels()]) })
	part := sorted[len(sorted)*(s.Part-1)/s.Of : len(sorted)*s.Part/s.Of]
	slices.SortFunc(part, func(a, b Cell) int { return cmp.Compare(a.Number, b.Number) })
	return part
}

// Choose returns the cells of a shard, or those that are named by id or name.
func (f File) Choose(s Shard, named []string) ([]Cell, error) {
	if len(named) == 0 {
		return s.cut(f.Cells), nil
	}
	if s != (Shard{}) {
		return nil, fault.Newf(fault.User, "", "--cell and --shard cannot be joined")
	}
	var out []Cell
	found := map[string]bool{}
	for _, c := range f.Cells {
		if slices.Contains(named, c.ID) || slices.Contains(named, c.Name) {
			out = append(out, c)
			found[c.ID], found[c.Name] = true, true
		}
	}
	for _, n := range named {
		if found[n] {
			continue
		}
		var names []string
		for _, c := range f.Cells {
			names = append(names, c.Name)
		}
		hint := "kcovrig matrix --list shows them"
		if near := yamlfile.Nearest(n, names); near != "" {
			hint = fmt.Sprintf("did you mean %s?", near)
		}
		return nil, fault.Newf(fault.User, "", "--cell: %s has no cell %q; %s", f.Path, n, hint)
	}
	return out, nil
}

// maxGitHub is how many jobs GitHub makes of one matrix.
const maxGitHub = 256

// GitHub returns the cells in the form that the "matrix" of a GitHub Actions
// job takes by fromJSON: one job per cell, for kcovrig matrix --cell ID.
func GitHub(cells []Cell) ([]byte, error) {
	if len(cells) > maxGitHub {
		return nil, fault.Newf(fault.User, "", "--list --format=github: %d cells, and a GitHub matrix holds %d: use shards", len(cells), maxGitHub)
	}
	type job struct {
		ID     string  `json:"id"`
		Name   string  `json:"name"`
		Arch   string  `json:"arch"`
		Expect Outcome `json:"expect"`
	}
	list := []job{}
	for _, c := range cells {
		list = append(list, job{c.ID, c.Name, c.Spec.Arch, c.Expect})
	}
	text, err := json.Marshal(map[string]any{"include": list})
	return append(text, '\n'), err
}

// Hash is of everything that decides what the cells come to and how that is
// judged. patches are the contents of the patch files that they name, sorted.
func Hash(cells []Cell, patches []string) string {
	cells = slices.Clone(cells)
	for i := range cells {
		if cells[i].Expect == Hit {
			cells[i].Expect = trial.EarlierHit // so that folders of earlier versions are gone on with
		}
	}
	text, err := json.Marshal([]any{cells, patches})
	if err != nil {
		panic(err) // only plain values come here
	}
	return disk.Sum(text)
}

// PatchFiles lists the patch files that the cells name, sorted, each once.
func PatchFiles(cells []Cell) []string {
	var files []string
	for _, c := range cells {
		files = append(files, c.Spec.Patch...)
	}
	slices.SortFunc(files, strings.Compare)
	return slices.Compact(files)
}
