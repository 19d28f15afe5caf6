// SPDX-License-Identifier: Apache-2.0

package program

import (
	"bytes"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// world is what a silence is judged by: the machine that this process runs on, or a
// test's idea of one.
type world interface {
	// look takes down the threads of the program, which are those of all that this
	// process has started but those that are stuck, and the kernel's own.
	look(stuck map[int]bool) look
	// pulse lets each CPU beat from now on. beats is how often the slowest has.
	pulse(every time.Duration) (beats func() uint64, end func(), err error)
}

// look is the threads of one moment, by their number.
type look map[int]thread

// thread is one of them.
type thread struct {
	process
	switches uint64   // how often it gave up a CPU, or lost one
	places   []string // functions of the kernel that it is in, the innermost first; none: not known
}

// asleep says whether it waits for something.
func (t thread) asleep() bool { return t.state == 'S' || t.state == 'D' }

// machine is the one that this process runs on.
type machine struct{}

func (machine) look(stuck map[int]bool) look {
	seen, ours := look{}, descendants()
	for _, p := range stats(processes) {
		if stuck[p.pid] || !p.kernel && !ours[p.pid] {
			continue
		}
		dir := "/proc/" + strconv.Itoa(p.pid) + "/task/"
		for _, t := range stats(dir + "[1-9]*/stat") {
			own := dir + strconv.Itoa(t.pid) + "/"
			one := thread{process: t, switches: switches(own)}
			if !t.kernel && one.asleep() {
				one.places = places(own)
			}
			seen[t.pid] = one
		}
	}
	return seen
}

// switches is how often a thread gave up a CPU or lost one (proc_pid_status(5)).
func switches(dir string) (n uint64) {
	status, _ := os.ReadFile(dir + "status") // of one that has ended: nothing
	for line := range bytes.Lines(status) {
		name, value, _ := bytes.Cut(line, []byte(":"))
		if bytes.HasSuffix(name, []byte("voluntary_ctxt_switches")) {
			more, _ := strconv.ParseUint(string(bytes.TrimSpace(value)), 10, 64)
			n += more
		}
	}
	return n
}

// placesMax is more functions than a sleeping thread is in.
const placesMax = 64

// places are the functions of the kernel that a sleeping thread is in, the innermost
// first: all of them where the kernel has CONFIG_STACKTRACE, or else one that is none of
// the scheduler's, for which CONFIG_KALLSYMS will do.
func places(dir string) (names []string) {
	stack, _ := os.ReadFile(dir + "stack")
	for line := range strings.Lines(string(stack)) { // [<0>] pipe_read+0x1c/0x2bc
		if symbol := symbolIn(line); symbol != "" && len(names) < placesMax {
			name, _, _ := strings.Cut(symbol, "+")
			names = append(names, name)
		}
	}
	if names != nil {
		return names
	}
	wchan, _ := os.ReadFile(dir + "wchan")
	if name := strings.TrimSpace(string(wchan)); name != "" && name != "0" {
		return []string{name}
	}
	return nil
}

// pulse keeps a thread on each CPU that sleeps and wakes up again. A beat takes that CPU:
// its timer, an interrupt and the scheduler. A vCPU without a host core has none.
func (machine) pulse(every time.Duration) (beats func() uint64, end func(), err error) {
	var all unix.CPUSet
	if err := unix.SchedGetaffinity(0, &all); err != nil {
		return nil, nil, err
	}
	var group sync.WaitGroup
	var over atomic.Bool
	counts := []*atomic.Uint64{}
	pinned := make(chan error, all.Count())
	for cpu, left := 0, all.Count(); left > 0; cpu++ {
		if !all.IsSet(cpu) {
			continue
		}
		left--
		count := &atomic.Uint64{}
		counts = append(counts, count)
		group.Go(func() { beat(cpu, every, count, &over, pinned) })
	}
	end = func() { over.Store(true); group.Wait() }
	for range counts {
		if failed := <-pinned; failed != nil {
			err = failed
		}
	}
	if err != nil {
		end()
		return nil, nil, err
	}
	return func() uint64 {
		var all []uint64
		for _, c := range counts {
			all = append(all, c.Load())
		}
		return slices.Min(all)
	}, end, nil
}

// beat counts on one CPU. Its thread ends with it, since it belongs to that CPU.
func beat(cpu int, every time.Duration, count *atomic.Uint64, over *atomic.Bool, pinned chan<- error) {
	runtime.LockOSThread()
	var one unix.CPUSet
	one.Set(cpu)
	err := unix.SchedSetaffinity(0, &one)
	pinned <- err
	pause := unix.NsecToTimespec(int64(every))
	for err == nil && !over.Load() {
		_ = unix.Nanosleep(&pause, nil) // cut short by a signal: a beat all the same
		count.Add(1)
	}
}
