// SPDX-License-Identifier: Apache-2.0

// Package proc runs other programs. It owns their lifetime (each has a process
// group of its own, which ends with the command, on cancellation, and when the
// rig dies, were it by SIGKILL), their environment, which is built and not inherited, their kept output, and the errors that say
// what failed and where its log is. It leaves what to run to its callers, and
// is the only importer of os/exec.
//
// A descendant that leaves the process group (setsid) is out of its reach.
package proc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"kcovrig/rig/fault"
)

// Command is one program to run.
type Command struct {
	Path string   // a file, or a name that is looked up in PATH
	Args []string // without the program's own name
	Dir  string   // working folder; empty: the rig's
	Env  []string // KEY=value, added to the environment that every command gets
	Pass []string // names of further variables that are handed on where the rig has them; none into a Sandbox, which lacks what they name
	// Sandbox is what it may reach; nil: whatever the user may.
	Sandbox *Sandbox
	// Stdin must end by itself unless it is an *os.File: the end of the command cannot interrupt a Read.
	Stdin io.Reader
	// Stdout, where set, gets the standard output instead of Result, Tail and
	// Log. A write that fails ends the copying, not the command.
	Stdout io.Writer
	// Line, where set, is told each line of standard output and standard error as
	// it comes, by one goroutine at a time; it must not block.
	Line func(line string)
	// Log is the file that keeps stdout and stderr, a disk.Log, made anew.
	// Empty: their last lines are kept in memory only.
	Log   string
	Kind  fault.Kind    // whose fault a failing exit is
	Op    string        // the operation, for errors; empty: the program's name
	Grace time.Duration // between SIGTERM and SIGKILL on cancellation; 0: SIGKILL at once
}

// Argv is the program that is started, followed by its arguments.
func (c Command) Argv() []string {
	if c.Sandbox != nil {
		return c.Sandbox.argv(c)
	}
	return append([]string{c.Path}, c.Args...)
}

func (c Command) op() string {
	if c.Op != "" {
		return c.Op
	}
	return "run " + c.Path
}

type onStartKey struct{}

// OnStart returns a context whose commands' argument vectors are told to say
// as they start. It may be called from any goroutine.
func OnStart(ctx context.Context, say func(argv []string)) context.Context {
	return context.WithValue(ctx, onStartKey{}, say)
}

// Result is what a finished command left.
type Result struct {
	Stdout   []byte // standard output, at most MaxStdout bytes
	Tail     string // last lines of stdout and stderr as they came
	CPU      time.Duration
	Wall     time.Duration
	ExitCode int // -1 where a signal ended it
}

// ExitError is the cause in a fault.Error where the program ran and failed.
type ExitError struct {
	Argv   []string
	Code   int            // -1 where a signal ended it
	Signal syscall.Signal // 0: none
	Status string         // as the system words it: "exit status 2", "signal: killed"
}

// Error gives the status and the exact command line, quoted for a shell.
func (e *ExitError) Error() string {
	return fmt.Sprintf("%s: %s", e.Status, Quote(e.Argv))
}

// Run starts cmd and waits until it and its whole process group have ended.
// The Result is filled as far as the command got, and also returned with an error. A
// cancelled ctx gives an error that wraps ctx.Err() and names no culprit.
func Run(ctx context.Context, cmd Command) (Result, error) {
	p, err := Start(ctx, cmd)
	if err != nil {
		return Result{ExitCode: -1}, err
	}
	err = p.Wait()
	return p.Result(), err
}

// LookPath finds name in PATH. A missing program is a fault of the rig; the error names it.
func LookPath(name string) (string, error) {
	path, err := exec.LookPath(name)
	where := " in PATH"
	if filepath.Base(name) != name {
		where = ""
	}
	switch {
	case err == nil:
		return path, nil
	case errors.Is(err, exec.ErrNotFound), errors.Is(err, os.ErrNotExist):
		return "", &fault.Error{Kind: fault.Rig, Op: "find " + name,
			Err: errors.New("no such program" + where), Try: "install the package that provides " + name}
	default:
		return "", fault.Wrap(fault.Rig, "find "+name, err)
	}
}

// Quote joins argv into a line that a POSIX shell reads back as the same words.
func Quote(argv []string) string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%+=:,./_-"
	words := make([]string, len(argv))
	for i, word := range argv {
		if word == "" || strings.Trim(word, plain) != "" {
			word = "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
		}
		words[i] = word
	}
	return strings.Join(words, " ")
}
