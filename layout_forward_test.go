// SPDX-License-Identifier: Apache-2.0

package kcovrig_test

import (
	"fmt"
	"maps"
	"math/bits"
	"path"
	"slices"
	"strings"
)

// onward are packages of which docs/architecture.md must say that their files refer
// down only. A row never goes.
var onward = []string{
	"cmd/kcovrig", "rig/author", "rig/barriers", "rig/bisector", "rig/boot", "rig/cache", "rig/command", "rig/compare", "rig/doctor", "rig/expect",
	"rig/history/web", "rig/kernels", "rig/litmusrun", "rig/modelcheck", "rig/nightly", "rig/prepare", "rig/replay", "rig/scenario", "rig/soak", "rig/task", "rig/worker",
}

// filesReferDown finds, in the packages that the page names, the references between
// files that lead back up.
func filesReferDown(files []source) []string {
	known, err := compiled()
	if err != nil {
		return []string{err.Error()}
	}
	var breaches []string
	have, stated := packages(files), statedOnward(files)
	for _, dir := range onward {
		if have[dir] != nil && !slices.Contains(stated, dir) {
			breaches = append(breaches, "docs/architecture.md: does not say any more that the files of "+dir+" refer down only")
		}
	}
	for _, dir := range stated {
		if have[dir] == nil {
			breaches = append(breaches, "docs/architecture.md: "+dir+" is not there")
		}
		edges := uses(known, dir, have[dir])
		for _, group := range circles(edges) {
			for _, up := range referencesUp(edges, group) {
				breaches = append(breaches, fmt.Sprintf("%s: refers back up to %s: %s", up[0], path.Base(up[1]), strings.Join(slices.Sorted(maps.Keys(edges[up[0]][up[1]])), ", ")))
			}
		}
	}
	return breaches
}

// statedOnward reads the packages of the sentence under "## The limits".
func statedOnward(files []source) []string {
	var stated []string
	for _, s := range files {
		if s.path != "docs/architecture.md" {
			continue
		}
		_, rest, _ := strings.Cut(s.text, "\nThe files of ")
		list, _, said := strings.Cut(strings.Join(strings.Fields(rest), " "), " refer down only")
		for i, word := range strings.Split(list, "`") {
			if said && i%2 == 1 {
				stated = append(stated, word)
			}
		}
	}
	return stated
}

// referencesUp orders the files of a circle so that as few as possible of their
// references lead back up, and gives those.
func referencesUp(edges map[string]map[string]map[string]bool, group []string) [][2]string {
	group = slices.Sorted(slices.Values(group))
	refers := make([]uint, len(group)) // per file, those that it refers to
	for i, from := range group {
		for j, to := range group {
			if len(edges[from][to]) > 0 {
				refers[i] |= 1 << j
			}
		}
	}
	var up [][2]string
	above := uint(0)
	for _, at := range fewestUp(refers) {
		for j, to := range group {
			if refers[at]&above&(1<<j) != 0 {
				up = append(up, [2]string{group[at], to})
			}
		}
		above |= 1 << at
	}
	return up
}

// fewestUp finds an order, top first: the fewest references up with a set of files
// above are those of the best order of the set but for its lowest file, and that one's.
// A package's limit of files bounds the sets.
func fewestUp(refers []uint) []uint {
	fewest, lowest := make([]int, 1<<len(refers)), make([]uint, 1<<len(refers))
	for set := uint(1); set < 1<<len(refers); set++ {
		fewest[set] = -1
		for at := range refers {
			rest := set &^ (1 << at)
			if rest == set {
				continue
			}
			if n := fewest[rest] + bits.OnesCount(refers[at]&rest); fewest[set] < 0 || n < fewest[set] {
				fewest[set], lowest[set] = n, uint(at)
			}
		}
	}
	var order []uint
	for set := uint(1)<<len(refers) - 1; set != 0; set &^= 1 << lowest[set] {
		order = append(order, lowest[set])
	}
	slices.Reverse(order)
	return order
}
