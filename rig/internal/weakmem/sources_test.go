// SPDX-License-Identifier: Apache-2.0

package weakmem

import (
	"archive/tar"
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/fault"
)

// altered are sources that differ from this program's in one file.
func altered(t *testing.T, name, text string) Sources {
	t.Helper()
	s, err := own()
	require.NoError(t, err)
	s.files[name] = append(bytes.Clone(s.files[name]), text...)
	return s
}

func nameOf(t *testing.T, s Sources) string {
	t.Helper()
	name, err := s.Name(7, nil)
	require.NoError(t, err)
	return name
}

func TestSourcesThatAreSentAreTheSame(t *testing.T) {
	packed, err := Sources{}.Pack()
	require.NoError(t, err)
	again, err := Sources{}.Pack()
	require.NoError(t, err)
	assert.Equal(t, packed, again)
	came, err := Unpack(packed)
	require.NoError(t, err)
	assert.Equal(t, nameOf(t, Sources{}), nameOf(t, came))

	sent := altered(t, "drain.c", "/* not as here */\n")
	packed, err = sent.Pack()
	require.NoError(t, err)
	came, err = Unpack(packed)
	require.NoError(t, err)
	assert.Equal(t, nameOf(t, sent), nameOf(t, came))
	assert.NotEqual(t, nameOf(t, Sources{}), nameOf(t, came))
}

// fakeCC stands for the compiler: its product is what it was to compile.
func fakeCC(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "cc"), []byte("#!/bin/sh\nexec cat *.c >weakmem.so\n"), 0o755))
	t.Setenv("PATH", dir+":/usr/bin:/bin")
}

func TestWhatWasSentIsCompiledNotWhatIsHere(t *testing.T) {
	fakeCC(t)
	cfg := Config{API: 7, CacheDir: t.TempDir()}
	here, err := cfg.Sources.compile(t.Context(), cfg)
	require.NoError(t, err)
	sent := altered(t, "drain.c", "/* not as here */\n")
	there, err := sent.compile(t.Context(), cfg)
	require.NoError(t, err)
	text := func(path string) string {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		return string(text)
	}
	assert.Contains(t, text(there), "/* not as here */")
	assert.NotContains(t, text(here), "/* not as here */")
	require.NoError(t, os.WriteFile(there, []byte("kept"), 0o600))
	again, err := sent.compile(t.Context(), cfg)
	require.NoError(t, err)
	assert.Equal(t, there, again)
	assert.Equal(t, "kept", text(again), "it is compiled once")
	left, err := filepath.Glob(filepath.Join(cfg.CacheDir, "plugin", "build-*"))
	require.NoError(t, err)
	assert.Empty(t, left)
}

// What the rig and the plugin say to each other must be the same on both sides.
func TestAnotherInterfaceIsRefused(t *testing.T) {
	for _, name := range between {
		packed, err := altered(t, name, "/* one field more */\n").Pack()
		require.NoError(t, err)
		_, err = Unpack(packed)
		require.ErrorContains(t, err, "its interface is", name)
		assert.Equal(t, fault.Rig, fault.KindOf(err))
	}
	packed, err := altered(t, "views.c", "/* inside the plugin */\n").Pack()
	require.NoError(t, err)
	_, err = Unpack(packed)
	require.NoError(t, err)
}

func TestOnlyPlainSourcesAreUnpacked(t *testing.T) {
	all, err := own()
	require.NoError(t, err)
	good := tar.Header{Name: "more.c", Mode: 0o644, Size: 1, Typeflag: tar.TypeReg}
	for name, change := range map[string]func(h *tar.Header){
		"a path":       func(h *tar.Header) { h.Name = "../more.c" },
		"a folder":     func(h *tar.Header) { h.Name = "x/more.c" },
		"the root":     func(h *tar.Header) { h.Name = "/more.c" },
		"a script":     func(h *tar.Header) { h.Name = "cc" },
		"an option":    func(h *tar.Header) { h.Name = "-fplugin.c" },
		"a link":       func(h *tar.Header) { h.Typeflag, h.Linkname, h.Size = tar.TypeSymlink, "/etc/passwd", 0 },
		"twice":        func(h *tar.Header) { h.Name = "main.c" },
		"far too much": func(h *tar.Header) { h.Size = maxBytes + 1 },
	} {
		packed, err := Sources{files: maps.Clone(all.files)}.Pack()
		require.NoError(t, err)
		out := bytes.NewBuffer(bytes.TrimRight(packed, "\x00"))
		out.Write(make([]byte, (512-out.Len()%512)%512))
		h := good
		change(&h)
		w := tar.NewWriter(out)
		require.NoError(t, w.WriteHeader(&h))
		_, err = w.Write(make([]byte, h.Size))
		require.NoError(t, err)
		require.NoError(t, w.Close())
		_, err = Unpack(out.Bytes())
		require.ErrorContains(t, err, "is no plain source file", name)
		assert.Equal(t, fault.Rig, fault.KindOf(err))
	}
	_, err = Unpack([]byte("no archive at all"))
	require.Error(t, err)
	assert.Equal(t, fault.Rig, fault.KindOf(err))
}
