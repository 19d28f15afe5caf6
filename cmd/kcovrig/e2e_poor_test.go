// SPDX-License-Identifier: Apache-2.0

package main

import (
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// A machine that has little, or whose time comes in pieces, makes a comparison slow, and so
// may leave it without a verdict; a wrong one, a fault or an orphan it does not leave.
func TestE2EAPoorMachine(t *testing.T) {
	const withoutShm = `mount -t tmpfs -o ro,size=4k none /dev/shm && exec "$@"`
	for name, c := range map[string]struct {
		by     []string
		during func(*invocation)
	}{
		"64 file descriptors": {by: []string{"prlimit", "--nofile=64:64"}},
		"one CPU":             {by: []string{"taskset", "-c", "0"}},
		"no /dev/shm":         {by: []string{"unshare", "--mount", "sh", "-ec", withoutShm, "sh"}},
		"stopped for 30 s":    {during: stoppedForAWhile},
		"a fifth of the time": {during: throttled},
	} {
		t.Run(name, func(t *testing.T) {
			if c.during != nil {
				t.Parallel() // most of it is sleep
			}
			cmd := kcovrig(t, nil, "compare", "--arch=arm64", "--mode=pc", "--duration=4s", "--json", "-v")
			cmd.by = c.by
			cmd.start()
			if c.during != nil {
				cmd.untilSays("stale (unpatched)")
				c.during(cmd)
			}
			code := cmd.wait()
			cmd.leavesNothing()
			r := cmd.result()
			assert.Nil(t, r.Error)
			assert.Equal(t, map[int]string{exitOK: "fixed", exitInconclusive: "inconclusive"}[code], r.Verdict, "exit code %d", code)
			for _, a := range r.Arms {
				assert.Equal(t, "ok", a.Outcome)
				assert.NotZero(t, a.Windows)
			}
		})
	}
}

// stoppedForAWhile stops kcovrig, and not its machines.
func stoppedForAWhile(c *invocation) {
	c.signal(syscall.SIGSTOP)
	time.Sleep(30 * time.Second)
	c.signal(syscall.SIGCONT)
}

// throttled lets kcovrig and all that it started run for 20 of each 100 ms, as a quota of a
// fifth of a CPU does, and no CPU more.
func throttled(c *invocation) {
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); {
		family := c.processes()
		for range 10 {
			signalAll(family, syscall.SIGSTOP)
			time.Sleep(80 * time.Millisecond)
			signalAll(family, syscall.SIGCONT)
			time.Sleep(20 * time.Millisecond)
		}
	}
}

func signalAll(family map[int]string, s syscall.Signal) {
	for pid := range family {
		_ = syscall.Kill(pid, s)
	}
}
