// SPDX-License-Identifier: Apache-2.0

package author

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestWhatIsNextAfterACheck(t *testing.T) {
	o := CheckRequest{}
	o.Spec.Scenario, o.Spec.Tree, o.Spec.Compiler = "my bug", "debian:6.12", "gcc"
	check := "kcovrig scenario check --tree debian:6.12 'my bug'"
	assert.Equal(t, check, o.next(false))
	assert.Equal(t, "kcovrig compare --tree debian:6.12 --scenario 'my bug'", o.next(true))
	for _, left := range []*bool{&o.NoBuild, &o.NoBoot} {
		*left = true
		assert.Equal(t, check, o.next(true), "not all was looked at")
		*left = false
	}
	o.Spec.Arch, o.Spec.Rev, o.Spec.Compiler = "arm64", "v6", "clang"
	assert.Equal(t, "kcovrig compare --tree debian:6.12 --rev v6 --arch arm64 --compiler clang --scenario 'my bug'", o.next(true))
}
