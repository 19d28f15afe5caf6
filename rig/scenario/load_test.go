// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"kcovrig/rig/fault"
	"kcovrig/rig/trial"
)

// withRing adds to the guest's own workloads one that only these tests have.
func withRing(t *testing.T) {
	t.Helper()
	real := builtins
	t.Cleanup(func() { builtins = real })
	builtins = func() []string { return append(slices.Clone(real()), "ring") }
}

// write makes a folder with a scenario and its patch.
func write(t *testing.T, change ...string) string {
	t.Helper()
	withRing(t)
	dir := t.TempDir()
	text, err := os.ReadFile("testdata/accept/least.yaml")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, FileName), []byte(strings.NewReplacer(change...).Replace(string(text))), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "fix.patch"), []byte("a patch\n"), 0o644))
	return dir
}

func TestTheScenariosThatComeWithItLoad(t *testing.T) {
	for _, name := range Names() {
		s, err := Load(name)
		require.NoError(t, err, name)
		assert.True(t, s.Shipped, name)
		assert.Len(t, s.Hash, 64, name)
	}
}

func texts(t *testing.T, f fs.FS) map[string]string {
	t.Helper()
	names, err := fs.Glob(f, "*")
	require.NoError(t, err)
	out := map[string]string{}
	for _, name := range names {
		text, err := fs.ReadFile(f, name)
		require.NoError(t, err)
		out[name] = string(text)
	}
	return out
}

func TestAScenarioIsAFolderOrAFile(t *testing.T) {
	dir := write(t)
	a, err := Load(dir)
	require.NoError(t, err)
	assert.Equal(t, "ring", a.Name)
	assert.False(t, a.Shipped)
	assert.Equal(t, map[string]string{"fix.patch": "a patch\n"}, texts(t, a.Patches[0]))
	require.NoError(t, os.Rename(filepath.Join(dir, FileName), filepath.Join(dir, "mine.yaml")))
	b, err := Load(filepath.Join(dir, "mine.yaml"))
	require.NoError(t, err)
	assert.Equal(t, a.Hash, b.Hash, "the hash is not of the file's name")
	t.Chdir(dir)
	c, err := Load("mine.yaml")
	require.NoError(t, err)
	assert.Equal(t, a.Hash, c.Hash)
}

func TestTheHashIsOfAllThatIsNamedAndOfNothingElse(t *testing.T) {
	dir := write(t)
	before, err := Load(dir)
	require.NoError(t, err)
	elsewhere, err := Load(write(t))
	require.NoError(t, err)
	assert.Equal(t, before.Hash, elsewhere.Hash)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "notes.txt"), nil, 0o644))
	same, err := Load(dir)
	require.NoError(t, err)
	assert.Equal(t, before.Hash, same.Hash)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "fix.patch"), []byte("another\n"), 0o644))
	after, err := Load(dir)
	require.NoError(t, err)
	assert.NotEqual(t, before.Hash, after.Hash)
}

func TestAFolderCannotNameWhatLiesOutside(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "secret.patch")
	require.NoError(t, os.WriteFile(secret, []byte("secret"), 0o644))
	dir := write(t)
	fix := filepath.Join(dir, "fix.patch")
	require.NoError(t, os.Remove(fix))
	require.NoError(t, os.Symlink(secret, fix))
	_, err := Load(dir)
	assert.ErrorContains(t, err, "fix.patch")
	assert.Equal(t, fault.User, fault.KindOf(err))
}

func TestWhatIsNoFileIsRefusedAndNotWaitedFor(t *testing.T) {
	dir := write(t)
	fix := filepath.Join(dir, "fix.patch")
	require.NoError(t, os.Remove(fix))
	require.NoError(t, unix.Mkfifo(fix, 0o600))
	_, err := Load(dir)
	assert.ErrorContains(t, err, "fix.patch is no regular file")
}

func TestAFileThatIsTooLargeIsRefused(t *testing.T) {
	dir := write(t)
	require.NoError(t, os.Truncate(filepath.Join(dir, "fix.patch"), maxFile+1))
	_, err := Load(dir)
	assert.ErrorContains(t, err, "larger than 1048576 bytes")
}

