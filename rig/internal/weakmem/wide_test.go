// SPDX-License-Identifier: Apache-2.0

package weakmem

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/coderange"
)

// In a wide scope episodes are short and far between; in some functions they are as before.
func TestThePolicyOfAWideScope(t *testing.T) {
	some := []coderange.Range{{Role: coderange.Body, Start: 0x1000, End: 0x9000}, {Role: coderange.Path, Start: 0x10000, End: 0x90000}}
	assert.Equal(t, ExtremePolicy(), ExtremePolicy().For(some))
	wide := DefaultPolicy().For([]coderange.Range{{Role: coderange.Body, Start: 0, End: 4 << 20}})
	require.NoError(t, wide.validate())
	assert.NotZero(t, wide.Spacing)
	assert.NotZero(t, wide.Length)
	assert.NotContains(t, DefaultPolicy().Parameters(), "spacing")
	assert.Contains(t, wide.Parameters(), "spacing")
	for _, bad := range []Policy{{Spacing: 1, Track: 1}, {Spacing: 1, Length: 1}, {Spacing: 2e9, Length: 1, Track: 1}} {
		assert.Error(t, bad.validate())
	}
}
