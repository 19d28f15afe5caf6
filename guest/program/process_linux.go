// SPDX-License-Identifier: Apache-2.0

package program

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"
)

// process is what a stat file below /proc says of a process or a thread of one
// (proc_pid_stat(5)).
type process struct {
	pid, parent, session int
	name                 string
	state                byte
	kernel               bool   // a thread of the kernel's own
	cpu                  uint64 // ticks in user and kernel mode; of a process, of all its threads
}

// ofKernel is PF_KTHREAD of include/linux/sched.h.
const ofKernel = 0x00200000

// parseStat reads the text of a stat file, and says whether it is one.
func parseStat(stat []byte) (p process, ok bool) {
	// The second field, the name, may hold blanks; the third follows its last parenthesis.
	open, end := bytes.IndexByte(stat, ' '), bytes.LastIndexByte(stat, ')')
	if open < 0 || end < open+2 || stat[open+1] != '(' {
		return p, false
	}
	fields := bytes.Fields(stat[end+1:])
	const first, parent, session, flags, user, system = 3, 4, 6, 9, 14, 15
	if len(fields) <= system-first {
		return p, false
	}
	for field, into := range map[int]*int{parent: &p.parent, session: &p.session} {
		if *into, ok = number(fields[field-first]); !ok {
			return p, false
		}
	}
	p.state, p.name = fields[0][0], string(stat[open+2:end])
	var numbers [3]uint64
	for i, field := range []int{flags, user, system} {
		var err error
		if numbers[i], err = strconv.ParseUint(string(fields[field-first]), 10, 64); err != nil {
			return p, false
		}
	}
	p.kernel, p.cpu = numbers[0]&ofKernel != 0, numbers[1]+numbers[2]
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

// descendants are the processes that this one has started, and those that they have.
func descendants() map[int]bool {
	parents := map[int]int{}
	for _, p := range stats(processes) {
		parents[p.pid] = p.parent
	}
	below, self := map[int]bool{}, os.Getpid()
	for pid := range parents {
		// A process that ended meanwhile breaks a chain; no chain is longer than their number.
		for at, n := parents[pid], 0; at != 0 && n < len(parents); at, n = parents[at], n+1 {
			if at == self {
				below[pid] = true
				break
			}
		}
	}
	return below
}

// childless says whether this process has no child, dead or alive. It spares the look
// at all processes.
func childless() bool {
	return unix.Waitid(unix.P_ALL, 0, nil, unix.WEXITED|unix.WNOHANG|unix.WNOWAIT, nil) == unix.ECHILD
}
