// SPDX-License-Identifier: Apache-2.0

// Package trial holds what a run is and what it means: the specification, the
// observation of one boot, the result, and the verdict with its reasons. Values and
// pure functions only; it leaves judging to verdict, doing to the rooms and rendering to report.
package trial

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"kcovrig/rig/arch"
	"kcovrig/rig/fault"
)

// Reader says how the guest's reader loads the count.
type Reader string

// The readers.
const (
	Acquire Reader = "acquire"
	Relaxed Reader = "relaxed"
	// InKernel is the reader of a scenario whose program brings no loads of its own: what
	// reads is the kernel, which the fix is for.
	InKernel Reader = "kernel"
)

// MemoryModel says which reorderings the guest may see.
type MemoryModel string

// The memory models: Arm's, by the emulator, or whatever the accelerator does by itself.
const (
	ModelArm    MemoryModel = "arm"
	ModelNative MemoryModel = "native"
)

// Accel is QEMU's accelerator; AccelAuto takes KVM where it really boots a
// guest of this architecture and the memory model is native, else TCG.
type Accel string

// The accelerators.
const (
	AccelAuto Accel = "auto"
	AccelTCG  Accel = "tcg"
	AccelKVM  Accel = "kvm"
)

// JudgedReader is the one of some readers whose kernels decide the verdict: the
// acquire reader, to which a fix on the writer's side makes its promise, else
// the first.
func JudgedReader(readers []Reader) Reader {
	if slices.Contains(readers, Acquire) || len(readers) == 0 {
		return Acquire
	}
	return readers[0]
}

// Spec is what a user asked for. Fill it, then Validate once. Its JSON form is savedSpec.
type Spec struct {
	Scenario string `json:"scenario"`
	// ScenarioHash is of a scenario that does not come with the rig: others may have its name.
	ScenarioHash string  `json:"scenarioHash,omitempty"`
	Variant      Variant `json:"arm,omitempty"` // of one kernel alone; empty: both
	Arch         string  `json:"arch"`
	Tree         string  `json:"tree"` // folder, tarball, or "debian:VERSION"; empty: the newest installed linux-source
	Rev          string  `json:"rev,omitempty"`
	// Patch are the patches to test; empty: the scenario's series.
	Patch    Patches       `json:"patch,omitempty"`
	Compiler string        `json:"compiler,omitempty"` // of the kernels, see arch.Compilers; empty: gcc
	CPU      string        `json:"cpu,omitempty"`      // QEMU's -cpu, see arch.Arch; empty: the architecture's
	Readers  []Reader      `json:"readers"`
	Modes    []string      `json:"modes"`
	Duration time.Duration `json:"duration"` // 0: until the verdict is certain
	Seed     uint64        `json:"seed"`
	// CleanShare makes a lone kernel run until it has shown a hit or has
	// excluded that this share of its blocks has one, see verdict.JudgeAlone; 0: a tally is enough.
	CleanShare  float64     `json:"cleanShare,omitempty"`
	MemoryModel MemoryModel `json:"memoryModel"`
	Accel       Accel       `json:"accel"`
	QEMU        string      `json:"qemu,omitempty"` // program; empty: the one that would be found
	Jobs        int         `json:"jobs"`
	Sandbox     bool        `json:"sandbox,omitempty"`   // the tree and its patches are not trusted: kernels are built in one
	Scopes      []string    `json:"scopes,omitempty"`    // more code for the memory emulator, see ParseScope
	ScopeOnly   bool        `json:"scopeOnly,omitempty"` // Scopes alone, not the scenario's
	// Weaken and VirtualFix name what the emulator alters in one kernel, see barrier.Named.
	Weaken     string `json:"weaken,omitempty"`
	VirtualFix string `json:"virtualFix,omitempty"`
}

// MaxDuration bounds the stress of one kernel: longer stresses belong to a loop around the rig.
const MaxDuration = 24 * time.Hour

// Validate reports the first thing in s that cannot be run, as the user's
// fault. Whether the modes exist is for the scenario to say.
func (s Spec) Validate() error {
	bad := func(format string, args ...any) error {
		return fault.Newf(fault.User, "", format, args...)
	}
	a, err := arch.Lookup(s.Arch)
	if err != nil {
		return bad("--arch: %w", err)
	}
	for _, r := range s.Readers {
		if r != Acquire && r != Relaxed && r != InKernel {
			return bad("--reader: unknown reader %q (have: acquire, relaxed)", r)
		}
	}
	switch {
	case len(s.Readers) == 0:
		return bad("--reader: no reader given")
	case hasDuplicate(s.Readers):
		return bad("--reader: a reader is given twice: %v", s.Readers)
	case len(s.Modes) == 0:
		return bad("--mode: no mode given")
	case hasDuplicate(s.Modes):
		return bad("--mode: a mode is given twice: %v", s.Modes)
	case s.MemoryModel != ModelArm && s.MemoryModel != ModelNative:
		return bad("--memory-model: unknown model %q (have: arm, native)", s.MemoryModel)
	case !slices.Contains([]Accel{AccelAuto, AccelTCG, AccelKVM}, s.Accel):
		return bad("--accel: unknown accelerator %q (have: auto, tcg, kvm)", s.Accel)
	case s.Accel == AccelKVM && s.MemoryModel == ModelArm && a.Emulated:
		return bad("--accel=kvm cannot be joined with --memory-model=arm: the emulator needs TCG; use --memory-model=native for the hardware's own reordering")
	case s.Compiler != "" && !slices.Contains(arch.Compilers(), s.Compiler):
		return bad("--compiler: unknown compiler %q (have: %s)", s.Compiler, strings.Join(arch.Compilers(), ", "))
	case s.CPU != "" && !slices.Contains(a.CPUs, s.CPU):
		return bad("--cpu: unknown %s CPU %q (have: %s)", s.Arch, s.CPU, strings.Join(a.CPUs, ", "))
	case s.CPU != "" && s.Accel == AccelKVM:
		return bad("--cpu cannot be joined with --accel=kvm: a guest under KVM has the host's CPU")
	case s.Duration < 0 || s.Duration > MaxDuration:
		return bad("--duration: %v is not between 0 and %v", s.Duration, MaxDuration)
	case !(s.CleanShare >= 0) || s.CleanShare > 1:
		return bad("the share of blocks with a hit to exclude, %v, is not between 0 and 1", s.CleanShare)
	case s.Jobs < 0:
		return bad("--jobs: %d is negative", s.Jobs)
	case s.Variant == AsIs && len(s.Patch) > 0:
		return bad("--as-is takes the tree as it stands: there is no place for --patch")
	case slices.Contains(s.Patch, ""):
		return bad("--patch: no name: leave the flag out for the built-in series")
	case s.Rev != "" && s.Tree == "":
		return bad("--rev needs --tree with a git tree")
	case s.Weaken != "" && s.VirtualFix != "":
		return bad("--weaken and --virtual-fix are of two kernels, the one with the fix and the one without: one at a time")
	case (s.Weaken != "" || s.VirtualFix != "") && !s.Emulated():
		return bad("--weaken and --virtual-fix are the memory emulator's, which does not run here (--arch=%s, --memory-model=%s)", s.Arch, s.MemoryModel)
	}
	if err := s.checkScopes(a.Emulated); err != nil {
		return bad("%w", err)
	}
	return nil
}

