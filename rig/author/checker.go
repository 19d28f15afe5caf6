// SPDX-License-Identifier: Apache-2.0

package author

import (
	"context"
	"slices"

	"kcovrig/rig/command"
	"kcovrig/rig/internal/kernel/kbuild"
	"kcovrig/rig/internal/kernel/variant"
	"kcovrig/rig/kernels"
	"kcovrig/rig/scenario"
	"kcovrig/rig/trial"
	"kcovrig/rig/yamlfile"
)

// CheckRequest says which scenario to look over, and how far.
type CheckRequest struct {
	command.Config      // Spec's scenario and kernel members, CacheDir and Events; an empty Arch is the scenario's first
	NoBuild        bool // no kernel is built
	NoBoot         bool // none is booted
	All            bool // see Checked
	// Open opens the tree for what it says without a build; nil: the real one.
	Open Opener
}

// Checked is what was found in a scenario.
type Checked struct {
	Name    string   `json:"name"` // empty: the file could not be read
	File    string   `json:"file"`
	OK      bool     `json:"ok"` // nothing is wrong, and nothing is left to do
	Remarks []Remark `json:"findings"`
	Linux   string   `json:"linux"`   // version of the tree; empty: it was not looked at
	Side    Side     `json:"side"`    // of the tree; empty: not known
	Program int      `json:"program"` // bytes; 0: there is none, or it was not made
	Arch    string   `json:"arch"`
	Kernels []Kernel `json:"kernels"` // that were built
	Tried   *Tried   `json:"tried"`   // nil: the program was not run
	Skipped []string `json:"skipped"` // what was not looked at, and why
	NotFor  bool     `json:"-"`       // the tree's version is none of the scenario's, and nothing else is wrong
	Next    string   `json:"next"`    // the command that goes on, as a shell takes it
	All     bool     `json:"-"`       // asked for: nothing is folded in text
}

// Kernel is what became of the scenario's scope in a kernel.
type Kernel struct {
	Variant trial.Variant         `json:"variant"`
	Scope   []trial.ScopeFunction `json:"scope"`
	Callers []string              `json:"callers"` // of the scope, what is there since it calls others of it
	Named   []string              `json:"named"`   // and what is there since the scenario names it
	Stops   []trial.ScopeStop     `json:"stops"`   // where accesses stay in order
}

// Tried is how the program got on in the unpatched kernel.
type Tried struct {
	Windows uint64   `json:"windows"`
	Hits    uint64   `json:"hits"`
	Seconds float64  `json:"seconds"` // of tries
	Console []string `json:"console"` // its last lines, where the program did not get on
}

// checker is a scenario that is looked over.
type checker struct {
	request CheckRequest
	out     Checked
	s       scenario.Scenario
	text    []byte                    // of the file
	places  map[string]yamlfile.Place // in it
}

// failed says whether anything is wrong so far.
func (c *checker) failed() bool {
	return slices.ContainsFunc(c.out.Remarks, func(f Remark) bool { return f.Level == Wrong })
}

// Opener opens the tree that a configuration names.
type Opener func(ctx context.Context, cfg kernels.Config) (Facts, error)

// Facts are what a tree tells without a build.
type Facts interface {
	Linux() string
	HasFix(ctx context.Context, series []variant.Series) (bool, error)
	Configure(ctx context.Context) (kbuild.Configured, error)
	Symbols() (map[string]string, error)
	ReadFile(path string) (string, error)
	Close() error
}
