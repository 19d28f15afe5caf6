// SPDX-License-Identifier: Apache-2.0

package printable

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestWhatDoesSomethingIsReplaced(t *testing.T) {
	assert.Equal(t, "a?[31mb c ?d? ?", Line("a\x1b[31mb\n c\t\u202ed\x07 \xff"))
	assert.Equal(t, "a\n\tb?", Lines("a\n\tb\r"))
}
