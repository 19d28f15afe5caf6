// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAllThatBuildsKernelsHasASandbox(t *testing.T) {
	for _, name := range []string{"barriers", "bisect", "build", "compare", "litmus run", "matrix", "replay", "run", "scenario check", "soak", "worker"} {
		cmd, _, err := newRoot(&app{getenv: func(string) string { return "" }}).Find(strings.Fields(name))
		require.NoError(t, err)
		assert.NotNil(t, cmd.Flags().Lookup("sandbox"), name)
	}
	assert.True(t, (&options{sandbox: true}).spec().Sandbox)
}

// It is never left out in silence.
func TestASandboxThatCannotBeHad(t *testing.T) {
	bareMachine(t)
	for _, args := range [][]string{{"build"}, {"worker", "--nats=nats://127.0.0.1:1"}} {
		code, out, errs := call(t, append(args, "--sandbox")...)
		assert.Equal(t, exitUsage, code, errs)
		assert.Contains(t, errs, "--sandbox: there is no bwrap here")
		assert.Contains(t, errs, "try: apt-get install bubblewrap")
		assert.Empty(t, out)
	}
}
