// SPDX-License-Identifier: Apache-2.0

// Package litmus runs litmus tests, programs that litmus7 made, one after the
// other, and reads the histogram that each prints. It owns their processes and
// time limits; what a final state means is left to the host.
package litmus

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"syscall"
	"time"

	"kcovrig/guest/wire"
)

const (
	// outputMax bounds what is kept of a program's output, in bytes.
	outputMax = 1 << 20
	tailMax   = 2 << 10
	// statesMax bounds a result's line on the wire: see wire.MaxLine.
	statesMax = 512
)

// Run runs the jobs in order and hands on what each came to, whatever that is.
// It ends early when ctx does or send fails.
func Run(ctx context.Context, jobs []wire.LitmusJob, send func(wire.LitmusResult) error) error {
	for _, job := range jobs {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := send(run(ctx, job)); err != nil {
			return fmt.Errorf("send the result of %s: %w", job.Name, err)
		}
	}
	return nil
}

// wider is what a bus error mostly is: litmus7 gives a location whose type a test does not
// say the four bytes of an int, and an ordered access of eight there may be unaligned.
func wider(exit *exec.ExitError) string {
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signal() == syscall.SIGBUS {
		return ": does a location hold more than an int, which it is where the test does not say its type? say int64_t x; in its first lines"
	}
	return ""
}

func run(ctx context.Context, job wire.LitmusJob) wire.LitmusResult {
	limit := time.Duration(job.LimitNS)
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	// -n 1: one instance of the test at a time, whatever number it was built for.
	cmd := exec.CommandContext(ctx, job.Path, "-n", "1", "-s", strconv.Itoa(job.Size), "-r", strconv.Itoa(job.Runs))
	out := &output{}
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second // a child of its own that keeps the pipe
	start := time.Now()
	err := cmd.Run()
	r := wire.LitmusResult{Name: job.Name, ElapsedNS: time.Since(start).Nanoseconds(), States: map[string]uint64{}}
	var exit *exec.ExitError
	switch {
	case cmd.Process == nil:
		r.End, r.Message = wire.LitmusUnstarted, err.Error()
	case ctx.Err() != nil:
		r.End, r.Message = wire.LitmusHung, fmt.Sprintf("no end within %v", limit)
	case errors.As(err, &exit):
		r.End, r.Message = wire.LitmusCrashed, exit.Error()+wider(exit)
	case err != nil:
		r.End, r.Message = wire.LitmusCrashed, err.Error()
	default:
		r.End = wire.LitmusOK
		seen, err := Histogram(out.kept.Bytes(), job.Name)
		if err == nil && len(seen.States) > statesMax {
			err = fmt.Errorf("%d final states, at most %d can be told", len(seen.States), statesMax)
		}
		if err != nil {
			r.End, r.Message = wire.LitmusGarbled, err.Error()
		} else {
			r.States, r.Fulfilled = seen.States, seen.Fulfilled
		}
	}
	if r.End != wire.LitmusOK {
		r.Tail = out.tail()
	}
	return r
}

// output keeps a program's output as far as it is of use.
type output struct{ kept bytes.Buffer }

// Write never fails: a program that prints too much is found by its histogram.
func (o *output) Write(p []byte) (int, error) {
	o.kept.Write(p[:min(len(p), max(0, outputMax-o.kept.Len()))])
	return len(p), nil
}

func (o *output) tail() string {
	b := o.kept.Bytes()
	return string(bytes.ToValidUTF8(b[max(0, len(b)-tailMax):], []byte("?")))
}
