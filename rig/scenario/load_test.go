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

func TestAConfigurationFileThatIsNoneIsRefused(t *testing.T) {
	dir := write(t, "workload:", "config: {file: c.config}\nworkload:")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "c.config"), []byte("NET=y\n"), 0o644))
	_, err := Load(dir)
	assert.ErrorContains(t, err, "c.config: want lines such as CONFIG_NET=y")
}

func TestWhatIsNotFoundIsNamed(t *testing.T) {
	_, err := Load("tsl")
	assert.ErrorContains(t, err, `unknown scenario "tsl"`)
	assert.ErrorContains(t, err, `did you mean "tls"?`)
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

// All files that are missing are told, each where the scenario names it.
func TestAllThatIsMissingIsToldWithItsPlace(t *testing.T) {
	dir := write(t, "fix: [fix.patch]", "fix: [fix.patch, none.patch, {patches: [other.patch]}]\nconfig: {file: none.config}\nlitmus: none")
	_, err := Load(dir)
	require.Error(t, err)
	assert.Equal(t, fault.User, fault.KindOf(err))
	for _, want := range []string{"5:18: fix[1]: ", "5:30: fix[2]: ", "6:9: config: ", "7:9: litmus: "} {
		assert.ErrorContains(t, err, filepath.Join(dir, FileName)+":"+want)
	}
}

func TestWhatAProgramHasNotIsToldAtItsEntry(t *testing.T) {
	_, err := Load(folder(t, "kcovrig: scenario/1\nname: own\ntitle: t\nfix: [fix.patch]\nworkload:\n  source: none.c\n  files: [fix.patch, none.txt]\n", "fix.patch"))
	assert.ErrorContains(t, err, ":6:11: workload.source: ")
	assert.ErrorContains(t, err, ":7:22: workload.files[1]: ")
}
