// SPDX-License-Identifier: Apache-2.0

package trial

import (
	"context"
	"errors"
	"strings"

	"kcovrig/rig/fault"
)

// FailureOf puts an error into a result; nil stays nil.
func FailureOf(err error) *Failure {
	if err == nil {
		return nil
	}
	kind, interrupted := fault.KindOf(err), errors.Is(err, context.Canceled)
	f := &Failure{Whose: kind.String(), Message: err.Error()}
	if interrupted {
		f.Message = "interrupted: " + f.Message
	}
	for e := (*fault.Error)(nil); errors.As(err, &e); err = e.Err {
		if f.Op == "" {
			f.Op = e.Op
		}
		if e.Log != "" {
			f.Log = e.Log
		}
		if e.Tail != "" {
			f.Tail = e.Tail
		}
		if f.Try == "" { // the outermost knows best what was wanted
			f.Try = e.Try
		}
	}
	f.Tail = strings.TrimRight(f.Tail, "\n")
	if f.Try == "" && !interrupted {
		f.Try = lastResort[kind]
	}
	return f
}

// lastResort is what to try where whoever met the error knew nothing better.
var lastResort = map[fault.Kind]string{
	fault.User:   "kcovrig help, followed by the command",
	fault.Rig:    "kcovrig doctor, which says what this machine lacks",
	fault.Kernel: "read the log, which holds what the kernel or its compiler said",
	fault.Guest:  "run it again; where it persists, the console says what the guest met",
}
