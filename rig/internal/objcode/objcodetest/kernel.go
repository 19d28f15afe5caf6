// SPDX-License-Identifier: Apache-2.0

// Package objcodetest compiles a tiny kernel, for the tests of the packages that read
// what a binary says. It leaves what is to be read there to them.
package objcodetest

import (
	"embed"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kcovrig/rig/internal/proc"
)

// Compiler is that of arm64 code.
const Compiler = "aarch64-linux-gnu-gcc"

// NoInline keeps the copying function by itself.
const NoInline = "-DATTR=__attribute__((noinline))"

// Kernel is a tiny kernel: a build folder as kbuild leaves it, with a vmlinux.
type Kernel struct{ Dir, Vmlinux string }

//go:embed testdata
var sources embed.FS

// NeedCompiler skips where a compiler is not installed.
func NeedCompiler(t *testing.T, compiler string) {
	t.Helper()
	if _, err := proc.LookPath(compiler); err != nil {
		prefix := strings.TrimSuffix(compiler, "-gcc")
		pkg := strings.Replace(prefix, "x86_64", "x86-64", 1)
		t.Skipf("needs %[1]s: apt-get install gcc-%[2]s binutils-%[2]s, then go test ./rig/internal/objcode", compiler, pkg)
	}
}

// Run runs a program in dir.
func Run(t *testing.T, dir string, argv ...string) {
	t.Helper()
	res, err := proc.Run(t.Context(), proc.Command{Path: argv[0], Args: argv[1:], Dir: dir})
	if err != nil {
		t.Fatalf("%v\n%s", err, res.Tail)
	}
}

// Build compiles testdata for arm64 with the given -D flags and options.
func Build(t *testing.T, options ...string) Kernel {
	t.Helper()
	return BuildFor(t, Compiler, "lib.S", append(options, "-mno-outline-atomics")...)
}

// BuildFor compiles testdata and saves the command as kbuild does.
func BuildFor(t *testing.T, compiler, library string, options ...string) Kernel {
	t.Helper()
	NeedCompiler(t, compiler)
	k := Kernel{Dir: t.TempDir()}
	k.Vmlinux = filepath.Join(k.Dir, "vmlinux")
	if err := os.Mkdir(filepath.Join(k.Dir, "kernel"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"move.c", library} {
		data, err := sources.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(k.Dir, "kernel", name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	argv := append([]string{compiler, "-Wp,-MMD,kernel/.move.o.d", "-O2", "-ffreestanding", "-fbuiltin", "-fno-omit-frame-pointer",
		"-fno-asynchronous-unwind-tables", "-mgeneral-regs-only", "-fno-pie"}, options...)
	argv = append(argv, "-c", "-o", "kernel/move.o", "kernel/move.c")
	saved := "savedcmd_kernel/move.o := " + strings.ReplaceAll(proc.Quote(argv), "#", "$(pound)") + "\n\nsource_kernel/move.o := kernel/move.c\n"
	if err := os.WriteFile(filepath.Join(k.Dir, "kernel", ".move.o.cmd"), []byte(saved), 0o644); err != nil {
		t.Fatal(err)
	}
	Run(t, k.Dir, argv...)
	Run(t, k.Dir, compiler, "-nostdlib", "-static", "-no-pie", "-Wl,-e,remote_stop", "-o", "vmlinux", "kernel/move.o", "kernel/"+library)
	return k
}
