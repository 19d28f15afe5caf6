// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/guest/wire"
	"kcovrig/scenarios"
)

const ofOnesOwn = `kcovrig: scenario/1
name: own
title: a program of one's own
fix: [fix.patch]
workload: {source: sub/main.c, args: [a, b c, a], env: [A=b, C=], files: [data/in, other.h], ready: true, window: {every: 10ms}}
detect: [oops, {warn: ring_init}, exit]
machine: {cpus: 4, memory: 1G}
scope: {patch: {callers: 2}, kernel: [f], callees: [g], objects: [net/core/sock.o, all]}
`

func folder(t *testing.T, text string, files ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range append(files, FileName) {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	}
	return dir
}

func TestAScenarioBringsItsProgram(t *testing.T) {
	s, err := Load(folder(t, ofOnesOwn, "fix.patch", "sub/main.c", "sub/a.h", "other.h", "data/in", "data/out"))
	require.NoError(t, err)
	require.NotNil(t, s.Program)
	assert.Equal(t, wire.Program{
		Args: []string{"a", "b c", "a"}, Env: []string{"A=b", "C="}, Ready: true, Window: wire.WindowTimed, EveryNS: int64(10 * time.Millisecond),
		Detect: []wire.Detect{{Kind: wire.KindOops}, {Kind: wire.KindWarn, Function: "ring_init"}, {Kind: wire.KindExit}},
	}, s.Program.Start)
	assert.True(t, s.Program.SurvivesOops())
	assert.Equal(t, Scope{Callers: 2, Kernel: []string{"f"}, Callees: []string{"g"}, Objects: []string{"net/core/sock.o", "all"}}, s.Scope)
	for name, held := range map[string]bool{"sub/main.c": true, "sub/a.h": true, "other.h": true, "data/in": true, "data/out": false} {
		_, err := fs.Stat(s.Program.Files, name)
		assert.Equal(t, held, err == nil, name)
	}
	assert.Equal(t, []string{"data/in", "other.h"}, s.Program.GuestFiles)
	assert.Equal(t, []int{4, 1024}, []int{s.CPUs, s.MemoryMiB})
	packed, err := s.Pack()
	require.NoError(t, err)
	again, err := Unpack(packed, s.Hash)
	require.NoError(t, err)
	assert.Equal(t, s.Program.Start, again.Program.Start, "for workers")
	held, err := fs.ReadFile(again.Program.Files, "data/in")
	require.NoError(t, err)
	assert.Equal(t, ofOnesOwn, string(held))

	assert.False(t, s.Reboots())

	plain, err := Load(folder(t, "kcovrig: scenario/1\nname: own\ntitle: t\nfix: [fix.patch]\nworkload: {binary: prog}\n", "fix.patch", "prog"))
	require.NoError(t, err)
	assert.Equal(t, []wire.Detect{{Kind: wire.KindTold}}, plain.Program.Start.Detect)
	assert.Equal(t, wire.WindowTold, plain.Program.Start.Window)
	assert.False(t, plain.Program.SurvivesOops(), "an oops that nobody looks for must not go unseen")
}

// The header that comes with kcovrig is the program's as a file of its own would be.
func TestAProgramMayIncludeTheHeaderThatComesWithKcovrig(t *testing.T) {
	load := func(source, own string) Scenario {
		dir := folder(t, "kcovrig: scenario/1\nname: own\ntitle: t\nfix: [fix.patch]\nworkload: {source: sub/main.c}\n", "fix.patch")
		require.NoError(t, os.Mkdir(filepath.Join(dir, "sub"), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, "sub/main.c"), []byte(source), 0o644))
		if own != "" {
			require.NoError(t, os.WriteFile(filepath.Join(dir, "sub/kcovrig.h"), []byte(own), 0o644))
		}
		s, err := Load(dir)
		require.NoError(t, err)
		return s
	}
	const source = "int x;\n # include \t\"kcovrig.h\"\n"
	s := load(source, "")
	held, err := fs.ReadFile(s.Program.Files, "sub/kcovrig.h")
	require.NoError(t, err)
	assert.Equal(t, scenarios.Header(), held)
	assert.Equal(t, load(source, string(held)).Hash, s.Hash, "it is what the hash is of")
	assert.NotEqual(t, load(source, "//\n").Hash, s.Hash)
	held, err = fs.ReadFile(load(source, "//\n").Program.Files, "sub/kcovrig.h")
	require.NoError(t, err)
	assert.Equal(t, "//\n", string(held), "one's own")
	packed, err := s.Pack()
	require.NoError(t, err)
	_, err = Unpack(packed, s.Hash)
	require.NoError(t, err)

	_, err = fs.Stat(load("// kcovrig.h\n", "").Program.Files, "sub/kcovrig.h")
	assert.ErrorIs(t, err, fs.ErrNotExist, "a program that does not ask for it stays what it was")
}

