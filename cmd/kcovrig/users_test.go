// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/envtest"
)

// beginsIn is what begins a scenario from a small tree, by the cache in dir: it copies
// the tree there, under locks.
func beginsIn(t *testing.T, dir, tree, cache, name string) (code int, errs string) {
	t.Helper()
	patch, err := filepath.Abs("../../docs/examples/tutorial/fix.patch")
	require.NoError(t, err)
	return begins(t, map[string]string{"HOME": dir, "KCOVRIG_CACHE": cache}, patch, tree, filepath.Join(dir, name))
}

func begins(t *testing.T, env map[string]string, patch, tree, into string) (code int, errs string) {
	t.Helper()
	var out, err bytes.Buffer
	code = execute(t.Context(), func(name string) string { return env[name] }, &out, &err, []string{"scenario", "new", "--patch", patch, "--tree", tree, into})
	return code, err.String()
}

// littleTree is a kernel's source as far as scenario new looks.
func littleTree(t *testing.T, dir string) string {
	t.Helper()
	for name, text := range map[string]string{"Makefile": "VERSION = 6\nPATCHLEVEL = 12\n", "Kconfig": "", "Kbuild": "", "arch/Kconfig": "", "kernel/x.c": ""} {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	}
	return dir
}

// A cache on NFS without its lock service cannot be used, which is said with what to do.
func TestACacheWithoutLocks(t *testing.T) {
	if !envtest.WithoutLocks(t) {
		return
	}
	dir := t.TempDir()
	code, errs := beginsIn(t, dir, littleTree(t, filepath.Join(dir, "tree")), filepath.Join(dir, "cache"), "mine")
	assert.Equal(t, exitRig, code, errs)
	assert.Contains(t, errs, "no locks available\n  try: folders on a disk of this machine, or on NFS with its lock service: KCOVRIG_CACHE=DIR")
	assert.NoDirExists(t, filepath.Join(dir, "mine"))

}

// The users that root can become for a test: neither has an account that matters.
const (
	someone  = 65533
	another  = 65534
	asUser   = "KCOVRIG_TEST_AS_USER"
	userArgs = "KCOVRIG_TEST_USER_ARGS"
)

// TestAsUser is what another user runs, in a process of TestTwoUsersOfOneMachine; elsewhere
// it is nothing.
func TestAsUser(t *testing.T) {
	if os.Getenv(asUser) == "" {
		return
	}
	args := strings.Split(os.Getenv(userArgs), "\n")
	code, errs := begins(t, map[string]string{"HOME": "/nonexistent", "KCOVRIG_CACHE": args[0]}, args[1], args[2], args[3])
	_, _ = os.Stderr.WriteString(errs)
	os.Exit(code)
}

// Two users of a machine have a cache each, and share what is for all. In one that is
// another's nothing is done, and whose it is is said.
func TestTwoUsersOfOneMachine(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("root alone can be two users: sudo go test ./cmd/kcovrig -run TestTwoUsers")
	}
	dir, err := os.MkdirTemp("/tmp", "kcovrig-users-")
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, os.RemoveAll(dir)) })
	require.NoError(t, os.Chmod(dir, 0o777|os.ModeSticky))
	tree := littleTree(t, filepath.Join(dir, "tree"))
	patch, self := filepath.Join(dir, "fix.patch"), filepath.Join(dir, "self")
	for to, from := range map[string]string{patch: "../../docs/examples/tutorial/fix.patch", self: "/proc/self/exe"} {
		text, err := os.ReadFile(from)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(to, text, 0o755))
	}
	begin := func(uid uint32, cache, name string) (int, string) {
		return asAnother(t, uid, self, []string{
			"PATH=" + os.Getenv("PATH"), "TMPDIR=" + dir, asUser + "=1", userArgs + "=" + strings.Join([]string{cache, patch, tree, filepath.Join(dir, name)}, "\n"),
		})
	}

	cache := filepath.Join(dir, "cache")
	code, errs := begin(someone, cache, "first")
	require.Equal(t, exitOK, code, errs)
	code, errs = begin(another, filepath.Join(dir, "own"), "second")
	require.Equal(t, exitOK, code, "a cache each: %s", errs)
	code, errs = begin(another, cache, "third")
	assert.Equal(t, exitRig, code)
	assert.Contains(t, errs, "use the cache "+cache+": permission denied; "+cache+" is of user 65533\n  try: another folder, which you may write to: KCOVRIG_CACHE=DIR")

	require.NoError(t, os.Chmod(cache, 0o777))
	code, errs = begin(another, cache, "fourth")
	assert.Equal(t, exitRig, code)
	assert.Contains(t, errs, "permission denied; "+cache+"/")
	assert.Contains(t, errs, " is of user 65533\n  try: another folder, which you may write to: KCOVRIG_CACHE=DIR")
}

// asAnother runs TestAsUser as that user.
func asAnother(t *testing.T, uid uint32, self string, env []string) (code int, errs string) {
	t.Helper()
	read, write, err := os.Pipe()
	require.NoError(t, err)
	p, err := os.StartProcess(self, []string{self, "-test.run=^TestAsUser$"}, &os.ProcAttr{
		Dir: "/", Env: env, Files: []*os.File{nil, nil, write}, Sys: &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: uid}},
	})
	require.NoError(t, err)
	require.NoError(t, write.Close())
	var said bytes.Buffer
	_, err = said.ReadFrom(read)
	require.NoError(t, err)
	state, err := p.Wait()
	require.NoError(t, err)
	return state.ExitCode(), said.String()
}
