// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// booted is what a cell's result says of how it was made.
type booted struct {
	Spec struct {
		Tree, Patch string
		Modes       []string
		Seed        uint64
	}
	Arms []struct {
		Patched bool
		Reader  string
		Argv    []string
	}
	Kernel struct{ Version, Compiler string }
	QEMU   struct{ MemoryModel, Accel string }
}

// Every axis away from its default, in as few cells as that takes: what the
// file says is what was built and booted. A revision is left out, since its kernel
// would be built anew; rig/internal/kernel tests how one is taken.
func TestE2EMatrixAxes(t *testing.T) {
	e2e(t)
	tarball, dir := sourceTarball(t), t.TempDir()
	before := source(t)
	full := diff(t, before, strings.Replace(before, afterCopy, afterCopy+"\tsmp_mb();\n", 1)) // as among the fixes
	require.NoError(t, os.Rename(full, filepath.Join(dir, "my.patch")))
	qemu := standIn(t, api6, `argv[0] = "`+realQEMU(t)+`";
execv(argv[0], argv);
return 126;`)
	require.NoError(t, os.Rename(filepath.Dir(qemu), filepath.Join(dir, "mine")))
	file := filepath.Join(dir, "axes.yaml")
	require.NoError(t, os.WriteFile(file, fmt.Appendf(nil, `version: 1
include:
  - {tree: {path: %s, name: tarball}, command: run, patch: {path: my.patch, name: mine}, qemu: {path: mine/qemu-system-aarch64, name: my-qemu}, mode: pc}
  - {tree: "debian:5.10", patch: none, reader: relaxed, mode: cmp, cpu: cortex-a53, compiler: clang, seed: 7}
  - {arch: x86_64, patch: none, memory-model: native, accel: tcg, host: x86_64, mode: pc}
  - {alteration: weaken=kcov_remote_stop, mode: pc, expect: needed}
`, tarball), 0o600))
	out := filepath.Join(dir, "out")
	n := kcovrig(t, nil, "matrix", file, "--json", "--out", out).run(exitOK).matrix()
	require.Len(t, n.Cells, 4)
	cell := func(i int, name, outcome string) booted {
		assert.Equal(t, name, n.Cells[i].Cell.Name)
		assert.Equal(t, outcome, n.Cells[i].Outcome, name)
		text, err := os.ReadFile(filepath.Join(out, n.Cells[i].Folder, "result.json"))
		require.NoError(t, err)
		var r booted
		require.NoError(t, json.Unmarshal(text, &r))
		require.Len(t, r.Arms, 1)
		return r
	}

	r := cell(0, "arm64/tarball/patched/mine/acquire/pc/my-qemu", "clean")
	assert.True(t, r.Arms[0].Patched)
	assert.Equal(t, filepath.Join(dir, "mine", "qemu-system-aarch64"), r.Arms[0].Argv[0])
	assert.Equal(t, tarball, r.Spec.Tree)
	assert.Equal(t, filepath.Join(dir, "my.patch"), r.Spec.Patch)
	assert.Equal(t, []string{"pc"}, r.Spec.Modes)

	r = cell(1, "arm64/debian:5.10/unpatched/relaxed/cmp/clang/cortex-a53/seed-7", "hit")
	assert.Contains(t, r.Kernel.Compiler, "clang")
	assert.True(t, strings.HasPrefix(r.Kernel.Version, "5.10."), r.Kernel.Version)
	assert.Equal(t, "relaxed", r.Arms[0].Reader)
	assert.Equal(t, []string{"cmp"}, r.Spec.Modes)
	assert.Contains(t, r.Arms[0].Argv, "cortex-a53")
	assert.EqualValues(t, 7, r.Spec.Seed)

	r = cell(2, "x86_64/unpatched/acquire/pc/native/tcg/x86_64", "clean")
	assert.Equal(t, "native", r.QEMU.MemoryModel)
	assert.Equal(t, "tcg", r.QEMU.Accel)
	assert.Contains(t, strings.Join(r.Arms[0].Argv, " "), "qemu-system-x86_64")

	r = cell(3, "arm64/weaken=kcov_remote_stop/acquire/pc", "needed")
	assert.True(t, r.Arms[0].Patched)
	assert.FileExists(t, filepath.Join(out, n.Cells[3].Folder, "barriers.json"))
}
