// SPDX-License-Identifier: Apache-2.0

package proc

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/fault"
	"kcovrig/rig/goldentest"
)

// works skips t where nothing can be run in a sandbox.
func works(t *testing.T) {
	t.Helper()
	if err := CheckSandbox(t.Context()); err != nil {
		t.Skipf("%v; scripts/setup packages test installs bubblewrap, and then: %s", err, fault.TryOf(err))
	}
}

func TestWhatASandboxIsMadeOf(t *testing.T) {
	box := &Sandbox{Read: []string{"/cache/trees/1"}}
	argv := Command{Path: "make", Args: []string{"-C", "/cache/trees/1/src"}, Dir: "/cache/out", Sandbox: box.Writing("/cache/out")}.Argv()
	goldentest.Check(t, "sandbox.golden", strings.Join(argv, "\n")+"\n")
	assert.Empty(t, box.Write, "others have it as it was")
	assert.Nil(t, (*Sandbox)(nil).Writing("/cache"))
}

// reaches tries what a hostile program would, and prints what it could do.
const reaches = `
exec 2>/dev/null
cat "$1/secret"
touch "$1/written" && echo wrote
touch /usr/written /written && echo wrote to the system
(exec 3<>"/dev/tcp/127.0.0.1/$2") && echo network
kill -0 "$3" && echo processes
(: </dev/tty) && echo terminal
[ -e /dev/tty ] && echo terminals
[ "$HOME" = /tmp ] || echo home
[ -n "$NO_PROXY" ] && echo variables
echo >"$4/mine" && echo "its own"
exit 0
`

func TestASandboxKeepsFromTheRest(t *testing.T) {
	works(t)
	home, own := t.TempDir(), t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("NO_PROXY", "x")
	require.NoError(t, os.WriteFile(filepath.Join(home, "secret"), []byte("secret\n"), 0o600))
	server, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer server.Close()
	_, port, err := net.SplitHostPort(server.Addr().String())
	require.NoError(t, err)
	c := Command{Path: "bash", Args: []string{"-c", reaches, "sh", home, port, fmt.Sprint(os.Getpid()), own}, Pass: []string{"NO_PROXY"}, Sandbox: (&Sandbox{}).Writing(own)}
	res, err := Run(t.Context(), c)
	require.NoError(t, err)
	assert.Equal(t, "its own\n", string(res.Stdout))
	assert.NoFileExists(t, filepath.Join(home, "written"))
	assert.FileExists(t, filepath.Join(own, "mine"))

	c.Args[1] = strings.ReplaceAll(reaches, "touch /usr/written /written && ", "") // as it is, the machine's own
	c.Sandbox = nil
	res, err = Run(t.Context(), c)
	require.NoError(t, err)
	for _, line := range []string{"secret", "wrote", "network", "processes", "home", "variables", "its own"} {
		assert.Contains(t, strings.Split(string(res.Stdout), "\n"), line, "the attempt is none")
	}
}

// What is asked to end may tidy up, as make does; and nothing outlives it, not even
// what has left its process group.
func TestASandboxEndsWithAllThatIsInIt(t *testing.T) {
	works(t)
	for _, grace := range []time.Duration{0, time.Minute} {
		t.Run(grace.String(), func(t *testing.T) {
			own := t.TempDir()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			p, err := Start(ctx, Command{Path: "bash", Grace: grace, Dir: own, Sandbox: (&Sandbox{}).Writing(own), Args: []string{"-c", `
trap 'echo >tidied; exit 1' TERM
(trap "" TERM; exec setsid bash -c 'while sleep 0.01; do echo >>alive; done') &
while ! [ -s alive ]; do sleep 0.01; done
echo >ready
wait`}})
			require.NoError(t, err)
			eventually(t, "the command", exists(filepath.Join(own, "ready")))
			cancel()
			require.ErrorIs(t, p.Wait(), context.Canceled)
			if tidied := filepath.Join(own, "tidied"); grace > 0 {
				assert.FileExists(t, tidied)
			} else {
				assert.NoFileExists(t, tidied)
			}
			before, err := os.Stat(filepath.Join(own, "alive"))
			require.NoError(t, err)
			time.Sleep(100 * time.Millisecond)
			after, err := os.Stat(filepath.Join(own, "alive"))
			require.NoError(t, err)
			assert.Equal(t, before.Size(), after.Size(), "the one that left the group")
		})
	}
}

func TestWithoutBubblewrapTheUserIsToldWhatToInstall(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	err := CheckSandbox(t.Context())
	assert.Equal(t, fault.User, fault.KindOf(err))
	assert.Equal(t, "apt-get install bubblewrap", fault.TryOf(err))
}

func TestWhatForbidsNamespaces(t *testing.T) {
	for file, want := range map[string]string{
		"user/max_user_namespaces=0":                     "sysctl user.max_user_namespaces=10000, as root",
		"kernel/unprivileged_userns_clone=0":             "sysctl kernel.unprivileged_userns_clone=1, as root",
		"kernel/apparmor_restrict_unprivileged_userns=1": "sysctl kernel.apparmor_restrict_unprivileged_userns=0, as root",
		"kernel/unprivileged_userns_clone=1":             "in a container, one that may make namespaces and mount: docker run --privileged",
	} {
		name, value, _ := strings.Cut(file, "=")
		assert.Equal(t, want, allowed(func(path string) ([]byte, error) {
			if path == "/proc/sys/"+name {
				return []byte(value + "\n"), nil
			}
			return nil, os.ErrNotExist
		}))
	}
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "bwrap"), []byte("#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2; exit 1\n"), 0o755))
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	err := CheckSandbox(t.Context())
	assert.Equal(t, fault.User, fault.KindOf(err))
	failed := (*fault.Error)(nil)
	require.ErrorAs(t, err, &failed)
	assert.Contains(t, failed.Tail, "No permissions")
	assert.NotEmpty(t, failed.Try)
}

// Which compiler made a kernel is asked outside: it has to be the one inside.
func TestProgramsThatASandboxDoesNotShow(t *testing.T) {
	require.NoError(t, CheckShown("sh"))
	dir := t.TempDir()
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	require.NoError(t, os.Symlink("/bin/sh", filepath.Join(dir, "linked")))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "own"), []byte("#!/bin/sh\n"), 0o755))
	for _, name := range []string{"linked", "own"} {
		err := CheckShown(name)
		assert.Equal(t, fault.User, fault.KindOf(err))
		assert.ErrorContains(t, err, "shows no "+name)
	}
	assert.Equal(t, fault.Rig, fault.KindOf(CheckShown("no-such-program")))
}
