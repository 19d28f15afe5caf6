// SPDX-License-Identifier: Apache-2.0

package proc

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"kcovrig/rig/disk"
)

// MaxStdout bounds Result.Stdout; a command that writes more fails.
const MaxStdout = 64 << 20

// tailBytes is how much of the output is kept in memory for Tail.
const tailBytes = 32 << 10

// drainTime bounds the wait for output after the whole group was killed: only
// a process that left the group can still hold the pipe then.
const drainTime = 2 * time.Second

// output keeps what a command writes. A log that cannot be written does not
// block the command: the first failure is kept and the rest discarded.
type output struct {
	mu       sync.Mutex
	log      *disk.Log // nil: none
	logErr   error
	stdout   bytes.Buffer
	overflow bool
	tail     []byte
	line     func(string) // nil: nobody listens

	readers []*os.File
	copies  sync.WaitGroup
}

func openOutput(log string, line func(string)) (*output, error) {
	if log == "" {
		return &output{line: line}, nil
	}
	l, err := disk.NewLog(log)
	if err != nil {
		return nil, fmt.Errorf("create log: %w", err)
	}
	return &output{log: l, line: line}, nil
}

// pipe returns the write end for the command; what is written there is kept.
func (o *output) pipe(isStdout bool) (*os.File, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("make an output pipe: %w", err)
	}
	o.readers = append(o.readers, r)
	o.copies.Go(func() {
		defer r.Close()
		_, _ = io.Copy(&sink{output: o, stdout: isStdout}, r) // a read error here is the deadline set by close
	})
	return w, nil
}

// pipeTo returns the write end for the command; what is written there goes to
// w, at w's pace, and is not kept.
func (o *output) pipeTo(w io.Writer) (*os.File, error) {
	r, end, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("make an output pipe: %w", err)
	}
	o.copies.Go(func() {
		defer r.Close()
		if _, err := io.Copy(w, r); err != nil {
			_, _ = io.Copy(io.Discard, r)
		}
	})
	return end, nil
}

// sink is one stream's way into the output.
type sink struct {
	*output
	stdout bool
	begun  []byte // a line of this stream that has not ended yet
}

// Write keeps data and never fails, so that the pipe is always drained.
func (s *sink) Write(data []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stdout {
		if s.output.stdout.Len()+len(data) > MaxStdout {
			s.overflow = true
		} else if !s.overflow {
			s.output.stdout.Write(data)
		}
	}
	s.tail = append(s.tail, data...)
	if len(s.tail) > 2*tailBytes {
		s.tail = append(s.tail[:0], s.tail[len(s.tail)-tailBytes:]...)
	}
	if s.log != nil && s.logErr == nil {
		_, s.logErr = s.log.Write(data)
	}
	if s.line != nil {
		s.tell(data)
	}
	return len(data), nil
}

// tell passes whole lines on; one that is too long is cut.
func (s *sink) tell(data []byte) {
	s.begun = append(s.begun, data...)
	for {
		line, rest, ended := bytes.Cut(s.begun, []byte("\n"))
		if !ended && len(s.begun) < tailBytes {
			return
		}
		s.line(string(line))
		s.begun = append(s.begun[:0], rest...)
	}
}

// close waits for the last output and closes the log.
func (o *output) close() {
	for _, r := range o.readers {
		_ = r.SetReadDeadline(time.Now().Add(drainTime))
	}
	o.copies.Wait()
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.log == nil {
		return
	}
	if err := o.log.Close(); o.logErr == nil {
		o.logErr = err
	}
}

// lines returns the last n lines; n <= 0 means all that is kept.
func (o *output) lines(n int) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return LastLines(string(o.tail[max(0, len(o.tail)-tailBytes):]), n)
}

// LastLines returns the last n lines of text, without a final newline; n <= 0 means all.
func LastLines(text string, n int) string {
	text = strings.TrimRight(text, "\n")
	if n <= 0 {
		return text
	}
	start := len(text)
	for ; n > 0 && start >= 0; n-- {
		start = strings.LastIndexByte(text[:start], '\n')
	}
	return text[start+1:]
}
