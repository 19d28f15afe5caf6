// SPDX-License-Identifier: Apache-2.0

package fault

import (
	"errors"
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
