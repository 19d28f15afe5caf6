// SPDX-License-Identifier: Apache-2.0

package program

import (
	"os"
	"path/filepath"
	"strconv"
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
	c := config(t, map[string]string{"main.c": "int main(void) { return one; }"})
	c.Source = "main.c"
	_, err := Build(t.Context(), c)
	var failed *fault.Error
	require.ErrorAs(t, err, &failed)
	assert.Contains(t, failed.Tail, "undeclared")
	assert.Equal(t, fault.User, failed.Kind)

	c.Files.(fstest.MapFS)["main.c"].Data = []byte("int main(void) { return two; }")
	_, err = Build(t.Context(), c)
	require.Error(t, err)
	kept, err := os.ReadFile(failed.Log)
	require.NoError(t, err)
	assert.Contains(t, string(kept), "return one", "the log of one program is not that of the next")
}

// A program is made of the scenario's files and the system's headers: nothing else is in
// its hash, or travels with it.
func TestNothingButTheScenariosFilesIsCompiledIn(t *testing.T) {
	envtest.Real(t, "compiles for arm64")
	outside := filepath.Join(t.TempDir(), "out side.h")
	require.NoError(t, os.WriteFile(outside, []byte("#define N 1\n"), 0o644))
	quoted := strconv.Quote(outside)
	const own = "int main(void) { return 0; }\n"
	for name, c := range map[string]struct {
		source string
		want   string
	}{
		"its own":                  {"#include <stdio.h>\n#include \"a b.h\"\n__asm__(\".incbin \\\"sub/a b.h\\\"\");\n" + own, ""},
		"a header by its path":     {"#include " + quoted + "\n" + own, outside},
		"one in brackets":          {"#include <" + outside + ">\n" + own, outside},
		"one that hides it":        {"#include \"hides.h\"\n" + own, outside},
		"a file by the assembler":  {"__asm__(\".incbin \\\"" + outside + "\\\"\");\n" + own, outside},
		"the assembler's includes": {"__asm__(\".include \\\"/dev/null\\\"\");\n" + own, "/dev/null"},
	} {
		cfg := config(t, map[string]string{"sub/main.c": c.source, "sub/a b.h": "/* own */\n", "sub/hides.h": "#pragma GCC system_header\n#include " + quoted + "\n"})
		cfg.Source = "sub/main.c"
		for range 2 { // nothing is kept
			_, err := Build(t.Context(), cfg)
			if c.want == "" {
				require.NoError(t, err, name)
				continue
			}
			require.ErrorContains(t, err, "takes in "+c.want+", which is none of the scenario's files", name)
			assert.Equal(t, fault.User, fault.KindOf(err), name)
		}
	}
}

func TestAProgramIsNotTooLarge(t *testing.T) {
	envtest.Real(t, "compiles for arm64")
	c := config(t, map[string]string{"main.c": "char much[17 << 20] = {1};\nint main(void) { return much[3]; }"})
	c.Source = "main.c"
	_, err := Build(t.Context(), c)
	require.ErrorContains(t, err, "main.c makes a program of 17 MiB, more than the 16 that one may have")
	assert.Equal(t, fault.User, fault.KindOf(err))
}
