// SPDX-License-Identifier: Apache-2.0

package fault

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
)

// Who wraps an error with the operation that it is of already does not say it twice.
func TestAnOperationIsSaidOnce(t *testing.T) {
	cause := errors.New("no such program")
	assert.EqualError(t, Wrap(User, "find make", Wrap(Rig, "find make", cause)), "find make: no such program")
	assert.EqualError(t, Wrap(User, "build", Wrap(Rig, "find make", cause)), "build: find make: no such program")
	assert.EqualError(t, Wrap(User, "", Wrap(Rig, "", cause)), "no such program")
}

func TestASummaryTakesTheCauseFromWithinAndTheWishFromWithout(t *testing.T) {
	within := &Error{Kind: Kernel, Op: "build", Err: errors.New("no rule"), Log: "/build.log", Tail: "last line\n", Try: "make clean"}
	err := fmt.Errorf("of a step: %w", &Error{Kind: Rig, Op: "test a commit", Err: within, Log: "/run.log", Try: "another tree"})
	assert.Equal(t, Error{Kind: Kernel, Op: "test a commit", Err: err, Log: "/build.log", Tail: "last line\n", Try: "another tree"}, Summary(err))
	assert.Equal(t, Kernel, KindOf(err))
	assert.Equal(t, "another tree", TryOf(err))
	assert.Empty(t, TryOf(&Error{Kind: Rig, Op: "name the compiler", Err: context.Canceled, Try: "install it"}), "it was interrupted")
	assert.Equal(t, Error{}, Summary(nil))
}
