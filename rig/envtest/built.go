// SPDX-License-Identifier: Apache-2.0

package envtest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Built is a kernel that scripts/test has built: an entry of the cache.
type Built struct {
	Arch, Out string // Out is the build folder
	Vmlinux   string
	// Object is where the bug is, by its path in the kernel's tree; File is what it is
	// compiled from, there; Source is that text as it was compiled, Debug the object with
	// debug information.
	Object, File, Source, Debug string
}

// Kernel returns the build of that name, an architecture's and what else tells it from
// others, in the folder that KCOVRIG_E2E_BUILDS names.
func Kernel(t testing.TB, name string) Built {
	t.Helper()
	entry, err := filepath.EvalSymlinks(filepath.Join(os.Getenv("KCOVRIG_E2E_BUILDS"), name))
	if err != nil {
		t.Fatalf("KCOVRIG_E2E_BUILDS names no built kernels: run scripts/test: %v", err)
	}
	out := filepath.Join(entry, "out")
	source := only(t, filepath.Join(entry, "*.c"))
	object := only(t, filepath.Join(out, "*", strings.TrimSuffix(filepath.Base(source), ".c")+".o"))
	b := Built{Out: out, Vmlinux: filepath.Join(out, "vmlinux"), Object: strings.TrimPrefix(object, out+"/"), Source: source, Debug: filepath.Join(entry, "debug.o")}
	b.Arch, _, _ = strings.Cut(name, "-")
	b.File = strings.TrimSuffix(b.Object, ".o") + ".c"
	return b
}

// only is the one file that a pattern matches.
func only(t testing.TB, pattern string) string {
	t.Helper()
	found, err := filepath.Glob(pattern)
	if err != nil || len(found) != 1 {
		t.Fatalf("%s matches %q, want one file: %v", pattern, found, err)
	}
	return found[0]
}
