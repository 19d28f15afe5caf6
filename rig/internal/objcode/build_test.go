// SPDX-License-Identifier: Apache-2.0

package objcode

import (
	"strings"
	"testing"

	"kcovrig/rig/arch"
	"kcovrig/rig/coderange"
	"kcovrig/rig/envtest"
	"kcovrig/rig/internal/objcode/elfcode"
	"kcovrig/rig/scenario"
)

// TestRealBuilds analyses kernels that scripts/test has built.
func TestRealBuilds(t *testing.T) {
	envtest.Real(t, "reads built kernels")
	for name, want := range map[string]Ordering{
		"arm64-unpatched": OrderNo, "arm64-patched": OrderYes,
		"arm64-clang-unpatched": OrderNo, "arm64-clang-patched": OrderYes,
		// On x86-64 every store is ordered behind those before it.
		"x86_64-unpatched": OrderYes, "x86_64-patched": OrderYes,
	} {
		t.Run(name, func(t *testing.T) {
			a := analyseBuild(t, name)
			if a.Approximate || a.Ordered != want {
				t.Errorf("ordered %v, want %v; approximate %t: %s", a.Ordered, want, a.Approximate, a.Reason)
			}
			if len(a.Scope) == 0 || len(a.Publish) == 0 || len(a.Listing) == 0 {
				t.Errorf("scope %v, publishing stores %v, %d lines", a.Scope, a.Publish, len(a.Listing))
			}
		})
	}
}

// What the events of a witness show of the copy comes from this listing.
func TestRealCalleesHaveTheirSource(t *testing.T) {
	envtest.Real(t, "reads built kernels")
	a := analyseBuild(t, "arm64-unpatched")
	lines := map[uint64]elfcode.Line{}
	for _, l := range a.Listing {
		lines[l.Addr] = l
	}
	stores := 0
	for _, r := range a.Scope {
		for addr := r.Start; addr < r.End; addr += 4 {
			l, ok := lines[addr]
			if !ok || l.Text == "" {
				t.Errorf("%s+%#x is not listed", r.Symbol, addr-r.Start)
			}
			if r.Role == coderange.Callee && strings.HasPrefix(l.Text, "stp") && strings.HasSuffix(l.File, ".S") && strings.HasPrefix(l.Source, "stp") {
				stores++
			}
		}
	}
	if stores == 0 {
		t.Error("no store of a callee has its source line")
	}
}

// analyseBuild looks for the two writes of the scenario that the build is of.
func analyseBuild(t *testing.T, name string) Analysis {
	t.Helper()
	built := envtest.Kernel(t, name)
	row, err := arch.Lookup(built.Arch)
	if err != nil {
		t.Fatal(err)
	}
	s, err := scenario.Load(scenario.Default)
	if err != nil {
		t.Fatal(err)
	}
	a, err := Analyse(t.Context(), Config{
		Arch: row, Vmlinux: built.Vmlinux, BuildDir: built.Out, Object: built.Object, Debug: built.Debug, Source: built.Source,
		Function: s.Function, Copy: s.Copy, OutDir: t.TempDir(),
	})
	if err != nil {
		t.Fatal(err)
	}
	return a
}
