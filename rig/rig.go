// SPDX-License-Identifier: Apache-2.0

// Package rig turns a specification into a result: it prepares kernels, guest and
// emulator, has them booted, and asks rig/verdict what that means. It owns the
// order of the work and the folders that commands leave; it leaves a boot to
// rig/boot, the doing to the internal packages, and wording to rig/report.
package rig

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"kcovrig/rig/arch"
	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/weakmem"
	"kcovrig/rig/scenario"
	"kcovrig/rig/trial"
)

// DefaultScenario is the bug that is looked at when no other is named.
const DefaultScenario = scenario.Default

// Config is everything a command needs. The environment is never read below cmd.
type Config struct {
	Spec     trial.Spec
	CacheDir string     // builds, plugins, archives, runs, and the private QEMU that set-up unpacks; created where missing
	QEMU     string     // program to use instead of the one that would be found
	OutDir   string     // run folder to write; empty: none is kept unless the run fails
	History  string     // database to record the result in; empty: none
	Cell     string     // its name there; empty: made of the specification
	Version  string     // the rig's own version, for the result
	Events   trial.Sink // nil: nobody listens
	Backends *Backends  // nil: the real ones
	Define   []string   // macros to compile the emulator with, for tests that break it
	// Stdin is read where the specification names a patch "-".
	Stdin io.Reader
	// Emulator is the one to run with; nil: this program's own.
	Emulator *weakmem.Bundle
}

// normalise fills the defaults and validates, once, before anything is done.
func (c Config) normalise() (Config, scenario.Scenario, error) {
	if c.Spec.Scenario == "" {
		c.Spec.Scenario = DefaultScenario
	}
	s, err := scenario.Lookup(c.Spec.Scenario)
	if err != nil {
		return c, s, fault.Wrap(fault.User, "", err)
	}
	if c.Spec.Compiler == "" {
		c.Spec.Compiler = arch.GCC
	}
	if len(c.Spec.Modes) == 0 {
		c.Spec.Modes = slices.Clone(s.Modes)
	}
	for _, m := range c.Spec.Modes {
		if !slices.Contains(s.Modes, m) {
			return c, s, fault.Newf(fault.User, "", "--mode: unknown mode %q (have: %s)", m, strings.Join(s.Modes, ", "))
		}
	}
	for _, r := range c.Spec.Readers {
		if _, ok := s.Readers[string(r)]; !ok {
			return c, s, fault.Newf(fault.User, "", "--reader: unknown reader %q (have: %s)", r, strings.Join(slices.Sorted(maps.Keys(s.Readers)), ", "))
		}
	}
	if err := c.Spec.Validate(); err != nil {
		return c, s, err
	}
	c.Spec.QEMU = c.QEMU
	if c.CacheDir, err = disk.Absolute(c.CacheDir); err != nil {
		return c, s, err
	}
	if c.Spec.Patch, err = c.namePatches(); err != nil {
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
	if c.Events == nil {
		c.Events = func(trial.Event) {}
	}
	if c.Backends == nil {
		c.Backends = realBackends()
	}
	return c, s, nil
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

func archOf(s trial.Spec) (arch.Arch, error) {
	a, err := arch.Lookup(s.Arch)
	return a, fault.Wrap(fault.User, "--arch", err)
}

func scenarioOf(spec trial.Spec) (scenario.Scenario, error) {
	s, err := scenario.Lookup(spec.Scenario)
	return s, fault.Wrap(fault.User, "", err)
}

// usesEmulator says whether a boot of the specification runs with the emulator.
func usesEmulator(spec trial.Spec) bool {
	a, err := arch.Lookup(spec.Arch)
	return err == nil && a.Emulated && spec.MemoryModel == trial.ModelArm
}