func TestWhatComesAfterAHitIsSaidOfAllOrOfOne(t *testing.T) {
	load := func(text string) (Scenario, error) {
		return Load(folder(t, "kcovrig: scenario/1\nname: own\ntitle: t\nfix: [fix.patch]\n"+text, "fix.patch", "prog"))
	}
	s, err := load("workload: {binary: prog}\ndetect: [told, {oops: f, after: reboot}]\n")
	require.NoError(t, err)
	assert.True(t, s.Reboots())
	assert.Equal(t, uint64(DefaultBoot), s.Program.Start.Windows)
	assert.Equal(t, []wire.Detect{{Kind: wire.KindTold}, {Kind: wire.KindOops, Function: "f", Reboot: true}}, s.Program.Start.Detect)
	packed, err := s.Pack()
	require.NoError(t, err)
	again, err := Unpack(packed, s.Hash)
	require.NoError(t, err)
	assert.Equal(t, s.Program.Start, again.Program.Start, "for workers")

	s, err = load("workload: {binary: prog, boot: 30}\ndetect: [told, {oops: f, after: continue}]\nafter: reboot\n")
	require.NoError(t, err)
	assert.Equal(t, uint64(30), s.Program.Start.Windows)
	assert.Equal(t, []wire.Detect{{Kind: wire.KindTold, Reboot: true}, {Kind: wire.KindOops, Function: "f"}}, s.Program.Start.Detect)

	for text, want := range map[string]string{
		"workload: {binary: prog}\nafter: never\n":                  "after",
		"workload: {binary: prog, boot: 30}\n":                      ":5:26: workload.boot: it bounds boots that a hit ends, and none does; did you mean after: reboot?",
		"workload: {binary: prog, modes: [a, b]}\nafter: reboot\n":  ":5:37: workload.modes: more than one, where a hit ends the boot",
		"workload: {binary: prog}\ndetect: [{oops: f, after: 3}]\n": "after",
		"workload: {binary: prog}\ndetect: [{after: reboot}]\n":     "want exactly one of oops, warn, bug, kasan",
	} {
		_, err := load(text)
		assert.ErrorContains(t, err, want, text)
	}
}

func TestHangsHaveATimeAndPanicsEndTheBoot(t *testing.T) {
	load := func(detect string) (Scenario, error) {
		return Load(folder(t, "kcovrig: scenario/1\nname: own\ntitle: t\nfix: [fix.patch]\nworkload: {binary: prog}\ndetect: "+detect, "fix.patch", "prog"))
	}
	s, err := load("[hang, {hang: 2000ms, in: pipe_read, after: reboot}]\n")
	require.NoError(t, err)
	assert.Equal(t, []wire.Detect{
		{Kind: wire.KindHang, NS: int64(DefaultHang)}, {Kind: wire.KindHang, NS: 2e9, Function: "pipe_read", Reboot: true},
	}, s.Program.Start.Detect)
	assert.False(t, s.Program.SurvivesOops())

	s, err = load("[{panic: f}, panic]\nafter: continue\n")
	require.NoError(t, err)
	assert.Equal(t, []wire.Detect{{Kind: wire.KindPanic, Function: "f", Reboot: true}, {Kind: wire.KindPanic, Reboot: true}}, s.Program.Start.Detect)
	assert.True(t, s.Reboots())
	assert.False(t, s.Program.SurvivesOops(), "each oops is a panic")
	assert.Equal(t, "panic", s.Words.Hit)

	s, err = load("[{panic: f}, {oops: f}]\n")
	require.NoError(t, err)
	assert.True(t, s.Program.SurvivesOops())
}