func TestPatchesOfOneFixKeepTheirOrder(t *testing.T) {
	dir := write(t, "[fix.patch]", "[{patches: [z.patch, sub/a.patch]}]")
	require.NoError(t, os.Mkdir(filepath.Join(dir, "sub"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "z.patch"), []byte("1"), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "sub/a.patch"), []byte("2"), 0o644))
	s, err := Load(dir)
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"00-z.patch": "1", "01-a.patch": "2"}, texts(t, s.Patches[0]))
}

func TestAFixMayBeReversedAndForSomeKernels(t *testing.T) {
	dir := write(t, "[fix.patch]", "[{patches: [fix.patch], reverse: true, kernels: \">=6.10\"}, fix.patch]", "order:", "kernels: \"<7\"\norder:")
	s, err := Load(dir)
	require.NoError(t, err)
	require.Len(t, s.Patches, 2)
	assert.True(t, s.Patches[0].Reverse)
	assert.Equal(t, ">=6.10", s.Patches[0].Kernels.String())
	assert.False(t, s.Patches[1].Reverse)
	assert.True(t, s.Patches[1].Kernels.Holds("5.10"))
	assert.False(t, s.Kernels.Holds("7.0"))
}

func TestWhatIsNotFoundIsNamed(t *testing.T) {
	_, err := Load(Default + "x")
	assert.ErrorContains(t, err, `unknown scenario "`+Default+`x"`)
	assert.ErrorContains(t, err, `did you mean "`+Default+`"?`)
	assert.Equal(t, fault.User, fault.KindOf(err))
	dir := write(t, "fix.patch", "gone.patch")
	_, err = Load(dir)
	assert.ErrorContains(t, err, "gone.patch")
	_, err = Load(t.TempDir())
	assert.ErrorContains(t, err, FileName)
}

func TestAScenarioTravelsAndIsTheSame(t *testing.T) {
	shippedOne, err := Load(Default)
	require.NoError(t, err)
	mine, err := Load(write(t))
	require.NoError(t, err)
	for _, s := range []Scenario{shippedOne, mine} {
		packed, err := s.Pack()
		require.NoError(t, err)
		got, err := Unpack(packed, s.Hash)
		require.NoError(t, err)
		assert.Equal(t, s.Hash, got.Hash)
		assert.Equal(t, s.Fragments, got.Fragments)
		assert.Equal(t, s.Shipped, got.Shipped)
		_, err = Unpack(packed, strings.Repeat("0", 64))
		assert.ErrorContains(t, err, "refused: its hash is")
	}
	_, err = Unpack([]byte("no archive"), mine.Hash)
	assert.Error(t, err)
}

func TestAScenarioSaysWhereItRuns(t *testing.T) {
	s, err := Load(write(t, "workload:", "machine: {arch: [arm64]}\nworkload:"))
	require.NoError(t, err)
	assert.NoError(t, s.Applies("arm64"))
	assert.NotNil(t, trial.Inapplicable(s.Applies("x86_64")))
	assert.ErrorContains(t, s.Applies("x86_64"), "scenario ring is not for x86_64")
	assert.NoError(t, s.HasModes([]string{"once"}))
	assert.ErrorContains(t, s.HasModes([]string{"pc"}), `unknown mode "pc"`)
}

