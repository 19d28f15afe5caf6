// SPDX-License-Identifier: Apache-2.0

//go:build linux && (arm64 || amd64)

package builtin

import (
	"context"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/guest/program"
	"kcovrig/guest/session"
	"kcovrig/guest/wire"
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

// What one stress of a boot has read of the kernel's messages the next does not meet again.
func TestTheConsoleOutlivesAStress(t *testing.T) {
	opened := 0
	p := &programs{open: func() (io.ReadCloser, error) {
		opened++
		return io.NopCloser(strings.NewReader("")), nil
	}}
	j := session.Job{
		Start:    wire.Start{Modes: []string{""}, BlockSize: 1, ProgressNS: 1, Program: &wire.Program{Window: wire.WindowRun, Detect: []wire.Detect{{Kind: wire.KindExit, Exit: "1"}}}},
		Progress: func(wire.Progress) {}, Detection: func(wire.Detection) {},
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 2 {
		_, err := p.run(ctx, j)
		require.NoError(t, err)
	}
	assert.Equal(t, 1, opened)
}
