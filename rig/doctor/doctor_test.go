// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"kcovrig/rig/trial"
)

func TestMemoryForTwoGuests(t *testing.T) {
	for free, want := range map[uint64]trial.Check{
		2 << 30: {OK: true, Required: true, Detail: "2.0 GiB available, 0.5 needed"},
		1 << 28: {Required: true, Detail: "0.2 GiB available, 0.5 needed", Fix: "end what takes memory"},
		0:       {Detail: "not known"},
	} {
		want.Name = "guest memory"
		assert.Equal(t, want, memoryCheck(free, 1<<29))
	}
}

// A comparison without options puts a patch on, by git, and unpacks Debian's source, by xz: a
// machine that doctor finds in order must be able to.
func TestWhatEachComparisonCallsIsRequired(t *testing.T) {
	required := map[string]bool{}
	for _, c := range toolChecks(nil) {
		required[c.Name] = c.Required
	}
	assert.True(t, required["git"])
	assert.True(t, required["xz"])
}
