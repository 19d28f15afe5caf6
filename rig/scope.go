// SPDX-License-Identifier: Apache-2.0

package rig

import (
	"fmt"

	"kcovrig/rig/fault"
	"kcovrig/rig/trial"
)

// addScopes gives the emulator the user's scopes, beside those that the scenario
// has or in their place.
func (j *job) addScopes(arms []bool) error {
	spec := j.cfg.Spec
	if !j.emulated() {
		return nil
	}
	var inGuest []Range
	inKernel := map[bool][]Range{}
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
		for _, patched := range arms {
			found, err := j.backends().Functions(j.images[patched].Vmlinux, symbols)
			if err != nil {
				return fmt.Errorf("--scope=%s: %w", text, err)
			}
			lines, err := j.backends().Disassemble(j.images[patched].Vmlinux, found)
			if err != nil {
				return fmt.Errorf("--scope=%s: %w", text, err)
			}
			inKernel[patched], j.lines[patched] = append(inKernel[patched], found...), append(j.lines[patched], lines...)
		}
	}
	if spec.ScopeOnly {
		clear(j.readers)
		clear(j.scopes)
	}
	for _, patched := range arms {
		j.scopes[patched] = append(append(j.scopes[patched], inKernel[patched]...), inGuest...)
	}
	return nil
}