func TestAReadyProgramMayBeAsLargeAsStaticOnesAre(t *testing.T) {
	of := func(kind string, size int64) (Scenario, error) {
		what := "prog.c"
		if strings.HasSuffix(kind, "files") {
			what = "[prog.c]"
		}
		dir := folder(t, "kcovrig: scenario/1\nname: own\ntitle: t\nfix: [fix.patch]\nworkload: {"+kind+": "+what+"}\n", "fix.patch", "prog.c", "main.c")
		require.NoError(t, os.Truncate(filepath.Join(dir, "prog.c"), size))
		return Load(dir)
	}
	s, err := of("binary", maxBinary)
	require.NoError(t, err)
	packed, err := s.Pack()
	require.NoError(t, err)
	again, err := Unpack(packed, s.Hash)
	require.NoError(t, err, "for workers")
	info, err := fs.Stat(again.Program.Files, "prog.c")
	require.NoError(t, err)
	assert.EqualValues(t, maxBinary, info.Size())

	_, err = of("binary", maxBinary+1)
	assert.ErrorContains(t, err, "prog.c is larger than 16777216 bytes")
	_, err = of("source: main.c, files", maxBinary+1)
	assert.ErrorContains(t, err, "prog.c is larger than 16777216 bytes")
	_, err = of("source", maxFile+1)
	assert.ErrorContains(t, err, "prog.c is larger than 1048576 bytes", "people write no such file")
}

func TestDirectCallersAreInScopeUnlessTheFileSaysOtherwise(t *testing.T) {
	for text, want := range map[string]int{
		"": 1, "scope: {kernel: [f]}\n": 1, "scope: {patch: {callers: 0}}\n": 0, "scope: {patch: {callers: 4}}\n": 4,
	} {
		s, err := Load(folder(t, "kcovrig: scenario/1\nname: own\ntitle: t\nfix: [fix.patch]\nworkload: {binary: prog}\n"+text, "fix.patch", "prog"))
		require.NoError(t, err, text)
		assert.Equal(t, want, s.Scope.Callers, text)
	}
	for text, want := range map[string]bool{
		"": false, "scope: {patch: {callers: 0}}\n": false, "scope: {patch: {calls: true}}\n": false, "scope: {patch: {calls: false}}\n": true,
	} {
		s, err := Load(folder(t, "kcovrig: scenario/1\nname: own\ntitle: t\nfix: [fix.patch]\nworkload: {binary: prog}\n"+text, "fix.patch", "prog"))
		require.NoError(t, err, text)
		assert.Equal(t, want, s.Scope.NoCalls, text)
	}
	for _, name := range Names() {
		s, err := Load(name)
		require.NoError(t, err)
		if name == Default {
			continue
		}
		assert.Zero(t, s.Scope.Callers, "what is said of %s was measured so", name)
	}
}

func TestADeathMayHaveAStatusOrASignal(t *testing.T) {
	s, err := Load(folder(t, "kcovrig: scenario/1\nname: own\ntitle: t\nfix: [fix.patch]\nworkload: {binary: prog}\n"+
		"detect: [{exit: 3}, {exit: SIGSEGV, after: reboot}, {exit: signal}, {exit: 255.0}]\n", "fix.patch", "prog"))
	require.NoError(t, err)
	assert.Equal(t, []wire.Detect{
		{Kind: wire.KindExit, Exit: "3"}, {Kind: wire.KindExit, Exit: "SIGSEGV", Reboot: true}, {Kind: wire.KindExit, Exit: "signal"}, {Kind: wire.KindExit, Exit: "255"},
	}, s.Program.Start.Detect)
}
