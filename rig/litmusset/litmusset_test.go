// SPDX-License-Identifier: Apache-2.0

package litmusset

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/envtest"
	"kcovrig/rig/fault"
	"kcovrig/rig/goldentest"
	"kcovrig/rig/litmus"
	"kcovrig/rig/litmus/litmustest"
	"kcovrig/rig/litmusfile"
)

// fakeCross makes three tests of its own of each cross, and one that all have.
const fakeCross = `#!/bin/sh
case $1 in -version) cat "${0%/*}/version"; exit ;; esac
echo called >>"$0.calls"
name=$(printf '%s' "$*" | cksum | cut -d' ' -f1)
for test in $name-1 same $name-2 $name-3; do
	printf 'AArch64 %s\n' $test >$test.litmus
	echo $test.litmus >>@all
done
`

// fakeHerd allows each test one state, save where a file beside it names the test.
const fakeHerd = `#!/bin/sh
case $1 in -version) echo 1; exit ;; esac
echo called >>"$0.calls"
for file; do
	case $file in *.litmus) ;; *) continue ;; esac
	name=${file%.litmus}
	grep -qx -- "$name" "$0.silent" 2>/dev/null && { echo "Warning: $name is odd" >&2; continue; }
	printf 'Test %s Allowed\nStates 1\n0:X0=1;\nObservation %s Always 1 0\n\n' $name $name
done
`

func toolbox(t *testing.T) (cache, bin string) {
	t.Helper()
	cache = t.TempDir()
	bin = filepath.Join(cache, "herd", "bin")
	require.NoError(t, os.MkdirAll(bin, 0o755))
	for name, text := range map[string]string{"diycross7": fakeCross, "herd7": fakeHerd, "version": "1\n"} {
		require.NoError(t, os.WriteFile(filepath.Join(bin, name), []byte(text), 0o755))
	}
	return cache, bin
}

func calls(t *testing.T, program string) int {
	t.Helper()
	text, err := os.ReadFile(program + ".calls")
	if err != nil {
		return 0
	}
	return strings.Count(string(text), "\n")
}

func two(cache string) Config {
	return Config{CacheDir: cache, Families: []string{"atomic-readers", "atomic-writers"}, Limit: time.Minute}
}

func TestATestIsOfTheFirstFamilyThatHasIt(t *testing.T) {
	cache, _ := toolbox(t)
	made, err := Make(t.Context(), two(cache))
	require.NoError(t, err)
	require.Len(t, made, 2)
	assert.Equal(t, "atomic-writers", made[0].Name, "in the families' order, whatever was asked for")
	assert.Len(t, made[0].Tests, 4)
	assert.Equal(t, "same", made[0].Tests[1].Name)
	assert.Len(t, made[1].Tests, 6, "of two crosses")
	for _, f := range made {
		for _, one := range f.Tests {
			assert.Equal(t, []litmus.State{"0:X0=1;"}, f.Allowed[one.Name].States, one.Name)
		}
	}
	c := two(cache)
	c.Families = c.Families[:1]
	alone, err := Make(t.Context(), c)
	require.NoError(t, err)
	assert.Equal(t, made[1:], alone, "a family is the same whatever else is made")
}

func TestWhatWasMadeIsKept(t *testing.T) {
	cache, bin := toolbox(t)
	made, err := Make(t.Context(), two(cache))
	require.NoError(t, err)
	crossed, asked := calls(t, filepath.Join(bin, "diycross7")), calls(t, filepath.Join(bin, "herd7"))
	again, err := Make(t.Context(), two(cache))
	require.NoError(t, err)
	assert.Equal(t, made, again)
	assert.Equal(t, crossed, calls(t, filepath.Join(bin, "diycross7")))
	assert.Equal(t, asked, calls(t, filepath.Join(bin, "herd7")))
	require.NoError(t, os.WriteFile(filepath.Join(bin, "version"), []byte("2\n"), 0o644))
	_, err = Make(t.Context(), two(cache))
	require.NoError(t, err)
	assert.Equal(t, 2*crossed, calls(t, filepath.Join(bin, "diycross7")), "another version may make others")
	assert.Equal(t, 2*asked, calls(t, filepath.Join(bin, "herd7")))
}

