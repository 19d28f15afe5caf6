// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// fails wants a fault of the rig or its tools, with all that helps to mend it.
func fails(t *testing.T, c *invocation, words ...string) printed {
	t.Helper()
	r := c.run(3).says(words...).result()
	require.NotNil(t, r.Error)
	assert.Equal(t, "rig", r.Error.Whose)
	assert.NotEmpty(t, r.Error.Try, "what to try")
	assert.Contains(t, []string{"", "inconclusive"}, r.Verdict)
	return r
}

// pathWithout is a PATH that has all programs but those.
func pathWithout(t *testing.T, missing ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, from := range filepath.SplitList(os.Getenv("PATH")) {
		programs, _ := filepath.Glob(filepath.Join(from, "*"))
		for _, p := range programs {
			if !slices.Contains(missing, filepath.Base(p)) {
				_ = os.Symlink(p, filepath.Join(dir, filepath.Base(p))) // the first in PATH wins
			}
		}
	}
	return "PATH=" + dir
}

func TestE2EAMissingTool(t *testing.T) {
	tree := smallTree(t, source(t))
	for tool, words := range map[string][]string{
		"aarch64-linux-gnu-gcc": {"aarch64-linux-gnu-gcc", "apt-get install gcc-aarch64-linux-gnu"},
		"aarch64-linux-gnu-ld":  {"aarch64-linux-gnu-ld", "apt-get install"},
		"make":                  {"missing: make", "apt-get install make"},
		"flex":                  {"missing: flex", "apt-get install flex"},
	} {
		t.Run(tool, func(t *testing.T) {
			cache := t.TempDir()
			fails(t, kcovrig(t, []string{"KCOVRIG_CACHE=" + cache, pathWithout(t, tool)}, "build", "--json", "--tree="+tree), words...)
			assert.Empty(t, unfinished(t, cache))
		})
	}
	t.Run("qemu", func(t *testing.T) {
		cache := t.TempDir()
		fails(t, kcovrig(t, []string{"KCOVRIG_CACHE=" + cache, pathWithout(t, "qemu-system-aarch64")}, "compare", "--json", "--tree="+tree),
			"qemu-system-aarch64", "kcovrig doctor --fix")
		assert.Empty(t, unfinished(t, cache))
	})
}

// smallDisk mounts a file system of the given size in mount(8)'s words.
func smallDisk(t *testing.T, size string) string {
	t.Helper()
	e2e(t)
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+size); err != nil {
		t.Fatalf("mounting a small disk needs root: %v", err)
	}
	t.Cleanup(func() { require.NoError(t, syscall.Unmount(dir, 0)) })
	return dir
}

func TestE2EAFullDisk(t *testing.T) {
	t.Parallel()
	small := []string{"--tree=" + bisectRepository(t), "--rev=main"} // 290 MiB, which leaves room for a part of the build
	for stage, c := range map[string]struct {
		size string
		tree []string
	}{"source": {"64m", []string{"--tree=debian:6.12"}}, "build": {"305m", small}} {
		t.Run(stage, func(t *testing.T) {
			cache := smallDisk(t, c.size)
			c := kcovrig(t, []string{"KCOVRIG_CACHE=" + cache}, append(c.tree, "build", "--arch=arm64", "--unpatched", "--json")...)
			r := fails(t, c, "the disk is full", "cache prune")
			assert.Equal(t, stage == "build", strings.Contains(r.Error.Op, "build"), r.Error.Op)
			assert.Empty(t, unfinished(t, cache))
		})
	}
}

// standIn compiles a program that plays QEMU: body is C that comes before it
// hands over to the real one.
func standIn(t *testing.T, exports []string, body string) string {
	t.Helper()
	e2e(t)
	code := "#include <stdio.h>\n#include <string.h>\n#include <unistd.h>\n"
	for _, name := range exports {
		code += "int " + name + "(void) { return 0; }\n"
	}
	code += "int main(int argc, char **argv)\n{\n(void)argc;\n" + body + "\n}\n"
	file := written(t, "qemu.c", []byte(code))
	program := filepath.Join(filepath.Dir(file), "qemu-system-aarch64")
	out, err := exec.Command("cc", "-Wall", "-rdynamic", "-o", program, file).CombinedOutput()
	require.NoError(t, err, "%s", out)
	return program
}

// Exported by every QEMU with plugins (1), and from 11.0 on (6).
var (
	api1 = []string{"qemu_plugin_register_vcpu_tb_trans_cb"}
	api6 = append([]string{"qemu_plugin_set_pc", "qemu_plugin_write_register", "qemu_plugin_read_register"}, api1...)
)

func TestE2EAQEMUThatWillNotDo(t *testing.T) {
	version := func(v string) string { return `puts("QEMU emulator version ` + v + `"); return 0;` }
	for name, c := range map[string]struct {
		program string
		words   []string
	}{
		"too old":         {standIn(t, api1, version("7.2.19")), []string{"QEMU 7.2.19 is too old", "kcovrig doctor --fix", "--memory-model=native"}},
		"without plugins": {standIn(t, nil, version("11.1.3")), []string{"without TCG plugins", "kcovrig doctor --fix"}},
		"no QEMU":         {standIn(t, api6, `puts("hello"); return 0;`), []string{"not QEMU's version"}},
		"broken":          {standIn(t, api6, `fputs("libfoo.so: cannot open", stderr); return 127;`), []string{"libfoo.so", "exit status 127"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := kcovrig(t, nil, "compare", "--arch=arm64", "--json", "--qemu="+c.program).run(3).says(c.words...).result()
			require.NotNil(t, r.Error)
			assert.Equal(t, "rig", r.Error.Whose)
			assert.Empty(t, r.Arms)
		})
	}
	kcovrig(t, nil, "compare", "--qemu=/nonexistent/qemu").run(2).says("/nonexistent/qemu")
}
