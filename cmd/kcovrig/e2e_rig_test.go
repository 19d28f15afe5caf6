// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The E2E tests start the test binary once more as kcovrig itself: a process
// of its own, as a user has it, that signals and the environment reach.
const (
	asKcovrig = "KCOVRIG_TEST_MAIN"
	mark      = "XDG_CONFIG_HOME" // of the variables that all commands are handed, one that nothing here needs
)

func TestMain(m *testing.M) {
	if os.Getenv(asKcovrig) == "1" {
		os.Unsetenv(asKcovrig)
		main()
	}
	os.Exit(m.Run())
}

// e2e skips where real machines are not asked for.
func e2e(t *testing.T) {
	t.Helper()
	if testing.Short() || os.Getenv("KCOVRIG_E2E") != "1" {
		t.Skip("builds and boots kernels: run scripts/test, or KCOVRIG_E2E=1 go test ./cmd/kcovrig")
	}
}

// userCache is the cache of whoever runs the tests: kernels in it are not built again.
func userCache() string { return (&app{getenv: os.Getenv}).cacheDir() }

// invocation is kcovrig about to be started, or running.
type invocation struct {
	t    *testing.T
	args []string
	env  []string // beside what the test has; later wins
	mark string
	tmp  string   // its TMPDIR
	path string   // another kcovrig than this one; empty: this
	by   []string // the command that starts it, in its own place; empty: none
	dir  string   // where it runs; empty: here
	out  bytes.Buffer
	log  watched
	cmd  *exec.Cmd
	tty  *os.File // its terminal; nil: pipes
	done chan struct{}
	code int
}

var marks atomic.Int64

// kcovrig prepares a command in the user's cache; env is "NAME=value".
func kcovrig(t *testing.T, env []string, args ...string) *invocation {
	t.Helper()
	e2e(t)
	c := &invocation{t: t, args: args, tmp: t.TempDir(), done: make(chan struct{})}
	c.mark = fmt.Sprintf("/nonexistent/kcovrig-test-%d-%d", os.Getpid(), marks.Add(1))
	private := filepath.Join(userCache(), "qemu", "bin")
	c.env = append([]string{asKcovrig + "=1", mark + "=" + c.mark, "TMPDIR=" + c.tmp, "XDG_DATA_HOME=" + t.TempDir(), "PATH=" + private + ":" + os.Getenv("PATH")}, env...)
	return c
}

func (c *invocation) start() *invocation {
	c.t.Helper()
	self, err := os.Executable()
	require.NoError(c.t, err)
	if c.path != "" {
		self = c.path
	}
	argv := append(append(slices.Clone(c.by), self), c.args...)
	c.cmd = exec.Command(argv[0], argv[1:]...)
	c.cmd.Dir, c.cmd.Env = c.dir, append(os.Environ(), c.env...)
	c.cmd.Stdout, c.cmd.Stderr = &c.out, &c.log
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // as a shell starts it
	if c.tty != nil {
		c.cmd.Stdin, c.cmd.Stdout, c.cmd.Stderr = c.tty, c.tty, c.tty
		c.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	}
	require.NoError(c.t, c.cmd.Start())
	go func() {
		defer close(c.done)
		_ = c.cmd.Wait()
		c.code = c.cmd.ProcessState.ExitCode()
	}()
	c.t.Cleanup(func() {
		c.signal(syscall.SIGKILL)
		<-c.done
		if c.t.Failed() {
			c.t.Logf("kcovrig %s: %d\n%s", strings.Join(c.args, " "), c.code, c.log.String())
		}
	})
	return c
}

// signal is what a terminal does: it goes to the foreground process group.
func (c *invocation) signal(s syscall.Signal) {
	select {
	case <-c.done: // the number may be another's by now
	default:
		_ = syscall.Kill(-c.cmd.Process.Pid, s)
	}
}

// wait lets the command end by itself and returns its exit code.
func (c *invocation) wait() int {
	c.t.Helper()
	select {
	case <-c.done:
	case <-time.After(20 * time.Minute):
		require.FailNow(c.t, "kcovrig does not end")
	}
	return c.code
}

// run starts it, waits, and wants the exit code, and nothing left behind.
func (c *invocation) run(code int) *invocation {
	c.t.Helper()
	c.start()
	require.Equal(c.t, code, c.wait(), "exit code")
	c.leavesNothing()
	return c
}

// object is the one JSON object on standard output.
func (c *invocation) object() map[string]any {
	c.t.Helper()
	var doc map[string]any
	dec := json.NewDecoder(bytes.NewReader(c.out.Bytes()))
	require.NoError(c.t, dec.Decode(&doc))
	require.False(c.t, dec.More(), "more than one object on standard output")
	return doc
}

// says wants all words in what is told to the user.
func (c *invocation) says(words ...string) *invocation {
	c.t.Helper()
	for _, word := range words {
		require.Contains(c.t, c.log.String(), word)
	}
	return c
}

// processes lists what the command started and still runs, itself too.
func (c *invocation) processes() map[int]string {
	found := map[int]string{}
	all, _ := filepath.Glob("/proc/[0-9]*")
	for _, dir := range all {
		env, err := os.ReadFile(filepath.Join(dir, "environ"))
		if err != nil || !bytes.Contains(append([]byte{0}, env...), []byte("\x00"+mark+"="+c.mark+"\x00")) {
			continue
		}
		argv, _ := os.ReadFile(filepath.Join(dir, "cmdline"))
		if len(argv) == 0 {
			continue // a zombie: it has ended
		}
		var pid int
		_, _ = fmt.Sscan(filepath.Base(dir), &pid)
		found[pid] = strings.ReplaceAll(string(argv), "\x00", " ")
	}
	return found
}

// until waits for a process whose command line holds all words.
func (c *invocation) until(words ...string) int {
	c.t.Helper()
	for {
		for pid, argv := range c.processes() {
			if pid != c.cmd.Process.Pid && containsAll(argv, words) {
				return pid
			}
		}
		select {
		case <-c.done:
			require.FailNow(c.t, "it ended before a process showed", "%v", words)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// untilSays waits for words in the messages, which -v makes complete.
func (c *invocation) untilSays(words string) {
	c.t.Helper()
	for !strings.Contains(c.log.String(), words) {
		select {
		case <-c.done:
			require.FailNow(c.t, "it ended before it said", "%q", words)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func containsAll(s string, words []string) bool {
	for _, w := range words {
		if !strings.Contains(s, w) {
			return false
		}
	}
	return true
}

// leavesNothing wants all processes gone, and no temporary file.
func (c *invocation) leavesNothing() {
	c.t.Helper()
	c.leavesNoProcess()
	left, err := os.ReadDir(c.tmp)
	require.NoError(c.t, err)
	require.Empty(c.t, left, "temporary files")
}

func (c *invocation) leavesNoProcess() {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	for len(c.processes()) > 0 {
		select {
		case <-ctx.Done():
			require.Empty(c.t, c.processes(), "processes left behind")
		case <-time.After(20 * time.Millisecond):
		}
	}
}
