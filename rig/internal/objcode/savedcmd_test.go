// SPDX-License-Identifier: Apache-2.0

package objcode

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestSavedCommand(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want []string // nil: an error
	}{
		"6.3 and later": {"savedcmd_kernel/kcov.o := gcc -c -o kernel/kcov.o kcov.c\n\nsource := x\n", []string{"gcc", "-c", "-o", "kernel/kcov.o", "kcov.c"}},
		"before":        {"cmd_kernel/kcov.o := gcc  -c kcov.c  \n", []string{"gcc", "-c", "kcov.c"}},
		"quotes":        {`cmd_kernel/kcov.o := gcc -DA='"armv8.5-a"' -DB="a b\"\c" -D'C D'=\ e ''` + "\n", []string{"gcc", `-DA="armv8.5-a"`, `-DB=a b"\c`, "-DC D= e", ""}},
		"make's own":    {"cmd_kernel/kcov.o := gcc -DA=$(pound)$$x\n", []string{"gcc", "-DA=#$x"}},
		"objtool":       {"savedcmd_kernel/kcov.o := gcc -c kcov.c ; ./tools/objtool/objtool kernel/kcov.o\n", []string{"gcc", "-c", "kcov.c"}},
		"and":           {"savedcmd_kernel/kcov.o := gcc -c kcov.c&& true\n", []string{"gcc", "-c", "kcov.c"}},
		"open quote":    {"cmd_kernel/kcov.o := gcc 'a\n", nil},
		"empty":         {"cmd_kernel/kcov.o := \n", nil},
		"other object":  {"cmd_kernel/fork.o := gcc\n", nil},
		"nothing":       {"", nil},
	} {
		dir := t.TempDir()
		if err := os.Mkdir(filepath.Join(dir, "kernel"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "kernel/.kcov.o.cmd"), []byte(c.text), 0o644); err != nil {
			t.Fatal(err)
		}
		got, err := savedCommand(dir, "kernel/kcov.o")
		if !slices.Equal(got, c.want) || (err == nil) != (c.want != nil) {
			t.Errorf("%s: %q, %v; want %q", name, got, err, c.want)
		}
	}
}

func TestDebugArgs(t *testing.T) {
	got, err := debugArgs([]string{"gcc", "-Wp,-MMD,kernel/.kcov.o.d", "-O2", "-gdwarf-5", "-c", "-o", "kernel/kcov.o", "kcov.c"}, "/side.o")
	want := []string{"gcc", "-O2", "-c", "-o", "/side.o", "kcov.c", "-gdwarf-4", "-gno-split-dwarf"}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := debugArgs([]string{"gcc", "-c", "kcov.c"}, "/side.o"); err == nil {
		t.Error("no error without -o: the build's own object would be overwritten")
	}
}
