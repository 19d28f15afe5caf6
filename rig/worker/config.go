// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"os"
	"path/filepath"
	"runtime"

	"kcovrig/rig/bisector"
	"kcovrig/rig/command"
	"kcovrig/rig/fault"
	"kcovrig/rig/fleet/natsserver"
	"kcovrig/rig/host"
	"kcovrig/rig/internal/gitbisect"
)

// Config is a worker's input.
type Config struct {
	command.Env // its Events are told what happens in each cell and step too, as a Task
	Server      natsserver.Access
	Name        string // unique among the workers; empty: the host's name
	Slots       int    // cells and steps at once; 0: what the machine bears
	Dir         string // for what cells need; empty: below the cache
	Sandbox     bool   // all kernels of steps are built in one
	// Scenarios are those that it runs, as names, folders or files; none: any.
	Scenarios []string
	// NoKVM says that nothing asks for it: it is not tried.
	NoKVM bool
	// Tester builds and boots commits of a history; nil: in workspaces of this machine.
	Tester func(*gitbisect.Repo) bisector.Tester
}

// filled gives the defaults of what is not said.
func (cfg Config) filled() (_ Config, err error) {
	if cfg.Env, err = cfg.Env.Filled(); err != nil {
		return cfg, err
	}
	if cfg.Name == "" {
		if cfg.Name, err = os.Hostname(); err != nil {
			return cfg, fault.Wrap(fault.Rig, "name the worker", err)
		}
	}
	if cfg.Dir == "" {
		cfg.Dir = filepath.Join(cfg.CacheDir, "worker", cfg.Name)
	}
	if cfg.Dir, err = filepath.Abs(cfg.Dir); err != nil {
		return cfg, fault.Wrap(fault.User, "--dir", err)
	}
	if cfg.Slots == 0 {
		cfg.Slots = cellsAtOnce(runtime.NumCPU(), host.AvailableMemory())
	}
	return cfg, nil
}
