// SPDX-License-Identifier: Apache-2.0

package kernels

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"kcovrig/rig/trial"
)

// A run of an earlier version that is replayed asks for the unpatched kernel of a tree
// that it had as it stands.
func TestASpecificationOfTheTreeAsItStandsDecidesTheVariant(t *testing.T) {
	of := func(asIs bool) tree { return tree{Analyser: Analyser{Config{Spec: trial.Spec{AsIs: asIs}}}} }
	assert.Equal(t, trial.AsIs, of(true).meant(trial.Unpatched))
	assert.Equal(t, trial.Unpatched, of(false).meant(trial.Unpatched))
}
