// SPDX-License-Identifier: Apache-2.0

package rig

import (
	"fmt"
	"slices"

	"kcovrig/rig/fault"
	"kcovrig/rig/internal/objcode"
	"kcovrig/rig/trial"
)

// addScopes gives the emulator the user's scopes, beside those that the scenario
// has or in their place.
func (j *job) addScopes(arms []trial.Variant) error {
	spec := j.cfg.Spec
	if !j.emulated() {
		return nil
	}
	var inGuest []objcode.Range
	inKernel := map[trial.Variant][]objcode.Range{}
	for _, text := range spec.Scopes {
		where, symbols, err := trial.ParseScope(text)
		if err != nil {
			return fault.Wrap(fault.User, "--scope", err)
		}
		if where == trial.ScopeGuest {
			found, err := j.backends().Functions(j.archive.Guest, symbols)
			if err != nil {
				return fmt.Errorf("--scope=%s: %w", text, err)
			}
			lines, err := j.backends().Disassemble(j.archive.Guest, found)
			if err != nil {
				return fmt.Errorf("--scope=%s: %w", text, err)
			}
			inGuest, j.inGuest = append(inGuest, found...), append(j.inGuest, lines...)
			continue
		}
		for _, v := range arms {
			found, err := j.backends().Functions(j.images[v].Vmlinux, symbols)
			if err != nil {
				return fmt.Errorf("--scope=%s: %w", text, err)
			}
			lines, err := j.backends().Disassemble(j.images[v].Vmlinux, found)
			if err != nil {
				return fmt.Errorf("--scope=%s: %w", text, err)
			}
			inKernel[v], j.lines[v] = append(inKernel[v], found...), append(j.lines[v], lines...)
		}
	}
	if spec.ScopeOnly {
		clear(j.readers)
		clear(j.scopes)
	}
	for _, v := range arms {
		j.scopes[v] = append(j.scopes[v], bodies(slices.Concat(inKernel[v], inGuest))...)
	}
	return nil
}
