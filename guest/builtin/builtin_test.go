// SPDX-License-Identifier: Apache-2.0

//go:build linux && (arm64 || amd64)

package builtin

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/guest/program"
	"kcovrig/rig/scenario"
)

// A scenario that comes with kcovrig runs what the guest has.
func TestTheScenariosWorkloadsAreBuiltIn(t *testing.T) {
	have := Workloads()
	for _, name := range scenario.Names() {
		s, err := scenario.Load(name)
		require.NoError(t, err)
		assert.Contains(t, have, s.Workload, name)
		assert.Equal(t, s.Program != nil, s.Workload == program.Name, name)
	}
}
