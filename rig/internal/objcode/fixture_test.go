// SPDX-License-Identifier: Apache-2.0

package objcode

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kcovrig/rig/arch"
	"kcovrig/rig/internal/proc"
)

const crossCompiler = "aarch64-linux-gnu-gcc"

// fixture is a tiny kernel: a build folder as kbuild leaves it, with a vmlinux.
type fixture struct{ dir, vmlinux string }

func needCompiler(t *testing.T, compiler string) {
	t.Helper()
	if _, err := proc.LookPath(compiler); err != nil {
		prefix := strings.TrimSuffix(compiler, "-gcc")
		pkg := strings.Replace(prefix, "x86_64", "x86-64", 1)
		t.Skipf("needs %[1]s: apt-get install gcc-%[2]s binutils-%[2]s, then go test ./rig/internal/objcode", compiler, pkg)
	}
}

func run(t *testing.T, dir string, argv ...string) {
	t.Helper()
	res, err := proc.Run(t.Context(), proc.Command{Path: argv[0], Args: argv[1:], Dir: dir})
	if err != nil {
		t.Fatalf("%v\n%s", err, res.Tail)
	}
}

// build compiles testdata for arm64 with the given -D flags and options.
func build(t *testing.T, options ...string) fixture {
	t.Helper()
	return buildFor(t, crossCompiler, "lib.S", append(options, "-mno-outline-atomics")...)
}

// buildFor compiles testdata and saves the command as kbuild does.
func buildFor(t *testing.T, compiler, library string, options ...string) fixture {
	t.Helper()
	needCompiler(t, compiler)
	f := fixture{dir: t.TempDir()}
	f.vmlinux = filepath.Join(f.dir, "vmlinux")
	if err := os.Mkdir(filepath.Join(f.dir, "kernel"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"move.c", library} {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(f.dir, "kernel", name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	argv := append([]string{compiler, "-Wp,-MMD,kernel/.move.o.d", "-O2", "-ffreestanding", "-fbuiltin", "-fno-omit-frame-pointer",
		"-fno-asynchronous-unwind-tables", "-mgeneral-regs-only", "-fno-pie"}, options...)
	argv = append(argv, "-c", "-o", "kernel/move.o", "kernel/move.c")
	saved := "savedcmd_kernel/move.o := " + strings.ReplaceAll(proc.Quote(argv), "#", "$(pound)") + "\n\nsource_kernel/move.o := kernel/move.c\n"
	if err := os.WriteFile(filepath.Join(f.dir, "kernel", ".move.o.cmd"), []byte(saved), 0o644); err != nil {
		t.Fatal(err)
	}
	run(t, f.dir, argv...)
	run(t, f.dir, compiler, "-nostdlib", "-static", "-no-pie", "-Wl,-e,remote_stop", "-o", "vmlinux", "kernel/move.o", "kernel/"+library)
	return f
}

func (f fixture) config(t *testing.T) Config {
	t.Helper()
	row, err := arch.Lookup("arm64")
	if err != nil {
		t.Fatal(err)
	}
	return Config{Arch: row, Vmlinux: f.vmlinux, BuildDir: f.dir, Object: "kernel/move.o",
		Function: "move_area", Count: "STORES", Copy: []string{"memcpy", "copy_veneer"}, OutDir: filepath.Join(f.dir, "side")}
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