// All that cannot be read is told, each where the scenario names it, in words that are
// not the system's.
func TestAllThatIsMissingIsToldWithItsPlace(t *testing.T) {
	dir := write(t, "fix: [fix.patch]", "fix: [fix.patch, fixx.patch, {patches: [fix.patch, other.patch]}, patch, empty, notes.txt, out.patch, sub.patch]\nconfig: {file: none.config}\nlitmus: none")
	for _, name := range []string{"empty", "sub.patch/deep"} {
		require.NoError(t, os.MkdirAll(filepath.Join(dir, name), 0o755))
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "notes.txt"), nil, 0o644))
	require.NoError(t, os.Symlink("/etc/passwd", filepath.Join(dir, "out.patch")))
	_, err := Load(dir)
	assert.Equal(t, fault.User, fault.KindOf(err))
	at := filepath.Join(dir, FileName)
	assert.EqualError(t, err, "read what "+at+" names: "+strings.Join([]string{
		at + ":5:18: fix[1]: there is no file fixx.patch in the scenario's folder; did you mean fix.patch?",
		at + ":5:52: fix[2].patches[1]: there is no file other.patch in the scenario's folder",
		at + ":5:67: fix[3]: there is no file or folder patch in the scenario's folder",
		at + ":5:74: fix[4]: empty holds no file *.patch",
		at + ":5:81: fix[5]: notes.txt is no file whose name ends in .patch",
		at + ":5:92: fix[6]: out.patch leads out of the scenario's folder",
		at + ":5:103: fix[7]: sub.patch holds no file *.patch",
		at + ":6:16: config.file: there is no file none.config in the scenario's folder",
		at + ":7:9: litmus: there is no folder none in the scenario's folder",
	}, "\n"))
}

func TestWhatAProgramHasNotIsToldAtItsEntry(t *testing.T) {
	dir := folder(t, "kcovrig: scenario/1\nname: own\ntitle: t\nfix: [fix.patch]\nworkload:\n  source: sub/rign.c\n  files: [fix.patch, none.txt, sub]\n", "fix.patch", "sub/ring.c")
	_, err := Load(dir)
	at := filepath.Join(dir, FileName)
	assert.EqualError(t, err, "read what "+at+" names: "+strings.Join([]string{
		at + ":6:11: workload.source: there is no file sub/rign.c in the scenario's folder; did you mean sub/ring.c?",
		at + ":7:22: workload.files[1]: there is no file none.txt in the scenario's folder",
		at + ":7:32: workload.files[2]: sub is a folder, not a file",
	}, "\n"))
}

func TestAFolderWithoutTheFileSaysSo(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "scenario.yml"), nil, 0o644))
	_, err := Load(dir)
	assert.EqualError(t, err, "read the scenario "+filepath.Join(dir, FileName)+": there is no file scenario.yaml in the scenario's folder; did you mean scenario.yml?")
	assert.Equal(t, fault.User, fault.KindOf(err))
}

// The line of a configuration's file that is none is named.
func TestALineOfAConfigurationThatIsNoneIsNamed(t *testing.T) {
	for text, want := range map[string]string{
		"CONFIG_A=y\n\nNET=y\n":      "line 3 of it: did you mean CONFIG_NET=y?",
		"CONFIG_A=y\r\n":             "line 1 of it ends in a carriage return",
		"# a\nCONFIG_B is not set\n": "line 2 of it: did you mean # CONFIG_B is not set?",
		"CONFIG_A=\"\u202ey\"\n":     "line 1 of it is none",
		"CONFIG_A=Yes\n":             "line 1 of it: did you mean CONFIG_A=y?",
		"CONFIG_A=perhaps\n":         "line 1 of it is none",
		"select B\n":                 "line 1 of it is none",
	} {
		dir := write(t, "workload:", "config: {file: c.config}\nworkload:")
		require.NoError(t, os.WriteFile(filepath.Join(dir, "c.config"), []byte(text), 0o644))
		_, err := Load(dir)
		assert.ErrorContains(t, err, FileName+":7:16: config.file: c.config: want lines such as CONFIG_NET=y or # CONFIG_INET is not set; "+want)
	}
}

func TestAConfigurationSetsEachSymbolOnce(t *testing.T) {
	const twice = "CONFIG_A=y\n# CONFIG_B=y\nCONFIG_B=\"b\"\n# CONFIG_A is not set\n"
	dir := write(t, "workload:", "config: {file: c.config}\nworkload:")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "c.config"), []byte(twice), 0o644))
	_, err := Load(dir)
	assert.ErrorContains(t, err, FileName+":7:16: config.file: c.config: line 4 of it sets CONFIG_A, as line 1 does")
	_, err = parse("f", []byte(ofSource+"config: |\n  "+strings.ReplaceAll(twice, "\n", "\n  ")+"\n"))
	assert.ErrorContains(t, err, "f:6:9: config: line 4 of it sets CONFIG_A, as line 1 does")
}
