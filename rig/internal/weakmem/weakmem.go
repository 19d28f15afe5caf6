// SPDX-License-Identifier: Apache-2.0

// Package weakmem owns the weak-memory emulator: it builds the plugin for the
// QEMU at hand, writes its plan, and reads its counters and sites. What the scope is, it
// is told; starting QEMU is left to package qemu.
package weakmem

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"kcovrig/rig/arch"
	"kcovrig/rig/coderange"
	"kcovrig/rig/fault"
	"kcovrig/rig/trial"
)

// The versions of QEMU's plugin interface that the emulator can use.
const (
	MinAPI = 6 // QEMU 11.0: set_pc and discontinuity callbacks
	MaxAPI = 7 // QEMU 11.1
)

// Config says what the emulator is to do in one boot.
type Config struct {
	Arch     arch.Arch
	API      int    // QEMU's plugin API version
	CacheDir string // where compiled plugins are kept
	Dir      string // the run's folder: the plan and the counters
	RAMBytes uint64
	Scope    []coderange.Range
	Seed     uint64
	Policy   Policy
	// Focus is the address of the one store that is delayed, always, whatever
	// Policy says of delays; 0: Policy chooses among all.
	Focus uint64
	// Marks is how often at most the vCPUs' recent events are saved, each time
	// that the guest's function Mark returns; 0: never.
	Marks int
	Mark  coderange.Range // only Start and End count
	// Reports are the addresses of functions that the kernel enters to report an
	// exception of its own: the guest's mark may then be about the events before that.
	Reports []uint64
	// Alterations are other kernels, made of the one that runs while it runs. The guest puts
	// one in force, by its number from 1, when its function Select returns; 0 is the code as it is.
	Alterations []trial.Alteration
	Select      coderange.Range // only Start and End count
	Sources     Sources         // zero: this program's own
	Sent        *Bundle         // whose sources stand in for Sources; nil: none
	// Define are macros to compile the plugin with, as in KCOVRIG_MUTANT=leaving_drains_nothing:
	// tests break a rule of the emulator with them.
	Define []string
}

func (c Config) files() files {
	in := func(name string) string { return filepath.Join(c.Dir, "emulator."+name) }
	return files{counters: in("counters"), sites: in("sites"), trace: in("trace"), alterations: in("alterations")}
}

// Validate says what is missing or out of range.
func (c Config) Validate() error {
	switch {
	case !c.Arch.Emulated:
		return fmt.Errorf("the emulator knows no %s instructions", c.Arch.Name)
	case c.API < MinAPI:
		return fmt.Errorf("the emulator needs QEMU 11.0 or later (plugin API %d; this QEMU has %d)", MinAPI, c.API)
	case c.CacheDir == "" || c.Dir == "":
		return errors.New("the emulator needs a cache folder and a run folder")
	case c.RAMBytes == 0:
		return errors.New("the emulator needs the RAM's size")
	case len(c.Scope) == 0:
		return errors.New("the emulator needs a scope")
	case c.Marks < 0 || c.Marks > 0 && c.Mark.Start >= c.Mark.End:
		return errors.New("the emulator needs the range of the guest's mark function")
	case len(c.Reports) > maxReports || len(c.Reports) > 0 && c.Marks == 0:
		return fmt.Errorf("the emulator watches %d functions at most, and none without marks", maxReports)
	}
	if err := c.checkFocus(); err != nil {
		return err
	}
	if err := c.checkAlterations(); err != nil {
		return err
	}
	return c.Policy.validate()
}

// Plugin is what QEMU is given: -plugin Path,Args[0],...
type Plugin struct {
	Path     string
	Args     []string
	Counters string // the file that ReadCounters reads
	Sites    string // the file that ReadSites reads
	Trace    string // the file that ReadMarks reads; empty where no marks were asked for
	// Altered is the file that ReadAlterations reads; empty where there are none.
	Altered string
}

// Prepare compiles the plugin unless it is cached and writes the plan.
// Errors are the rig's.
func Prepare(ctx context.Context, cfg Config) (Plugin, error) {
	sources, err := cfg.sources()
	if err != nil {
		return Plugin{}, err
	}
	if err := cfg.Validate(); err != nil {
		return Plugin{}, fault.Wrap(fault.Rig, "prepare the emulator", err)
	}
	path, err := sources.compile(ctx, cfg)
	if err != nil {
		return Plugin{}, err
	}
	plan := filepath.Join(cfg.Dir, "emulator.plan")
	if err := os.WriteFile(plan, []byte(Plan(cfg)), 0o644); err != nil {
		return Plugin{}, fault.Wrap(fault.Rig, "write the emulator's plan", err)
	}
	p := Plugin{Path: path, Args: []string{"plan=" + plan}, Counters: cfg.files().counters, Sites: cfg.files().sites}
	if cfg.Marks > 0 {
		p.Trace = cfg.files().trace
	}
	if len(cfg.Alterations) > 0 {
		p.Altered = cfg.files().alterations
	}
	return p, nil
}
