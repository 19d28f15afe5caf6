// SPDX-License-Identifier: Apache-2.0

package program

import (
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/arch"
	"kcovrig/rig/envtest"
	"kcovrig/rig/fault"
)

func config(t *testing.T, files map[string]string) Config {
	t.Helper()
	a, err := arch.Lookup("arm64")
	require.NoError(t, err)
	c := Config{Arch: a, CacheDir: t.TempDir(), Files: fstest.MapFS{}}
	for name, text := range files {
		c.Files.(fstest.MapFS)[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return c
}

func TestAProgramIsOfOneKindAndInItsFolder(t *testing.T) {
	for name, breakIt := range map[string]func(*Config){
		"neither":       func(c *Config) { c.Source = "" },
		"both":          func(c *Config) { c.Binary = "b" },
		"out of it":     func(c *Config) { c.Source = "../main.c" },
		"from the root": func(c *Config) { c.Source = "/main.c" },
		"not there":     func(c *Config) { c.Source = "other.c" },
	} {
		c := config(t, map[string]string{"main.c": "int main(void) { return 0; }"})
		c.Source = "main.c"
		breakIt(&c)
		_, err := Build(t.Context(), c)
		assert.Equal(t, fault.User, fault.KindOf(err), "%s: %v", name, err)
	}
}

// What is compiled is a program for the guest, the same each time, another where the
// source or a header is another.
func TestSourceBecomesAStaticProgram(t *testing.T) {
	envtest.Real(t, "compiles for arm64")
	made := func(header string) []byte {
		c := config(t, map[string]string{"sub/main.c": "#include \"n.h\"\nint main(void) { return N; }", "sub/n.h": header})
		c.Source = "sub/main.c"
		raw, err := Build(t.Context(), c)
		require.NoError(t, err)
		again, err := Build(t.Context(), c)
		require.NoError(t, err)
		assert.Equal(t, raw, again, "what was kept")
		c.Files.(fstest.MapFS)["ready"] = &fstest.MapFile{Data: raw}
		c.Source, c.Binary = "", "ready"
		ready, err := Build(t.Context(), c)
		require.NoError(t, err)
		assert.Equal(t, raw, ready, "as a binary")
		return raw
	}
	one := made("#define N 1")
	assert.Equal(t, one, made("#define N 1"), "in another cache")
	assert.NotEqual(t, one, made("#define N 2"))
}

func TestWhatDoesNotCompileIsTheUsersFault(t *testing.T) {
	envtest.Real(t, "compiles for arm64")
	c := config(t, map[string]string{"main.c": "int main(void) { return undeclared; }"})
	c.Source = "main.c"
	_, err := Build(t.Context(), c)
	var failed *fault.Error
	require.ErrorAs(t, err, &failed)
	assert.Contains(t, failed.Tail, "undeclared")
	assert.Equal(t, fault.User, failed.Kind)
}
