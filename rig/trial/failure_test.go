// SPDX-License-Identifier: Apache-2.0

package trial

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"

	"kcovrig/rig/fault"
)

// Every error says what to try: what whoever met it knew, else by its culprit.
func TestEveryFailureSaysWhatToTry(t *testing.T) {
	inner := &fault.Error{Kind: fault.Rig, Op: "find x", Err: errors.New("y"), Try: "install x"}
	assert.Equal(t, "install x", FailureOf(fault.Wrap(fault.Rig, "start", inner)).Try)
	for _, kind := range []fault.Kind{fault.User, fault.Rig, fault.Guest, fault.Kernel} {
		assert.NotEmpty(t, FailureOf(fault.Newf(kind, "op", "message")).Try, kind.String())
	}
	interrupted := fault.Wrap(fault.Rig, "op", fmt.Errorf("stopped: %w", context.Canceled))
	assert.Empty(t, FailureOf(interrupted).Try, "whoever pressed Ctrl-C knows")
	assert.Nil(t, FailureOf(nil))
}

// What the system ran out of is no matter of a missing tool.
func TestWhatTheSystemRanOutOfIsWhatToMend(t *testing.T) {
	for err, words := range map[error]string{syscall.EMFILE: "ulimit -n", syscall.ENFILE: "open files", syscall.ENOSPC: "TMPDIR", syscall.EDQUOT: "TMPDIR"} {
		assert.Contains(t, FailureOf(fault.Wrap(fault.Rig, "start", &os.PathError{Op: "open", Path: "/x", Err: err})).Try, words, err)
	}
	assert.Equal(t, "install x", FailureOf(&fault.Error{Kind: fault.Rig, Op: "start", Err: syscall.EMFILE, Try: "install x"}).Try, "who knows better")
}
