// SPDX-License-Identifier: Apache-2.0

package proc

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"kcovrig/rig/fault"
)

// tree is a command with a child and a grandchild that all ignore SIGTERM or
// not; each writes its pid to a file before the last line appears.
func tree(dir, trap string) Command {
	return sh(fmt.Sprintf(`%[2]s
sh -c '%[2]s
sleep 1000 & echo $! >%[1]s/grandchild; echo $$ >%[1]s/child; wait; sleep 1000' &
while ! [ -s %[1]s/child ]; do sleep 0.01; done
echo $$ >%[1]s/self; echo ready; wait; sleep 1000`, dir, trap))
}

func pids(t *testing.T, dir string) []int {
	t.Helper()
	var out []int
	for _, name := range []string{"self", "child", "grandchild"} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		pid, convErr := strconv.Atoi(strings.TrimSpace(string(text)))
		if err != nil || convErr != nil {
			t.Fatal(err, convErr)
		}
		out = append(out, pid)
	}
	return out
}

// running says whether pid is alive; a zombie is not (who reaps it is not ours).
func running(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	return rest != "" && rest[0] != 'Z' && rest[0] != 'X'
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("never came: " + what)
		}
	}
}

func noneLeft(t *testing.T, pids []int) {
	t.Helper()
	for _, pid := range pids {
		eventually(t, fmt.Sprintf("end of %d", pid), func() bool { return !running(pid) })
	}
}

func exists(path string) func() bool {
	return func() bool { info, err := os.Stat(path); return err == nil && info.Size() > 0 }
}

func TestCancelKillsTheGroup(t *testing.T) {
	for name, c := range map[string]struct {
		trap  string
		grace time.Duration
	}{
		"at once":          {"", 0},
		"obeys SIGTERM":    {"", time.Minute},
		"ignores SIGTERM":  {`trap "" TERM`, 50 * time.Millisecond},
		"ignores, at once": {`trap "" TERM`, 0},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			cmd := tree(dir, c.trap)
			cmd.Grace = c.grace
			p, err := Start(ctx, cmd)
			if err != nil {
				t.Fatal(err)
			}
			eventually(t, "the tree", exists(filepath.Join(dir, "self")))
			cancel()
			err = p.Wait()
			if !errors.Is(err, context.Canceled) || fault.KindOf(err) != fault.Unknown {
				t.Errorf("%v (%v)", err, fault.KindOf(err))
			}
			noneLeft(t, append(pids(t, dir), p.watcher.group()))
		})
	}
}

func TestCloseKillsTheGroupAndMayBeRepeated(t *testing.T) {
	dir := t.TempDir()
	p, err := Start(t.Context(), tree(dir, ""))
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the tree", exists(filepath.Join(dir, "self")))
	if got := pids(t, dir)[0]; got != p.PID() {
		t.Errorf("PID() %d, the program's own %d", p.PID(), got)
	}
	for range 2 {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := p.Wait(); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
	noneLeft(t, append(pids(t, dir), p.watcher.group()))
}

func TestACancellationIsTheReasonWhoeverCloses(t *testing.T) {
	for range 20 { // which of the two is looked at first is left to chance
		ctx, cancel := context.WithCancel(t.Context())
		p, err := Start(ctx, sh("sleep 1000"))
		if err != nil {
			t.Fatal(err)
		}
		cancel()
		if err := p.Close(); err != nil {
			t.Error(err)
		}
		if err := p.Wait(); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
}

func TestASignalForAllIsACancellation(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	p, err := Start(ctx, sh("kill -INT $$"))
	if err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(100*time.Millisecond, cancel)
	if err := p.Wait(); !errors.Is(err, context.Canceled) || fault.KindOf(err) != fault.Unknown {
		t.Errorf("%v (%v)", err, fault.KindOf(err))
	}
	var exit *ExitError
	if _, err := Run(t.Context(), sh("kill -INT $$")); !errors.As(err, &exit) || exit.Signal != syscall.SIGINT {
		t.Errorf("a signal for the command alone: %v", err)
	}
}

func TestEndOfTheProgramEndsItsGroup(t *testing.T) {
	res, err := Run(t.Context(), sh("sleep 1000 & echo $!"))
	pid, convErr := strconv.Atoi(strings.TrimSpace(string(res.Stdout)))
	if err != nil || convErr != nil {
		t.Fatal(err, convErr)
	}
	noneLeft(t, []int{pid})
}

func TestNoChildIsLeft(t *testing.T) {
	for range 3 {
		if _, err := Run(t.Context(), sh("exit 1")); err == nil {
			t.Fatal("no error")
		}
	}
	var status syscall.WaitStatus
	if pid, err := syscall.Wait4(-1, &status, syscall.WNOHANG, nil); err != syscall.ECHILD {
		t.Errorf("a child is left: %d, %v", pid, err)
	}
}

// helperDir names the folder in which a re-executed test binary builds a tree.
const helperDir = "PROC_TEST_TREE_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(helperDir); dir != "" {
		p, err := Start(context.Background(), tree(dir, `trap "" TERM HUP`))
		if err != nil {
			panic(err)
		}
		_ = os.WriteFile(filepath.Join(dir, "watcher"), fmt.Append(nil, p.watcher.group()), 0o600)
		_ = p.Wait()
		return
	}
	os.Exit(m.Run())
}

func TestNothingSurvivesTheRigsSIGKILL(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	rig, err := Start(t.Context(), Command{Path: self, Env: []string{helperDir + "=" + dir}})
	if err != nil {
		t.Fatal(err)
	}
	defer rig.Close()
	eventually(t, "the tree", exists(filepath.Join(dir, "self")))
	eventually(t, "the watcher", exists(filepath.Join(dir, "watcher")))
	all := pids(t, dir)
	text, _ := os.ReadFile(filepath.Join(dir, "watcher"))
	watcher, err := strconv.Atoi(string(text))
	if err != nil {
		t.Fatal(err)
	}
	for _, pid := range append(all, watcher) {
		if !running(pid) {
			t.Fatalf("%d does not run before the kill", pid)
		}
	}
	if err := syscall.Kill(rig.PID(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	noneLeft(t, append(all, watcher))
}
