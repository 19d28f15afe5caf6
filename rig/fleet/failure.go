// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"errors"
	"strings"

	"kcovrig/rig/fault"
)

// artifactError says that the object store holds something else under an
// artifact's hash, or not all of it.
type artifactError struct {
	hash string
	err  error
}

func (e *artifactError) Error() string { return "artifact " + e.hash + ": " + e.err.Error() }
func (e *artifactError) Unwrap() error { return e.err }

func failureOf(worker string, err error) *Failure {
	all := fault.Summary(err)
	f := &Failure{Whose: all.Kind.String(), Op: all.Op, Message: err.Error(), Tail: strings.TrimRight(all.Tail, "\n"), Try: all.Try, Worker: worker}
	if all.Kind == fault.Unknown {
		f.Whose = fault.Rig.String()
	}
	var bad *artifactError
	if errors.As(err, &bad) {
		f.Artifact = bad.hash
	}
	return f
}

// mayRetry says whether another attempt could end otherwise: the fault was the rig's.
func (f *Failure) mayRetry() bool {
	return f != nil && f.Whose == fault.Rig.String()
}

// Err is the failure as an error with its culprit again.
func (f *Failure) Err() error {
	kind := fault.Rig
	for _, k := range []fault.Kind{fault.User, fault.Kernel, fault.Guest} {
		if k.String() == f.Whose {
			kind = k
		}
	}
	message := f.Message
	if f.Worker != "" {
		message += " (worker " + f.Worker + ")"
	}
	return &fault.Error{Kind: kind, Op: strings.TrimSuffix(f.Op, ": "), Err: errors.New(strings.TrimPrefix(message, f.Op+": ")), Tail: f.Tail, Try: f.Try}
}
