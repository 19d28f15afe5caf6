// SPDX-License-Identifier: Apache-2.0

package host

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// UsableBy tells what a process could use of the time. While one of its threads wants a
// processor, that is what the thread that ran most ran: on a busy host little of what the
// clock says. While none does, as all of them sleep, it is all of the time; so it is where
// the system does not tell.
func UsableBy(pid int) Usable {
	return usableIn(filepath.Join("/proc", strconv.Itoa(pid), "task"))
}

// usableIn reads a folder of threads as proc(5) describes it.
func usableIn(folder string) Usable {
	before := map[string]time.Duration{}
	return func(passed time.Duration) time.Duration {
		threads, _ := os.ReadDir(folder)
		now, most, wants := map[string]time.Duration{}, time.Duration(0), false
		for _, t := range threads {
			ran, state, ok := readThread(filepath.Join(folder, t.Name(), "stat"))
			if !ok {
				continue // it has ended
			}
			now[t.Name()] = ran
			most = max(most, ran-before[t.Name()])
			wants = wants || state == 'R' || state == 'D' // it runs, may run, or waits for a disk
		}
		if before = now; !wants {
			return passed
		}
		return min(most, passed)
	}
}

// clockTick is the unit of times in proc(5), the same on all that kcovrig runs on.
const clockTick = time.Second / 100

// readThread tells how long a thread has run, and its state. Its name, in parentheses, may
// hold anything.
func readThread(path string) (ran time.Duration, state byte, ok bool) {
	text, err := os.ReadFile(path)
	fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
	const user, system = 11, 12 // of those after the name
	if err != nil || len(fields) <= system {
		return 0, 0, false
	}
	for _, f := range fields[user : system+1] {
		ticks, err := strconv.ParseInt(string(f), 10, 64)
		if err != nil {
			return 0, 0, false
		}
		ran += time.Duration(ticks) * clockTick
	}
	return ran, fields[0][0], true
}
