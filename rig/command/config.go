// SPDX-License-Identifier: Apache-2.0

// Package command is what every command is given and what it leaves: its Config,
// its stages, the folder of its run with the result as far as it got, and the row
// in the history. It leaves what a command does in between to the room of the
// command, what is booted to rig/prepare, and wording to rig/report.
package command

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"kcovrig/rig/arch"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/initramfs"
	"kcovrig/rig/internal/weakmem"
	"kcovrig/rig/kernels"
	"kcovrig/rig/prepare"
	"kcovrig/rig/result"
	"kcovrig/rig/scenario"
	"kcovrig/rig/trial"
)

// Config is everything a command needs. The environment is never read below cmd.
type Config struct {
	Env
	// Spec says what is asked for. Its scenario may be a name, a folder or a file; a
	// normalised one has the name.
	Spec trial.Spec
	// Scenario is the one that Spec names, where it is loaded already.
	Scenario *scenario.Scenario
	// ScenarioFrom is the folder or file that Spec named before it was normalised; empty
	// where the scenario comes with the rig, or was loaded already.
	ScenarioFrom string
	OutDir       string         // run folder to write; empty: one of the cache's, which keeps the latest
	History      string         // database to record the result in; empty: none
	Cell         string         // its name there; empty: made of the specification
	Reports      result.Reports // made beside the result
	// Kernels opens the source of the kernels; nil: a source tree.
	Kernels kernels.Opener
	// Archive is the guest, where it is ready; nil: it is packed.
	Archive *initramfs.Archive
	Define  []string // macros to compile the emulator with, for tests that break it
	// CleanOrNot: the command is there to tell whether one kernel is clean, as for git bisect
	// run. One that may also come to a hit, as a matrix' cell, asks for less.
	CleanOrNot bool
	// Stdin is read where the specification names a patch "-".
	Stdin io.Reader
	// SentEmulator is the one to run with; nil: this program's own.
	SentEmulator *weakmem.Bundle
}

// Normalise fills the defaults and validates, once, before anything is done.
func (c Config) Normalise() (Config, scenario.Scenario, error) {
	s, err := c.findScenario()
	if err != nil {
		return c, s, err
	}
	if c, err = c.holding(s); err != nil {
		return c, s, err
	}
	if c.Spec.Compiler == "" {
		c.Spec.Compiler = arch.GCC
	}
	if len(c.Spec.Modes) == 0 {
		c.Spec.Modes = slices.Clone(s.Modes)
	}
	if len(c.Spec.Readers) == 0 {
		c.Spec.Readers = []trial.Reader{s.JudgedReader()}
	}
	for _, r := range c.Spec.Readers {
		if _, ok := s.Readers[string(r)]; !ok {
			return c, s, fault.Newf(fault.User, "", "--reader: unknown reader %q (have: %s)", r, strings.Join(slices.Sorted(maps.Keys(s.Readers)), ", "))
		}
	}
	if err := c.Spec.Validate(); err != nil {
		return c, s, err
	}
	if err := s.HasModes(c.Spec.Modes); err != nil {
		return c, s, fault.Wrap(fault.User, "", err)
	}
	c.Spec.QEMU = c.QEMU
	if c.Env, err = c.Env.Filled(); err != nil {
		return c, s, err
	}
	if c.Spec.Patch, err = namePatches(c.Spec, c.CacheDir, c.Stdin); err != nil {
		return c, s, err
	}
	if c.OutDir != "" {
		if err := checkOutDir(c.OutDir); err != nil {
			return c, s, err
		}
	}
	if c.Spec.Seed == 0 {
		c.Spec.Seed = newSeed()
	}
	if c.Kernels == nil {
		c.Kernels = kernels.FromTree
	}
	return c, s, nil
}

// findScenario loads the scenario that the specification names, where it is not there yet.
func (c Config) findScenario() (scenario.Scenario, error) {
	if c.Scenario != nil {
		return *c.Scenario, nil
	}
	if c.Spec.Scenario == "" {
		return scenario.Load(scenario.Default)
	}
	return scenario.Load(c.Spec.Scenario)
}

// holding is c with the scenario that was found. One that was meant by its hash, as by
// a run that is repeated or by another machine, is that one and no other of its name.
func (c Config) holding(s scenario.Scenario) (Config, error) {
	if want := c.Spec.ScenarioHash; want != "" && want != s.Hash {
		return c, &fault.Error{Kind: fault.User, Op: "find scenario " + s.Name, Err: fmt.Errorf("its hash is %s, and %s is meant", s.Hash, want), Try: "--scenario with the folder as it was then"}
	}
	if c.Scenario == nil && !s.Shipped {
		c.ScenarioFrom = c.Spec.Scenario
	}
	c.Scenario, c.Spec.Scenario, c.Spec.ScenarioHash = &s, s.Name, ""
	if !s.Shipped {
		c.Spec.ScenarioHash = s.Hash
	}
	return c, nil
}

// checkOutDir refuses a run folder that exists: a result is never overwritten.
func checkOutDir(dir string) error {
	switch _, err := os.Lstat(dir); {
	case err == nil:
		return &fault.Error{Kind: fault.User, Op: "--out " + dir, Err: os.ErrExist, Try: "name a folder that does not exist yet"}
	case !errors.Is(err, os.ErrNotExist):
		return fault.Wrap(fault.User, "--out "+dir, err)
	}
	parent := filepath.Dir(filepath.Clean(dir))
	if info, err := os.Stat(parent); err != nil || !info.IsDir() {
		return fault.Newf(fault.User, "--out "+dir, "%s is not a folder", parent)
	}
	return nil
}

// newSeed is drawn below 2^53, which every JSON reader keeps exactly; never 0.
func newSeed() uint64 {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails, see crypto/rand
	return binary.LittleEndian.Uint64(b[:])>>11 | 1
}

// KernelConfig says which kernels the normalised c is about.
func (c Config) KernelConfig() (kernels.Config, error) {
	a, err := arch.Lookup(c.Spec.Arch)
	if err != nil {
		return kernels.Config{}, fault.Wrap(fault.User, "--arch", err)
	}
	s, err := c.findScenario()
	return c.kernelsOf(a, s), err
}

// Preparing is what setups are made from in a folder of their own, beside any run, by the
// normalised c; notes are not kept.
func (c Config) Preparing(work string) (prepare.Config, error) {
	of, err := c.KernelConfig()
	return c.preparing(of, work, NewStages(c.Events), func(string) {}), err
}

func (c Config) preparing(of kernels.Config, work string, stages *Stages, note func(string)) prepare.Config {
	return prepare.Config{
		Config: of, Open: c.Kernels, Work: work, QEMU: c.QEMU, Archive: c.Archive,
		SentEmulator: c.SentEmulator, Define: c.Define, Tools: *c.Tools, Boots: *c.Boots,
		Watch: prepare.Watch{Stage: stages.Begin, Note: note, Events: c.Events},
	}
}

func (c Config) kernelsOf(a arch.Arch, s scenario.Scenario) kernels.Config {
	return kernels.Config{
		Spec: c.Spec, Arch: a, Scenario: s, CacheDir: c.CacheDir,
		Line:    func(line string) { c.Events(trial.Event{Line: line}) },
		Waiting: func(sentence string) { c.Events(trial.Event{Waiting: sentence}) },
		Step:    func(b trial.BuildEvent) { c.Events(trial.Event{Build: &b}) },
	}
}
