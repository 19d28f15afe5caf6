// SPDX-License-Identifier: Apache-2.0

package weakmem

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"kcovrig/rig/internal/proc"
)

// What is saved of a vCPU that goes on meanwhile is whole: no event has the fields of two.
func TestSavedEventsAreWhole(t *testing.T) {
	cc, err := proc.LookPath("cc")
	if err != nil {
		t.Skip("no cc: apt-get install gcc libc6-dev")
	}
	dir := t.TempDir()
	program := filepath.Join(dir, "torn")
	compile(t, cc, "", []string{"-O2", "-Wall", "-Wextra", "-Werror", "-pthread", "-Iplugin", "-DKCOVRIG_API=6",
		"-o", program, "testdata/torn/main.c", "plugin/mapped.c", "plugin/trace.c"})
	_, err = proc.Run(t.Context(), proc.Command{Path: program, Args: []string{filepath.Join(dir, "trace"), "1000"}, Log: filepath.Join(dir, "log"), Op: "save events"})
	require.NoError(t, err)
}
