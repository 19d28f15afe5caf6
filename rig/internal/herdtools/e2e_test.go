// SPDX-License-Identifier: Apache-2.0

package herdtools

import (
	"debug/elf"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/envtest"
	"kcovrig/rig/fault"
	"kcovrig/rig/litmus"
)

const diy = "../../litmus/testdata/diy/"

func installed(t *testing.T) (cache string) {
	t.Helper()
	tools := envtest.Real(t, "runs herdtools7")
	cache = t.TempDir() // the programs are built anew, with the tools that scripts/setup unpacked
	require.NoError(t, os.Symlink(filepath.Join(tools, "herd"), filepath.Join(cache, "herd")))
	return cache
}

func sources(t *testing.T, names ...string) []Source {
	t.Helper()
	var out []Source
	for _, name := range names {
		out = append(out, Source{name, read(t, diy+name+".litmus")})
	}
	return out
}

// herd7 says of the tests what the log that ships with them says.
func TestAllowedE2E(t *testing.T) {
	cache := installed(t)
	tests := sources(t, "MP+dmb.sys", "SB+dmb.sy+po", "IRIW+addrs")
	out, err := Allowed(t.Context(), cache, filepath.Join(t.TempDir(), "log"), tests, time.Minute)
	require.NoError(t, err)
	got, err := litmus.ParseHerdLog(strings.NewReader(string(out.Log)))
	require.NoError(t, err)
	shipped, err := litmus.ParseHerdLog(strings.NewReader(read(t, diy+"herd.log")))
	require.NoError(t, err)
	require.Len(t, got, len(tests))
	for name, v := range got {
		assert.Equal(t, shipped[name].Observation, v.Observation, name)
		assert.ElementsMatch(t, shipped[name].States, v.States, name)
	}
}

func TestHerdIsEndedAtItsLimitE2E(t *testing.T) {
	_, err := Allowed(t.Context(), installed(t), "", sources(t, "IRIW+addrs"), time.Millisecond)
	requireFault(t, err, fault.User)
	assert.ErrorContains(t, err, "run herd7")
}

func TestBuildE2E(t *testing.T) {
	cache := installed(t)
	bad := Source{"bad", "AArch64 bad\n{ 0:X1=x; }\n P0 ;\n FROB X0 ;\nexists (x=1)\n"}
	programs, err := Build(t.Context(), BuildConfig{Tests: append(sources(t, "MP+dmb.sys", "MP"), bad), CacheDir: cache, Jobs: 2})
	require.NoError(t, err)
	var entries []uint64
	for _, name := range []string{"MP+dmb.sys", "MP"} {
		f, err := elf.Open(programs[name].Path)
		require.NoError(t, err)
		defer f.Close()
		assert.Equal(t, elf.EM_AARCH64, f.Machine)
		entries = append(entries, f.Entry&^(segmentStep-1))
	}
	assert.Equal(t, []uint64{segmentBase, segmentBase + segmentStep}, entries)
	assert.Contains(t, programs["bad"].Why, "bad.litmus")
	assert.Empty(t, programs["bad"].Path)
}
