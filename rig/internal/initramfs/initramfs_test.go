// SPDX-License-Identifier: Apache-2.0

package initramfs

import (
	"bytes"
	"context"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/guest/mark"
	"kcovrig/rig/arch"
	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/proc"
	"kcovrig/rig/scenario"
)

func eachArch(t *testing.T, f func(t *testing.T, a arch.Arch)) {
	for _, name := range arch.Names() {
		a, err := arch.Lookup(name)
		require.NoError(t, err)
		t.Run(name, func(t *testing.T) { f(t, a) })
	}
}

func TestBuildKeepsOneFilePerContent(t *testing.T) {
	eachArch(t, func(t *testing.T, a arch.Arch) {
		c := Config{Arch: a, CacheDir: filepath.Join(t.TempDir(), "cache")}
		first, err := Build(t.Context(), c)
		require.NoError(t, err)
		data, err := os.ReadFile(first.Path)
		require.NoError(t, err)
		assert.Equal(t, first.Hash, disk.Sum(data))
		second, err := Build(t.Context(), c)
		require.NoError(t, err)
		assert.Equal(t, first, second)
		c.Extra = extras
		third, err := Build(t.Context(), c)
		require.NoError(t, err)
		assert.NotEqual(t, first.Hash, third.Hash)
		assert.Equal(t, first.Guest, third.Guest)
		left, err := os.ReadDir(c.CacheDir)
		require.NoError(t, err)
		assert.Len(t, left, 3, "two archives and one init, nothing half written")
	})
}

// The emulator finds the readers' code by these symbols.
func TestInitKeepsItsSymbols(t *testing.T) {
	eachArch(t, func(t *testing.T, a arch.Arch) {
		archive, err := Build(t.Context(), Config{Arch: a, CacheDir: t.TempDir()})
		require.NoError(t, err)
		f, err := elf.Open(archive.Guest)
		require.NoError(t, err)
		defer f.Close()
		symbols, err := f.Symbols()
		require.NoError(t, err)
		sizes := map[string]uint64{}
		for _, s := range symbols {
			sizes[s.Name] = s.Size
		}
		s, err := scenario.Load(scenario.Default)
		require.NoError(t, err)
		for _, r := range s.Readers {
			for _, symbol := range r.Symbols {
				assert.NotZero(t, sizes[symbol], symbol)
			}
		}
		assert.Len(t, s.Readers, 2)
		assert.NotZero(t, sizes[s.Mark], s.Mark)
		assert.NotZero(t, sizes[mark.Symbol])
	})
}

func TestBuildReplacesATruncatedFile(t *testing.T) {
	dir := t.TempDir()
	path, err := store(dir, "x", []byte("whole"), disk.WriteFile)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, []byte("wh"), 0o644))
	_, err = store(dir, "x", []byte("whole"), disk.WriteFile)
	require.NoError(t, err)
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, "whole", string(data))
}

func TestBuildEndsWithItsContext(t *testing.T) {
	eachArch(t, func(t *testing.T, a arch.Arch) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := Build(ctx, Config{Arch: a, CacheDir: t.TempDir()})
		assert.ErrorIs(t, err, context.Canceled)
	})
}

func TestGuestThatWasNotBuilt(t *testing.T) {
	_, err := Guest(arch.Arch{Name: "m68k", GOARCH: "m68k"})
	require.ErrorContains(t, err, "built without its guest")
	assert.Equal(t, fault.Rig, fault.KindOf(err))
	var f *fault.Error
	require.ErrorAs(t, err, &f)
	assert.Contains(t, f.Try, Generate)
}

// A checkout whose guests were not made is not built into a kcovrig that lacks them: the
// compiler names the line that says how they are made.
func TestABuildWithoutItsGuestsSaysSo(t *testing.T) {
	here, err := filepath.Abs(".")
	require.NoError(t, err)
	dir := t.TempDir()
	overlay, log := filepath.Join(dir, "overlay.json"), filepath.Join(dir, "log")
	require.NoError(t, os.WriteFile(overlay, fmt.Appendf(nil, `{"Replace": {%q: ""}}`, filepath.Join(here, "bin/amd64.gz")), 0o600))
	_, err = proc.Run(t.Context(), proc.Command{Path: "go", Args: []string{"build", "-overlay", overlay, "."}, Log: log, Kind: fault.User, Op: "build without a guest"})
	require.Error(t, err)
	said, err := os.ReadFile(log)
	require.NoError(t, err)
	at := regexp.MustCompile(`guest\.go:(\d+):\d+: pattern bin/amd64\.gz: no matching files found`).FindSubmatch(said)
	require.NotNil(t, at, "%s", said)
	line, err := strconv.Atoi(string(at[1]))
	require.NoError(t, err)
	text, err := os.ReadFile("guest.go")
	require.NoError(t, err)
	assert.Contains(t, strings.Join(strings.Split(string(text), "\n")[line-3:line], "\n"), Generate)
}