func hasDuplicate[T cmp.Ordered](list []T) bool {
	sorted := slices.Sorted(slices.Values(list))
	return len(slices.Compact(sorted)) != len(list)
}

// The binaries in which a scope of the user's can lie.
const (
	ScopeKernel = "kernel"
	ScopeGuest  = "guest"
)

// ScopeAll is the name that means all of a kernel's code.
const ScopeAll = "all"

// IsRest says whether a name of the kernel's code is an object file, as it lies below the
// build folder, or ScopeAll, and no symbol.
func IsRest(name string) bool { return name == ScopeAll || strings.HasSuffix(name, ".o") }

// ScopesRest are the names for which IsRest among the kernel's in the user's scopes.
func (s Spec) ScopesRest() (names []string) {
	for _, text := range s.Scopes {
		if where, symbols, err := ParseScope(text); err == nil && where == ScopeKernel {
			names = append(names, slices.DeleteFunc(symbols, func(n string) bool { return !IsRest(n) })...)
		}
	}
	return names
}

// ParseScope takes a scope of the user's apart: "kernel:SYMBOL[,SYMBOL...]", where a symbol
// may be a name for which IsRest, or "guest:SYMBOL[,SYMBOL...]". Whether the symbols exist is
// for the binaries to say.
func ParseScope(text string) (where string, symbols []string, err error) {
	where, list, ok := strings.Cut(text, ":")
	if !ok || where != ScopeKernel && where != ScopeGuest {
		return "", nil, fmt.Errorf("%q is neither kernel:SYMBOL nor guest:SYMBOL", text)
	}
	for symbol := range strings.SplitSeq(list, ",") {
		if symbol == "" || strings.ContainsAny(symbol, " \t\r\n") {
			return "", nil, fmt.Errorf("%q names no symbol between its commas", text)
		}
		if where == ScopeKernel && IsRest(symbol) && !fs.ValidPath(symbol) {
			return "", nil, fmt.Errorf("%q: %s is no path below the build folder", text, symbol)
		}
		symbols = append(symbols, symbol)
	}
	return where, symbols, nil
}

// checkScopes says what is wrong with the scopes of s.
func (s Spec) checkScopes(emulated bool) error {
	for _, text := range s.Scopes {
		if _, _, err := ParseScope(text); err != nil {
			return fmt.Errorf("--scope: %w", err)
		}
	}
	switch {
	case s.ScopeOnly && len(s.Scopes) == 0:
		return fmt.Errorf("--scope-only needs --scope: the emulator would have nothing to do")
	case len(s.Scopes) > 0 && (s.MemoryModel != ModelArm || !emulated):
		return fmt.Errorf("--scope is the memory emulator's, which does not run here (--arch=%s, --memory-model=%s)", s.Arch, s.MemoryModel)
	}
	return nil
}

// Emulated says whether a boot of the specification runs with the emulator.
func (s Spec) Emulated() bool {
	a, err := arch.Lookup(s.Arch)
	return err == nil && a.Emulated && s.MemoryModel == ModelArm
}

// Patches are the user's patches in the order in which they apply: each a file, a
// folder of them, or a commit of the tree. In JSON one alone is a text, as it was
// when there could be no more; several are a list.
type Patches []string

// MarshalJSON writes one patch as a text, several as a list.
func (p Patches) MarshalJSON() ([]byte, error) {
	if len(p) == 1 {
		return json.Marshal(p[0])
	}
	return json.Marshal([]string(p))
}

// UnmarshalJSON reads either form.
func (p *Patches) UnmarshalJSON(text []byte) error {
	var one string
	if json.Unmarshal(text, &one) == nil {
		*p = nil
		if one != "" {
			*p = Patches{one}
		}
		return nil
	}
	var list []string
	if err := json.Unmarshal(text, &list); err != nil {
		return fmt.Errorf("patch: want a text or a list of texts: %w", err)
	}
	*p = list
	return nil
}

// String names them in one line.
func (p Patches) String() string { return strings.Join(p, ", ") }
