// SPDX-License-Identifier: Apache-2.0

package bisector

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"

	"kcovrig/rig/disk"
	"kcovrig/rig/internal/objcode"
	"kcovrig/rig/task"
	"kcovrig/rig/trial"
)

// basis finds out which files and which code the answer rests on. It is
// nil where that is not known: no other commit will share the answer.
func (w *workspace) basis(commit string, scope []string) *task.Basis {
	b := task.Basis{Scope: scope}
	if err := w.fill(&b); err != nil {
		w.cfg.Events(trial.Event{Note: fmt.Sprintf("%.12s: its answer is for itself alone: %v", commit, err)})
		return nil
	}
	return &b
}

func (w *workspace) fill(b *task.Basis) error {
	found, err := objcode.Definers(w.build.BuildDir(), b.Scope)
	if err != nil {
		return err
	}
	for _, objects := range found {
		b.Objects = append(b.Objects, objects...)
	}
	slices.Sort(b.Objects)
	b.Objects = slices.Compact(b.Objects)
	inputs, err := w.build.Inputs(b.Objects)
	if err != nil {
		return err
	}
	b.Inputs = slices.Sorted(maps.Keys(inputs))
	b.Fingerprint, err = w.fingerprint(*b)
	return err
}

// fingerprint hashes the scope's code as it is in the objects that were built.
func (w *workspace) fingerprint(g task.Basis) (string, error) {
	var all string
	found, err := objcode.Definers(w.build.BuildDir(), g.Scope)
	if err != nil {
		return "", err
	}
	for _, symbol := range g.Scope {
		for _, object := range found[symbol] {
			print, err := objcode.Fingerprint(filepath.Join(w.build.BuildDir(), object), []string{symbol})
			if err != nil {
				return "", err
			}
			all += object + " " + print + "\n"
		}
	}
	return disk.Sum([]byte(all))[:40], nil
}
