// SPDX-License-Identifier: Apache-2.0

package command

import (
	"kcovrig/rig/boot"
	"kcovrig/rig/disk"
	"kcovrig/rig/prepare"
	"kcovrig/rig/trial"
)

// Env is what the rig works with, whatever is asked of it: one command, a matrix, a worker.
type Env struct {
	CacheDir string         // builds, plugins, archives, runs, and the private QEMU that scripts/setup unpacks; created where missing
	QEMU     string         // program to use instead of the one that would be found, where a cell names none
	Version  string         // the rig's own version, for results
	Events   trial.Sink     // nil: nobody listens
	Tools    *prepare.Tools // that make what is booted; nil: the real ones
	Boots    *boot.Tools    // that boot it; nil: the real ones
}

// Filled is e with what is not said, and the cache's folder by its whole name.
func (e Env) Filled() (_ Env, err error) {
	if e.CacheDir, err = disk.Absolute(e.CacheDir); err != nil {
		return e, err
	}
	if e.Events == nil {
		e.Events = func(trial.Event) {}
	}
	if e.Tools == nil {
		tools := prepare.Real()
		e.Tools = &tools
	}
	if e.Boots == nil {
		boots := boot.Real()
		e.Boots = &boots
	}
	return e, nil
}
