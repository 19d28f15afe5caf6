// SPDX-License-Identifier: Apache-2.0

package trial

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"kcovrig/rig/arch"
	"kcovrig/rig/fault"
)

// MaxDuration bounds an arm: longer stresses belong to a loop around the rig.
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
		if r != Acquire && r != Relaxed {
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
		return bad("the share of stale blocks to exclude, %v, is not between 0 and 1", s.CleanShare)
	case s.Jobs < 0:
		return bad("--jobs: %d is negative", s.Jobs)
	case s.AsIs && len(s.Patch) > 0:
		return bad("--as-is takes the tree as it stands: there is no place for --patch")
	case slices.Contains(s.Patch, ""):
		return bad("--patch: no name: leave the flag out for the built-in series")
	case s.Rev != "" && s.Tree == "":
		return bad("--rev needs --tree with a git tree")
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
