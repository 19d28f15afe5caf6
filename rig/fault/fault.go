// SPDX-License-Identifier: Apache-2.0

// Package fault says whose fault an error is. It owns the error type that
// carries the culprit, the log that was kept and what to try; it leaves exit
// codes to cmd and wording on the screen to report.
//
// The culprit is decided where the error arises, never by matching text later.
package fault

import (
	"cmp"
	"context"
	"errors"
	"fmt"
)

// Kind names a culprit. The zero value is Unknown.
type Kind uint8

// The culprits.
const (
	Unknown Kind = iota
	// User: wrong flags, a tree that is no kernel tree, a patch that does not apply.
	User
	// Rig: QEMU, the compiler's absence, a full disk, a cut record stream.
	Rig
	// Kernel: it did not build, boot, or it panicked.
	Kernel
	// Guest: what runs in the guest failed.
	Guest
)

// String returns the culprit in lower case.
func (k Kind) String() string {
	switch k {
	case User:
		return "user"
	case Rig:
		return "rig"
	case Kernel:
		return "kernel"
	case Guest:
		return "guest"
	default:
		return "unknown"
	}
}

// Error is an error with its culprit. Op names the operation and its object
// ("apply 0001-x.patch"); Log is the path of the kept output, Tail its last
// lines, Try what the user can do. Log, Tail and Try may be empty.
type Error struct {
	Kind Kind
	Op   string
	Err  error
	Log  string
	Tail string
	Try  string
}

// Error returns "op: cause"; the log, its tail and the advice are for the reporter. What was
// wrapped with the operation that it already has says it once.
func (e *Error) Error() string {
	if cause, ok := e.Err.(*Error); e.Op == "" || ok && cause.Op == e.Op {
		return e.Err.Error()
	}
	return e.Op + ": " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Wrap gives err a culprit and an operation; nil stays nil. A culprit decided
// further down stays visible to KindOf, which takes the innermost one.
func Wrap(kind Kind, op string, err error) error {
	if err == nil {
		return nil
	}
	return &Error{Kind: kind, Op: op, Err: err}
}

// Newf makes an error of the given culprit; format may use %w.
func Newf(kind Kind, op, format string, args ...any) error {
	return &Error{Kind: kind, Op: op, Err: fmt.Errorf(format, args...)}
}

// Summary returns what the errors in a chain say together: the culprit decided closest to
// where err arose, the log and its last lines that were kept there, and of several operations
// and advices the outermost, which know best what was wanted. What was interrupted has no
// advice: nothing is to be mended.
func Summary(err error) Error {
	all := Error{Err: err}
	for e := (*Error)(nil); errors.As(err, &e); err = e.Err {
		if e.Kind != Unknown {
			all.Kind = e.Kind
		}
		all.Op, all.Try = cmp.Or(all.Op, e.Op), cmp.Or(all.Try, e.Try)
		all.Log, all.Tail = cmp.Or(e.Log, all.Log), cmp.Or(e.Tail, all.Tail)
	}
	if errors.Is(err, context.Canceled) {
		all.Try = ""
	}
	return all
}

// TryOf returns what the user can try, see Summary.
func TryOf(err error) string { return Summary(err).Try }

// KindOf returns the culprit, see Summary.
func KindOf(err error) Kind { return Summary(err).Kind }
