// SPDX-License-Identifier: Apache-2.0

package disk

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// within is set for the test program that runs in a user namespace of its own.
const within = "DISK_TEST_NAMESPACE"

// notPermitted is its exit code where it may not mount either.
const notPermitted = 75

// A warm cache of a container image lies in overlayfs's lower layer. Whoever may
// not mount one may do so in a user namespace, where the kernel allows these.
func TestMoveAndRemoveInALowerLayer(t *testing.T) {
	base := t.TempDir()
	lower, merged := filepath.Join(base, "lower"), filepath.Join(base, "merged")
	fill(t, filepath.Join(lower, "cache", "a"))
	then := fill(t, filepath.Join(lower, "cache", "b"))
	for _, dir := range []string{"upper", "work", "merged"} {
		require.NoError(t, os.Mkdir(filepath.Join(base, dir), 0o755))
	}
	options := fmt.Sprintf("lowerdir=%s,upperdir=%s/upper,workdir=%s/work,redirect_dir=off", lower, base, base)
	inside := os.Getenv(within) != ""
	if inside {
		options += ",userxattr"
	}
	err := unix.Mount("overlay", merged, "overlay", 0, options)
	switch {
	case err != nil && inside:
		os.Exit(notPermitted)
	case err != nil:
		again(t, err)
		return
	}
	defer func() { require.NoError(t, unix.Unmount(merged, 0)) }()
	cache := filepath.Join(merged, "cache")
	require.ErrorIs(t, os.Rename(filepath.Join(cache, "a"), filepath.Join(cache, "x")), unix.EXDEV, "what this test is about")
	moveAndRemove(t, cache, then)
}

// again runs this one test in a user namespace.
func again(t *testing.T, refused error) {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	p, err := os.StartProcess(self, []string{self, "-test.run=^" + t.Name() + "$", "-test.v"}, &os.ProcAttr{
		Env: append(os.Environ(), within+"=1"), Files: []*os.File{nil, os.Stdout, os.Stderr},
		Sys: &syscall.SysProcAttr{
			Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
			UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}},
			GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}},
		},
	})
	var state *os.ProcessState
	if err == nil {
		state, err = p.Wait()
	}
	if err != nil || state.ExitCode() == notPermitted {
		t.Skipf("nothing can be mounted here (%v), nor in a user namespace: sudo go test ./rig/disk -run %s", refused, t.Name())
	}
	require.True(t, state.Success(), "in a user namespace: %v", state)
}
