// SPDX-License-Identifier: Apache-2.0

package proc

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
)

// watcher leads a command's process group and kills it when the rig is gone.
// It blocks reading a pipe whose only write end the rig holds, close-on-exec:
// the rig's death, however it comes, closes it. Pdeathsig alone would not do,
// since it spares the command's own children. It is a child of the rig and not
// of the command, so that it is reaped here and the command's wait(2) never
// meets it; until it is reaped its pid, the group's number, is not given again.
type watcher struct {
	cmd  *exec.Cmd
	hold *os.File
}

// SIGTERM goes to the whole group on cancellation; the watcher must outlive it.
const watcherScript = `trap "" TERM INT HUP; read -r _; kill -9 0`

func startWatcher() (*watcher, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("make the watcher's pipe: %w", err)
	}
	defer r.Close()
	cmd := exec.Command("/bin/sh", "-c", watcherScript)
	cmd.Stdin, cmd.Env = r, environment(os.Environ(), nil, nil)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		w.Close()
		return nil, fmt.Errorf("start the watcher: %w", err)
	}
	return &watcher{cmd: cmd, hold: w}, nil
}

func (w *watcher) group() int { return w.cmd.Process.Pid }

// signal sends sig to the whole group. Not to be called after end.
func (w *watcher) signal(sig syscall.Signal) { _ = syscall.Kill(-w.group(), sig) }

// end kills what is left of the group, the watcher with it, and reaps the watcher.
func (w *watcher) end() {
	w.signal(syscall.SIGKILL)
	_ = w.cmd.Wait()
	_ = w.hold.Close()
}

// spawner is a thread that never exits: Pdeathsig fires when the thread that
// forked exits, not when the process does (prctl(2), PR_SET_PDEATHSIG).
var spawner = sync.OnceValue(func() chan<- func() {
	work := make(chan func())
	go func() {
		runtime.LockOSThread()
		for f := range work {
			f()
		}
	}()
	return work
})

// startFromSpawner starts cmd in w's group. Pdeathsig covers the moment before
// it has joined the group.
func startFromSpawner(cmd *exec.Cmd, w *watcher) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pgid: w.group(), Pdeathsig: syscall.SIGKILL}
	done := make(chan error)
	spawner() <- func() { done <- cmd.Start() }
	return <-done
}
