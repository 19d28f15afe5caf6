// SPDX-License-Identifier: Apache-2.0

package program

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"
)

// process is what /proc/PID/stat says (proc_pid_stat(5)).
type process struct {
	pid, parent, session int
	state                byte
	cpu                  uint64 // ticks in user and kernel mode, of all threads
}

// parseStat reads the text of a stat file, and says whether it is one.
func parseStat(stat []byte) (p process, ok bool) {
	// The second field, the name, may hold blanks; the third follows its last parenthesis.
	open, end := bytes.IndexByte(stat, ' '), bytes.LastIndexByte(stat, ')')
	if open < 0 || end < 0 {
		return p, false
	}
	fields := bytes.Fields(stat[end+1:])
	const first, parent, session, user, system = 3, 4, 6, 14, 15
	if len(fields) <= system-first {
		return p, false
	}
	for field, into := range map[int]*int{parent: &p.parent, session: &p.session} {
		if *into, ok = number(fields[field-first]); !ok {
			return p, false
		}
	}
	p.state = fields[0][0]
	for _, field := range []int{user, system} {
		ticks, err := strconv.ParseUint(string(fields[field-first]), 10, 64)
		if err != nil {
			return p, false
		}
		p.cpu += ticks
	}
	p.pid, ok = number(stat[:open])
	return p, ok
}

func number(text []byte) (int, bool) {
	n, err := strconv.Atoi(string(text))
	return n, err == nil
}

// stats reads the stat files that pattern names. What ends meanwhile is left out.
func stats(pattern string) (ps []process) {
	paths, _ := filepath.Glob(pattern) // the pattern is a good one
	for _, path := range paths {
		stat, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		if p, ok := parseStat(stat); ok {
			ps = append(ps, p)
		}
	}
	return ps
}

const processes = "/proc/[1-9]*/stat"

// offspring are the processes that this one has inherited and has to wait for, out of
// other sessions than its own, and those that are still in the session led by leader.
// The leader itself is not among them.
func offspring(leader int) (pids []int) {
	own, err := unix.Getsid(0)
	if err != nil {
		return nil
	}
	for _, p := range stats(processes) {
		if p.pid != leader && (p.session == leader || p.parent == os.Getpid() && p.session != own) {
			pids = append(pids, p.pid)
		}
	}
	return pids
}

// childless says whether this process has no child, dead or alive. It spares the look
// at all processes.
func childless() bool {
	return unix.Waitid(unix.P_ALL, 0, nil, unix.WEXITED|unix.WNOHANG|unix.WNOWAIT, nil) == unix.ECHILD
}

// busy looks at a session: whether one of its threads runs or wants to, and the CPU
// time that its processes have had, in ticks.
func busy(leader int) (runs bool, cpu uint64) {
	for _, p := range stats(processes) {
		if p.session != leader {
			continue
		}
		cpu += p.cpu
		for _, t := range stats("/proc/" + strconv.Itoa(p.pid) + "/task/[1-9]*/stat") {
			runs = runs || t.state == 'R'
		}
	}
	return runs, cpu
}
