// SPDX-License-Identifier: Apache-2.0

package objcode

import (
	"path/filepath"
	"testing"

	"kcovrig/rig/arch"
	"kcovrig/rig/internal/objcode/objcodetest"
)

const crossCompiler = objcodetest.Compiler

type fixture struct{ objcodetest.Kernel }

func build(t *testing.T, options ...string) fixture {
	t.Helper()
	return fixture{objcodetest.Build(t, options...)}
}

func (f fixture) config(t *testing.T) Config {
	t.Helper()
	row, err := arch.Lookup("arm64")
	if err != nil {
		t.Fatal(err)
	}
	return Config{Arch: row, Vmlinux: f.Vmlinux, BuildDir: f.Dir, Object: "kernel/move.o",
		Function: "move_area", Count: "STORES", Copy: []string{"memcpy", "copy_veneer"}, OutDir: filepath.Join(f.Dir, "side")}
}

func (f fixture) analyse(t *testing.T) Analysis {
	t.Helper()
	a, err := Analyse(t.Context(), f.config(t))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func dump(t *testing.T, a Analysis) {
	t.Helper()
	t.Logf("container %s, ordered %v, reason %q", a.Container, a.Ordered, a.Reason)
	for _, r := range a.Scope {
		t.Logf("scope %+v", r)
	}
	for _, l := range a.Listing {
		t.Logf("%#x %-40s %d %s", l.Addr, l.Text, l.Line, l.Source)
	}
}
