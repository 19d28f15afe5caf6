// SPDX-License-Identifier: Apache-2.0

package objcode

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kcovrig/rig/arch"
	"kcovrig/rig/envtest"
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
	lines := map[uint64]Line{}
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
			if r.Role == RoleCallee && strings.HasPrefix(l.Text, "stp") && strings.HasSuffix(l.File, ".S") && strings.HasPrefix(l.Source, "stp") {
				stores++
			}
		}
	}
	if stores == 0 {
		t.Error("no store of a callee has its source line")
	}
}

// analyseBuild takes a build's entry in the cache, by the name that scripts/test
// gave it in KCOVRIG_E2E_BUILDS.
func analyseBuild(t *testing.T, name string) Analysis {
	t.Helper()
	entry, err := filepath.EvalSymlinks(filepath.Join(os.Getenv("KCOVRIG_E2E_BUILDS"), name))
	if err != nil {
		t.Fatalf("KCOVRIG_E2E_BUILDS names no built kernels: run scripts/test: %v", err)
	}
	archName, _, _ := strings.Cut(name, "-")
	row, err := arch.Lookup(archName)
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(entry, "out")
	a, err := Analyse(t.Context(), Config{
		Arch: row, Vmlinux: filepath.Join(out, "vmlinux"), BuildDir: out, Object: "kernel/kcov.o",
		Debug: filepath.Join(entry, "debug.o"), Source: filepath.Join(entry, "kcov.c"),
		Function: "kcov_move_area", Copy: []string{"memcpy", "__memcpy"}, OutDir: t.TempDir(),
	})
	if err != nil {
		t.Fatal(err)
	}
	return a
}
