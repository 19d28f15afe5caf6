// SPDX-License-Identifier: Apache-2.0

package objcode

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"kcovrig/rig/fault"
	"kcovrig/rig/internal/proc"
)

func TestSavedCommand(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want []string // nil: an error
	}{
		"6.3 and later": {"savedcmd_kernel/ring.o := gcc -c -o kernel/ring.o ring.c\n\nsource := x\n", []string{"gcc", "-c", "-o", "kernel/ring.o", "ring.c"}},
		"before":        {"cmd_kernel/ring.o := gcc  -c ring.c  \n", []string{"gcc", "-c", "ring.c"}},
		"quotes":        {`cmd_kernel/ring.o := gcc -DA='"armv8.5-a"' -DB="a b\"\c" -D'C D'=\ e ''` + "\n", []string{"gcc", `-DA="armv8.5-a"`, `-DB=a b"\c`, "-DC D= e", ""}},
		"make's own":    {"cmd_kernel/ring.o := gcc -DA=$(pound)$$x\n", []string{"gcc", "-DA=#$x"}},
		"objtool":       {"savedcmd_kernel/ring.o := gcc -c ring.c ; ./tools/objtool/objtool kernel/ring.o\n", []string{"gcc", "-c", "ring.c"}},
		"and":           {"savedcmd_kernel/ring.o := gcc -c ring.c&& true\n", []string{"gcc", "-c", "ring.c"}},
		"open quote":    {"cmd_kernel/ring.o := gcc 'a\n", nil},
		"empty":         {"cmd_kernel/ring.o := \n", nil},
		"other object":  {"cmd_kernel/fork.o := gcc\n", nil},
		"nothing":       {"", nil},
	} {
		dir := t.TempDir()
		if err := os.Mkdir(filepath.Join(dir, "kernel"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "kernel/.ring.o.cmd"), []byte(c.text), 0o644); err != nil {
			t.Fatal(err)
		}
		got, err := savedCommand(dir, "kernel/ring.o")
		if !slices.Equal(got, c.want) || (err == nil) != (c.want != nil) {
			t.Errorf("%s: %q, %v; want %q", name, got, err, c.want)
		}
	}
}

func TestDebugArgs(t *testing.T) {
	got, err := debugArgs([]string{"gcc", "-Wp,-MMD,kernel/.ring.o.d", "-O2", "-gdwarf-5", "-c", "-o", "kernel/ring.o", "ring.c"}, "/side.o")
	want := []string{"gcc", "-O2", "-c", "-o", "/side.o", "ring.c", "-gdwarf-4", "-gno-split-dwarf"}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := debugArgs([]string{"gcc", "-c", "ring.c"}, "/side.o"); err == nil {
		t.Error("no error without -o: the build's own object would be overwritten")
	}
}

// What a build has saved is as trusted as the build.
func TestASavedCommandStaysInItsSandbox(t *testing.T) {
	if err := proc.CheckSandbox(t.Context()); err != nil {
		t.Skipf("%v; scripts/setup packages test installs bubblewrap, and then: %s", err, fault.TryOf(err))
	}
	dir, files := t.TempDir(), t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "kernel"), 0o755))
	for _, c := range []struct {
		box     *proc.Sandbox
		reached bool
	}{{&proc.Sandbox{Read: []string{dir}}, false}, {nil, true}} {
		saved := "savedcmd_kernel/ring.o := sh -c 'touch " + files + "/reached " + dir + "/reached $(dirname $2)/../reached 2>/dev/null ; touch $2' sh -o kernel/ring.o\n"
		require.NoError(t, os.WriteFile(filepath.Join(dir, "kernel/.ring.o.cmd"), []byte(strings.ReplaceAll(saved, "$", "$$")), 0o644))
		out := t.TempDir()
		object, err := CompileDebug(t.Context(), dir, "kernel/ring.o", out, c.box)
		require.NoError(t, err)
		require.FileExists(t, object)
		for _, folder := range []string{files, dir, out} {
			_, err := os.Stat(filepath.Join(folder, "reached"))
			require.Equal(t, c.reached, err == nil, folder)
		}
	}
}
