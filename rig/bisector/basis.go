// SPDX-License-Identifier: Apache-2.0

package bisector

import (
	"maps"
	"slices"

	"kcovrig/rig/internal/objcode/elfcode"
	"kcovrig/rig/task"
)

// basis finds out which files and which code of what was built a step rests on.
func basis(of *checkout, scope []string) (*task.Basis, error) {
	b := task.Basis{Scope: scope}
	found, err := elfcode.Definers(of.build.BuildDir(), b.Scope)
	if err != nil {
		return nil, err
	}
	for _, objects := range found {
		b.Objects = append(b.Objects, objects...)
	}
	slices.Sort(b.Objects)
	b.Objects = slices.Compact(b.Objects)
	inputs, err := of.build.Inputs(b.Objects)
	if err != nil {
		return nil, err
	}
	b.Inputs = slices.Sorted(maps.Keys(inputs))
	b.Fingerprint, err = of.fingerprint(b)
	return &b, err
}
