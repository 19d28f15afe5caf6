// SPDX-License-Identifier: Apache-2.0

package source

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"kcovrig/rig/fault"
	"kcovrig/rig/internal/kernel/store"
)

func TestTheNewestSource(t *testing.T) {
	dir, fetched := t.TempDir(), t.TempDir()
	require.Empty(t, newestSource(dir, fetched))
	put := func(dir, name string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, nil, 0o644))
		return path
	}
	later := put(fetched, "linux-source-7.3.tar.xz")
	require.Equal(t, later, newestSource(dir, fetched))
	for _, name := range []string{"linux-source-6.9.tar.xz", "linux-source-5.10.tar.xz", "linux-source-7.1-rt.tar.xz", "linux-patch-7.0.tar.xz"} {
		put(dir, name)
	}
	require.Equal(t, put(dir, "linux-source-6.12.tar.xz"), newestSource(dir, fetched), "what is installed comes first")
}

func TestAFetchedSourceIsTakenFromTheCache(t *testing.T) {
	s := store.Store{Dir: t.TempDir()}
	require.NoError(t, os.MkdirAll(sources(s), 0o755))
	want := filepath.Join(s.Dir, "sources", "linux-source-6.99.tar.xz")
	require.NoError(t, os.WriteFile(want, nil, 0o644))
	got, err := Request{}.debianTarball(t.Context(), s, t.TempDir(), "6.99")
	require.NoError(t, err)
	require.Equal(t, want, got)
}

func TestAptHasNoSuchRelease(t *testing.T) {
	bin := t.TempDir()
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	require.NoError(t, os.WriteFile(filepath.Join(bin, "apt-get"), []byte("#!/bin/sh\necho E: Unable to locate package >&2; exit 100\n"), 0o755))
	request := Request{Say: func(string, ...any) {}}
	_, err := request.debianTarball(t.Context(), store.Store{Dir: t.TempDir()}, t.TempDir(), "6.99")
	fe := (*fault.Error)(nil)
	require.ErrorAs(t, err, &fe)
	require.Equal(t, fault.User, fault.KindOf(err))
	require.Contains(t, fe.Try, "apt-get update")
	require.Contains(t, fe.Tail, "Unable to locate")
}