func TestASampleIsOneOfSoManyOfEachFamily(t *testing.T) {
	cache, _ := toolbox(t)
	whole, err := Make(t.Context(), two(cache))
	require.NoError(t, err)
	var turns []Test
	for turn := range 3 {
		c := two(cache)
		c.Every, c.Turn = 3, turn
		sample, err := Make(t.Context(), c)
		require.NoError(t, err)
		turns = append(turns, sample[1].Tests...)
	}
	assert.ElementsMatch(t, whole[1].Tests, turns)
}

func TestATestWithoutAnAnswerIsAnError(t *testing.T) {
	cache, bin := toolbox(t)
	require.NoError(t, os.WriteFile(filepath.Join(bin, "herd7.silent"), []byte("same\n"), 0o644))
	_, err := Make(t.Context(), two(cache))
	assert.ErrorContains(t, err, "the family atomic-writers")
	assert.ErrorContains(t, err, "about same")
	assert.ErrorContains(t, err, "same is odd")
	assert.Equal(t, fault.Rig, fault.KindOf(err))
}

func TestWriteIsWhatLitmusRunReads(t *testing.T) {
	cache, _ := toolbox(t)
	made, err := Make(t.Context(), two(cache))
	require.NoError(t, err)
	dir := filepath.Join(t.TempDir(), "made")
	require.NoError(t, Write(dir, made))
	for _, path := range []string{dir, filepath.Join(dir, ListFile)} {
		files := litmusfile.New()
		require.NoError(t, files.Find(path))
		assert.Len(t, files.Found, 10)
		assert.Empty(t, files.Lost)
	}
	log, err := os.Open(filepath.Join(dir, LogFile))
	require.NoError(t, err)
	defer log.Close()
	answers, err := litmus.ParseHerdLog(log)
	require.NoError(t, err)
	assert.Len(t, answers, 10)
	assert.ErrorContains(t, Write(dir, made), "not empty")
}

func TestValidate(t *testing.T) {
	good := Config{CacheDir: "x", Limit: time.Second}
	require.NoError(t, good.Validate())
	for name, change := range map[string]func(*Config){
		"no cache": func(c *Config) { c.CacheDir = "" }, "another family": func(c *Config) { c.Families = []string{"sonatas"} },
		"every": func(c *Config) { c.Every = -1 }, "turn": func(c *Config) { c.Turn = -1 }, "jobs": func(c *Config) { c.Jobs = -1 },
		"no limit": func(c *Config) { c.Limit = 0 },
	} {
		c := good
		change(&c)
		assert.Error(t, c.Validate(), name)
	}
}

func TestTheDocumentationListsTheFamilies(t *testing.T) {
	text, err := os.ReadFile("../../docs/litmus.md")
	require.NoError(t, err)
	var rows strings.Builder
	for _, f := range Families() {
		fmt.Fprintf(&rows, "| %s | %s |\n", f.Name, f.About)
	}
	assert.Contains(t, string(text), rows.String())
}

// The whole set, as diycross7 makes it: the harness can run every test. What another version makes otherwise is seen in the golden file.
func TestTheWholeSetE2E(t *testing.T) {
	m := maker{Config: Config{CacheDir: envtest.Real(t, "makes litmus tests with herdtools7")}}
	var err error
	m.versions, err = versions(t.Context(), m.CacheDir)
	require.NoError(t, err)
	var table strings.Builder
	total, names := 0, map[string]bool{}
	for _, f := range Families() {
		tests, err := m.cross(t.Context(), f)
		require.NoError(t, err)
		n := 0
		for _, one := range tests {
			test, err := litmustest.Parse(one.Text)
			if assert.NoError(t, err, "%s: %s", f.Name, one.Text) {
				assert.Equal(t, one.Name, test.Name)
			}
			if !names[one.Name] {
				names[one.Name] = true
				n++
			}
		}
		fmt.Fprintf(&table, "%-16s %4d\n", f.Name, n)
		total += n
	}
	fmt.Fprintf(&table, "%-16s %4d\n", "all", total)
	assert.GreaterOrEqual(t, total, 1000)
	goldentest.Check(t, "families.golden", table.String())
}
