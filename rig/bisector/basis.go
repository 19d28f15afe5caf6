// SPDX-License-Identifier: Apache-2.0

package bisector

import (
	"maps"
	"path/filepath"
	"slices"

	"kcovrig/rig/disk"
	"kcovrig/rig/internal/kernel"
	"kcovrig/rig/internal/objcode/elfcode"
	"kcovrig/rig/task"
)

// basis finds out which files and which code of what was built an answer rests on.
func basis(build *kernel.Workspace, scope []string) (*task.Basis, error) {
	b := task.Basis{Scope: scope}
	found, err := elfcode.Definers(build.BuildDir(), b.Scope)
	if err != nil {
		return nil, err
	}
	for _, objects := range found {
		b.Objects = append(b.Objects, objects...)
	}
	slices.Sort(b.Objects)
	b.Objects = slices.Compact(b.Objects)
	inputs, err := build.Inputs(b.Objects)
	if err != nil {
		return nil, err
	}
	b.Inputs = slices.Sorted(maps.Keys(inputs))
	b.Fingerprint, err = fingerprint(build, b)
	return &b, err
}

// fingerprint hashes the scope's code as it is in the objects that were built.
func fingerprint(build *kernel.Workspace, g task.Basis) (string, error) {
	var all string
	found, err := elfcode.Definers(build.BuildDir(), g.Scope)
	if err != nil {
		return "", err
	}
	for _, symbol := range g.Scope {
		for _, object := range found[symbol] {
			print, err := elfcode.Fingerprint(filepath.Join(build.BuildDir(), object), []string{symbol})
			if err != nil {
				return "", err
			}
			all += object + " " + print + "\n"
		}
	}
	return disk.Sum([]byte(all))[:40], nil
}
