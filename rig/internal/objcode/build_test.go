// SPDX-License-Identifier: Apache-2.0

package objcode

import (
	"os"
	"path/filepath"
	"testing"

	"kcovrig/rig/arch"
)

// TestRealBuild analyses a kernel that was built already.
func TestRealBuild(t *testing.T) {
	dir := os.Getenv("KCOVRIG_BUILD_DIR")
	if os.Getenv("KCOVRIG_E2E") != "1" || dir == "" {
		t.Skip("needs a kernel's build folder: KCOVRIG_E2E=1 KCOVRIG_BUILD_DIR=DIR go test ./rig/internal/objcode (KCOVRIG_BUILD_ARCH=x86_64 where it is not arm64)")
	}
	name := os.Getenv("KCOVRIG_BUILD_ARCH")
	if name == "" {
		name = "arm64"
	}
	row, err := arch.Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	a, err := Analyse(t.Context(), Config{
		Arch: row, Vmlinux: filepath.Join(dir, "vmlinux"), BuildDir: dir, Object: "kernel/kcov.o",
		Debug: os.Getenv("KCOVRIG_BUILD_DEBUG"), Source: os.Getenv("KCOVRIG_BUILD_SOURCE"), Function: "kcov_move_area", Copy: []string{"memcpy", "__memcpy"}, OutDir: t.TempDir(),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("container %s, ordered %v, reason %q, approximate %v", a.Container, a.Ordered, a.Reason, a.Approximate)
	for _, r := range a.Scope {
		t.Logf("scope %s %#x-%#x (%d bytes) %s", r.Role, r.Start, r.End, r.End-r.Start, r.Symbol)
	}
	for _, s := range a.Publish {
		t.Logf("publish %#x %q line %d ordered %v", s.Addr, s.Text, s.Line, s.Ordered)
	}
	for _, b := range a.Barriers {
		t.Logf("barrier %#x %q %s between %v", b.Addr, b.Text, b.Kind, b.Between)
	}
	for _, l := range a.Listing {
		t.Logf("%#x %-40s %s:%d %s", l.Addr, l.Text, filepath.Base(l.File), l.Line, l.Source)
	}
	if a.Approximate {
		t.Errorf("approximate: %s", a.Reason)
	}
	if a.Ordered == OrderUnknown {
		t.Errorf("ordering unknown: %s", a.Reason)
	}
}
