// SPDX-License-Identifier: Apache-2.0

// Package live shows a command while it runs: plain lines in a pipe, a view
// that is drawn again and again on a terminal. It owns which of them is shown,
// what it says, and the terminal while the view lasts; it leaves the finished
// result to report, and every figure to rig/verdict.
package live

import (
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// Kind is a way to show progress.
type Kind int

// The kinds. Silent is the zero value.
const (
	Silent Kind = iota
	Plain       // lines, without control characters
	Drawn       // a view that is drawn again and again
)

// Setting is what the choice of a kind depends on.
type Setting struct {
	Quiet, Verbose, JSON bool   // as asked for
	Stderr, Stdout       bool   // terminals
	Term                 string // its type, $TERM
	CI                   bool   // a continuous integration runs this, $CI
}

// Choose says how progress, which goes to standard error, is shown. The view
// needs a terminal that can move its cursor, and someone who watches it.
// Verbose wants lines that stay. JSON on the same terminal is a text to copy:
// nothing is drawn beside it.
func Choose(s Setting) Kind {
	switch {
	case s.Quiet:
		return Silent
	case !s.Stderr, s.Verbose, s.CI, s.Term == "", s.Term == "dumb", s.JSON && s.Stdout:
		return Plain
	}
	return Drawn
}

// IsTerminal says whether w is a terminal.
func IsTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	_, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	return err == nil
}