func TestOnlyStaticProgramsOfTheMachineAreTaken(t *testing.T) {
	const arm, amd = elf.EM_AARCH64, elf.EM_X86_64
	assert.NoError(t, CheckProgram("x", program(arm, elf.ET_EXEC, elf.PT_LOAD), arm, 0))
	assert.ErrorContains(t, CheckProgram("x", program(amd, elf.ET_EXEC, elf.PT_LOAD), arm, 0), "x is for EM_X86_64")
	assert.ErrorContains(t, CheckProgram("x", program(arm, elf.ET_DYN, elf.PT_INTERP), arm, 0), "not static")
	assert.ErrorContains(t, CheckProgram("x", program(arm, elf.ET_REL, elf.PT_LOAD), arm, 0), "no program")
	assert.ErrorContains(t, CheckProgram("x", []byte("#!/bin/sh\n"), arm, 0), "no ELF")
}

func TestAProgramHasRoomInItsMachine(t *testing.T) {
	const machine = elf.EM_AARCH64
	raw := program(machine, elf.ET_EXEC, elf.PT_LOAD)
	takes := func(bytes uint64) []byte {
		binary.LittleEndian.PutUint64(raw[64+40:], bytes) // the segment's p_memsz
		return raw
	}
	assert.NoError(t, CheckProgram("x", takes(200<<20), machine, 256<<20))
	assert.NoError(t, CheckProgram("x", takes(1<<40), machine, 0), "not known")
	for _, much := range []uint64{256 << 20, 1 << 40, 1<<64 - 1} {
		err := CheckProgram("x", takes(much), machine, 256<<20)
		require.ErrorContains(t, err, "the machine 256 MiB")
		var f *fault.Error
		require.ErrorAs(t, err, &f)
		assert.Contains(t, f.Try, "memory: 512M")
	}
}

func TestAProgramThatCannotRunThereIsTheUsersFault(t *testing.T) {
	eachArch(t, func(t *testing.T, a arch.Arch) {
		c := Config{Arch: a, CacheDir: t.TempDir(), Program: program(a.Machine, elf.ET_DYN, elf.PT_INTERP)}
		_, err := Build(t.Context(), c)
		require.ErrorContains(t, err, "the workload is not static")
		assert.Equal(t, fault.User, fault.KindOf(err))
		c.Program = program(a.Machine, elf.ET_EXEC, elf.PT_LOAD)
		_, err = Build(t.Context(), c)
		assert.NoError(t, err)
	})
}

// program returns an ELF of one empty segment.
func program(m elf.Machine, kind elf.Type, segment elf.ProgType) []byte {
	const headerSize, segmentSize = 64, 56
	h := elf.Header64{
		Type: uint16(kind), Machine: uint16(m), Version: uint32(elf.EV_CURRENT),
		Phoff: headerSize, Ehsize: headerSize, Phentsize: segmentSize, Phnum: 1, Shentsize: 64,
	}
	copy(h.Ident[:], elf.ELFMAG)
	h.Ident[elf.EI_CLASS], h.Ident[elf.EI_DATA] = byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB)
	h.Ident[elf.EI_VERSION] = byte(elf.EV_CURRENT)
	var out bytes.Buffer
	for _, part := range []any{h, elf.Prog64{Type: uint32(segment)}} {
		if err := binary.Write(&out, binary.LittleEndian, part); err != nil {
			panic(err)
		}
	}
	return out.Bytes()
}

func TestConfigValidate(t *testing.T) {
	a, err := arch.Lookup("arm64")
	require.NoError(t, err)
	good := Config{Arch: a, CacheDir: "x", Extra: extras}
	require.NoError(t, good.Validate())
	assert.Error(t, Config{CacheDir: "x"}.Validate())
	assert.Error(t, Config{Arch: a}.Validate())
	full := good
	full.Program, full.Extra = []byte("x"), []File{{Name: "a", Data: make([]byte, maxProgram)}}
	assert.ErrorContains(t, full.Validate(), "guest's memory")
	full.Extra = []File{{Name: "workload"}}
	assert.ErrorContains(t, full.Validate(), "twice")
	for name, files := range map[string][]File{
		"absolute":      {{Name: "/etc/passwd"}},
		"climbs out":    {{Name: "../x"}},
		"not clean":     {{Name: "a//b"}},
		"no name":       {{}},
		"init again":    {{Name: "init"}},
		"below init":    {{Name: "init/x"}},
		"twice":         {{Name: "a"}, {Name: "a"}},
		"file and dir":  {{Name: "a"}, {Name: "a/b/c"}},
		"is a folder":   {{Name: "dev"}},
		"set-user-ID":   {{Name: "a", Mode: os.ModeSetuid | 0o755}},
		"a device node": {{Name: "a", Mode: os.ModeDevice}},
	} {
		assert.Error(t, Config{Arch: a, CacheDir: "x", Extra: files}.Validate(), name)
	}
}
