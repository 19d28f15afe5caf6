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
