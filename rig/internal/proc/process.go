// SPDX-License-Identifier: Apache-2.0

package proc

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"

	"kcovrig/rig/fault"
)

// errTail is how many lines of output an error carries.
const errTail = 20

// sameSignal is how long a signal that ended a command may take to reach the rig, too.
const sameSignal = time.Second

// ErrClosed is what Wait's error wraps where Close ended a command that was
// not cancelled.
var ErrClosed = errors.New("closed before it ended")

// Process is a started command. It ends by itself, with its context, or by
// Close; one of Wait and Close must be called.
type Process struct {
	command Command
	ctx     context.Context
	cmd     *exec.Cmd
	watcher *watcher
	out     *output
	started time.Time
	stop    chan struct{} // closed by Close
	once    sync.Once
	done    chan struct{} // closed when everything has ended
	result  Result
	err     error
}

// Start starts command and returns at once. A missing program or folder is a
// fault of the rig. Whoever starts must call Wait or Close.
func Start(ctx context.Context, command Command) (*Process, error) {
	if err := ctx.Err(); err != nil {
		return nil, fault.Wrap(fault.Unknown, command.op(), err)
	}
	argv, pass := command.Argv(), command.Pass
	if command.Sandbox != nil {
		pass = nil
	}
	path, err := LookPath(argv[0])
	if err != nil {
		return nil, fault.Wrap(fault.Rig, command.op(), err)
	}
	p := &Process{
		command: command, ctx: ctx, cmd: exec.Command(path, argv[1:]...),
		stop: make(chan struct{}), done: make(chan struct{}),
	}
	p.cmd.Args[0] = argv[0]
	p.cmd.Dir = command.Dir
	p.cmd.Env = environment(os.Environ(), pass, command.Env)
	p.cmd.Stdin = command.Stdin
	if say, ok := ctx.Value(onStartKey{}).(func([]string)); ok {
		say(argv)
	}
	if err := p.spawn(); err != nil {
		return nil, &fault.Error{Kind: fault.Rig, Op: command.op(), Err: err, Log: command.Log}
	}
	go p.supervise()
	return p, nil
}

func (p *Process) spawn() (err error) {
	if p.command.Dir != "" {
		// Otherwise a missing folder would read like a missing program.
		if _, err := os.Stat(p.command.Dir); err != nil {
			return fmt.Errorf("working folder: %w", err)
		}
	}
	if p.out, err = openOutput(p.command.Log, p.command.Line); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			p.out.close()
		}
	}()
	stdout, err := p.stdoutPipe()
	if err != nil {
		return err
	}
	defer stdout.Close()
	stderr, err := p.out.pipe(false)
	if err != nil {
		return err
	}
	defer stderr.Close()
	p.cmd.Stdout, p.cmd.Stderr = stdout, stderr
	if p.watcher, err = startWatcher(); err != nil {
		return err
	}
	p.started = time.Now()
	if err := startFromSpawner(p.cmd, p.watcher); err != nil {
		p.watcher.end()
		return err
	}
	return nil
}

func (p *Process) stdoutPipe() (*os.File, error) {
	if p.command.Stdout != nil {
		return p.out.pipeTo(p.command.Stdout)
	}
	return p.out.pipe(true)
}

// supervise sees the command through to its end and fills result and err.
func (p *Process) supervise() {
	defer close(p.done)
	exited := make(chan error, 1)
	go func() { exited <- p.cmd.Wait() }()
	var stopped error
	var waitErr error
	select {
	case waitErr = <-exited:
		stopped = p.passedBy()
	case <-p.ctx.Done():
		stopped = p.ctx.Err()
		waitErr = p.terminate(exited)
	case <-p.stop:
		stopped = ErrClosed
		if err := p.ctx.Err(); err != nil {
			stopped = err // Close came with the cancellation, which is the reason
		}
		waitErr = p.terminate(exited)
	}
	p.watcher.end()
	p.out.close()
	p.finish(waitErr, stopped)
}

// passedBy is the cancellation that follows a signal, where the command died of one that
// the rig gets too: a terminal's, which reaches a command before it has joined its own
// group, or a service manager's, which goes to all processes.
func (p *Process) passedBy() error {
	status, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus)
	if !ok || !status.Signaled() {
		return nil
	}
	switch status.Signal() {
	case syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT:
	default:
		return nil
	}
	timer := time.NewTimer(sameSignal)
	defer timer.Stop()
	select {
	case <-p.ctx.Done():
		return p.ctx.Err()
	case <-timer.C:
		return nil
	}
}

// terminate asks the group to end, then makes it.
func (p *Process) terminate(exited <-chan error) error {
	if p.command.Grace > 0 {
		p.watcher.signal(syscall.SIGTERM)
		timer := time.NewTimer(p.command.Grace)
		defer timer.Stop()
		select {
		case err := <-exited:
			return err
		case <-timer.C:
		}
	}
	p.watcher.signal(syscall.SIGKILL)
	return <-exited
}

func (p *Process) finish(waitErr, stopped error) {
	state := p.cmd.ProcessState
	p.result = Result{
		Stdout: p.out.stdout.Bytes(), Tail: p.out.lines(0), Wall: time.Since(p.started),
		CPU: state.UserTime() + state.SystemTime(), ExitCode: state.ExitCode(),
	}
	fail := &fault.Error{Kind: fault.Rig, Op: p.command.op(), Log: p.command.Log, Tail: p.out.lines(errTail)}
	var exit error
	if !state.Success() {
		failed := &ExitError{Argv: p.command.Argv(), Code: state.ExitCode(), Status: state.String()}
		if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
			failed.Signal = status.Signal()
		}
		exit = failed
	}
	switch {
	case stopped != nil && exit != nil:
		fail.Kind, fail.Err = fault.Unknown, fmt.Errorf("stopped: %w", stopped)
	case p.out.logErr != nil:
		fail.Err = fmt.Errorf("keep the output: %w", p.out.logErr)
		if exit != nil {
			fail.Err = fmt.Errorf("keep the output: %w (%w)", p.out.logErr, exit)
		}
		fail.Try = "free some space or choose another folder"
	case exit != nil:
		fail.Kind, fail.Err = p.command.Kind, exit
	case p.out.overflow:
		fail.Err = fmt.Errorf("more than %d bytes on standard output: %s", MaxStdout, Quote(p.command.Argv()))
	case waitErr != nil:
		fail.Err = waitErr
	default:
		return
	}
	p.err = fail
}

// Wait returns when the command and its whole group have ended: nil where it
// exited with 0, else a fault.Error with the log and its last lines.
func (p *Process) Wait() error {
	<-p.done
	return p.err
}

// Done is closed when the command and its whole group have ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Close ends the command where it still runs, waits for it, and may be called
// any number of times. It returns an error only where the output was not kept.
func (p *Process) Close() error {
	p.once.Do(func() { close(p.stop) })
	<-p.done
	if p.out.logErr != nil {
		return fault.Wrap(fault.Rig, p.command.op(), fmt.Errorf("keep the output: %w", p.out.logErr))
	}
	return nil
}

// Result is what the command left; it waits for the end.
func (p *Process) Result() Result {
	<-p.done
	return p.result
}

// PID is the program's own process.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Started is when the program was started.
func (p *Process) Started() time.Time { return p.started }

// Tail returns the last n lines of stdout and stderr so far; n <= 0 means all that is kept.
func (p *Process) Tail(n int) string { return p.out.lines(n) }
