// SPDX-License-Identifier: Apache-2.0

package program

import (
	"bufio"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	lineMax = 4 << 10 // what is longer is cut
	tailMax = 1 << 10 // kept of what the program printed last
)

// child is one start of the program, the leader of a session of its own.
type child struct {
	process *os.Process
	in      *os.File         // its standard input
	outs    []*os.File       // its standard output and error
	lines   chan string      // those of the protocol; closed when its output has ended
	mute    chan struct{}    // closed when its standard error has ended
	quit    chan struct{}    // closed when nobody takes lines any more
	ended   chan struct{}    // closed when it has been waited for
	state   *os.ProcessState // set before ended is closed
	tail    tail
	readers sync.WaitGroup
}

// start starts the program at path.
func start(path string, args, env []string) (*child, error) {
	var ours, theirs [3]*os.File
	closeAll := func(files []*os.File) {
		for _, f := range files {
			_ = f.Close() // of a nil file: an error, and no more
		}
	}
	for i := range ours {
		r, w, err := os.Pipe()
		if err != nil {
			closeAll(ours[:])
			closeAll(theirs[:])
			return nil, err
		}
		if ours[i], theirs[i] = r, w; i == 0 {
			ours[i], theirs[i] = w, r
		}
	}
	process, err := os.StartProcess(path, slices.Concat([]string{path}, args), &os.ProcAttr{
		Dir: "/", Env: slices.Concat([]string{}, env), Files: theirs[:], Sys: &syscall.SysProcAttr{Setsid: true},
	})
	closeAll(theirs[:])
	if err != nil {
		closeAll(ours[:])
		return nil, err
	}
	c := &child{
		process: process, in: ours[0], outs: ours[1:],
		lines: make(chan string), mute: make(chan struct{}), quit: make(chan struct{}), ended: make(chan struct{}),
	}
	c.readers.Go(c.hear)
	c.readers.Go(func() {
		defer close(c.mute)
		_, _ = io.Copy(&c.tail, c.outs[1]) // ends with the pipe
	})
	go func() {
		c.state, _ = process.Wait() // nil where it cannot be waited for: then nothing is known of its end
		close(c.ended)
	}()
	return c, nil
}

// verbs begin the lines of the protocol.
var verbs = []string{"ready", "try", "hit", "done"}

// hear hands on the program's lines. A last line that is cut is none.
func (c *child) hear() {
	defer close(c.lines)
	for r := bufio.NewReaderSize(c.outs[0], lineMax); ; {
		read, err := r.ReadSlice('\n')
		line := strings.TrimRight(string(read), "\r\n")
		for errors.Is(err, bufio.ErrBufferFull) {
			_, err = r.ReadSlice('\n')
		}
		if err != nil {
			_, _ = c.tail.Write(read)
			return
		}
		if verb, _, _ := strings.Cut(line, " "); !slices.Contains(verbs, verb) {
			_, _ = c.tail.Write([]byte(line + "\n"))
			continue
		}
		select {
		case c.lines <- line:
		case <-c.quit:
			return
		}
	}
}

// say sends the program a line. One that does not read, or has ended, shows otherwise.
func (c *child) say(line string) {
	_ = c.in.SetWriteDeadline(time.Now().Add(time.Second))
	_, _ = io.WriteString(c.in, line+"\n")
}

// hasEnded says whether the program has been waited for.
func (c *child) hasEnded() bool {
	select {
	case <-c.ended:
		return true
	default:
		return false
	}
}

// kill ends the program and all that it has started, and returns the processes that
// are still there after limit, other than those that were left before.
func (c *child) kill(limit time.Duration, before map[int]bool) (left []int) {
	for looks, began := 1, time.Now(); ; looks++ {
		_ = unix.Kill(-c.process.Pid, unix.SIGKILL) // what has left its group is found below
		left = left[:0]
		if !c.hasEnded() {
			left = append(left, c.process.Pid)
		} else if childless() {
			return nil
		}
		for _, pid := range offspring(c.process.Pid) {
			if before[pid] {
				continue
			}
			// It is left although it may end at once: what it had started is then to
			// be found at the next look.
			left = append(left, pid)
			_ = unix.Kill(pid, unix.SIGKILL)
			_, _ = unix.Wait4(pid, nil, unix.WNOHANG, nil) // another's child cannot be waited for
		}
		if len(left) == 0 || inVain(looks, time.Since(began), limit) {
			return left
		}
		time.Sleep(time.Millisecond)
	}
}

// inVain says whether what is to end has had its time. A machine to which a busy host gives
// little has not had it when the clock says so: the looks that it came to say so too.
func inVain(looks int, since, limit time.Duration) bool {
	const look = 10 * time.Millisecond // most take much less
	return since > limit && time.Duration(looks)*look >= limit
}

// close ends the talk with a program that has ended, or is given up.
func (c *child) close() {
	close(c.quit)
	_ = c.in.Close()
	for _, f := range c.outs {
		_ = f.Close()
	}
	c.readers.Wait()
}

// tail keeps the end of what is written to it.
type tail struct {
	mu   sync.Mutex
	kept []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept = append(t.kept, p[max(0, len(p)-tailMax):]...)
	t.kept = append(t.kept[:0], t.kept[max(0, len(t.kept)-tailMax):]...)
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.TrimSpace(string(t.kept))
}
