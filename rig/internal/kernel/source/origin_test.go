// SPDX-License-Identifier: Apache-2.0

package source

import (
	"fmt"
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
	require.NotContains(t, fe.Try, "doctor", "it fetches another release")
	require.Contains(t, fe.Tail, "Unable to locate")
	_, err = request.debianTarball(t.Context(), store.Store{Dir: t.TempDir()}, t.TempDir(), "6.12")
	require.Contains(t, fault.TryOf(err), "kcovrig doctor --fix")
}

// A Debian has what its release has: 12 Linux 6.1, 13 Linux 6.12.
func TestTheDefaultTreeIsOneThatAptKnows(t *testing.T) {
	for name, c := range map[string]struct{ says, want, told string }{
		"Debian 13":      {"linux-source-6.12 - Linux kernel source for version 6.12 with Debian patches", "debian:6.12", ""},
		"Debian 12":      {"linux-source-6.1 - Linux kernel source for version 6.1 with Debian patches", "debian:6.1", "this Debian has no debian:6.12; taking debian:6.1"},
		"with backports": {"linux-source-6.1 - a\nlinux-source-6.12 - b\nlinux-source-7.3 - c", "debian:6.12", ""},
		"several":        {"linux-source-6.9 - a\nlinux-source-6.10 - b\nlinux-source-6.1 - c\nlinux-source-7.0-rt - d", "debian:6.10", "taking debian:6.10"},
		"no lists yet":   {"", "debian:6.12", ""},
		"no apt at all":  {"exit 127", "debian:6.12", ""},
		"something else": {"xlinux-source-6.3 - a", "debian:6.12", ""},
	} {
		t.Run(name, func(t *testing.T) {
			bin := t.TempDir()
			t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
			script := "#!/bin/sh\ncat <<'END'\n" + c.says + "\nEND\n"
			if c.says == "exit 127" {
				script = "#!/bin/sh\nexit 127\n"
			}
			require.NoError(t, os.WriteFile(filepath.Join(bin, "apt-cache"), []byte(script), 0o755))
			told := ""
			request := Request{Say: func(format string, args ...any) { told += fmt.Sprintf(format, args...) }}
			require.Equal(t, c.want, request.knownToApt(t.Context()))
			require.Contains(t, told, c.told)
			require.Equal(t, c.told == "", told == "", told)
		})
	}
}
