// SPDX-License-Identifier: Apache-2.0

// Package scenariotest makes folders of a made-up scenario, for the tests of packages
// that take scenarios of users. It owns the scenario's text; what a file may hold is
// rig/scenario's, which its own tests try.
package scenariotest

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"kcovrig/rig/scenario"
)

// Ring makes dir the folder of a scenario of that name, which runs the workload of the
// default one. Its fix is patch, which nothing reads as one here.
func Ring(t testing.TB, dir, patch string) {
	t.Helper()
	first, err := scenario.Load(scenario.Default)
	require.NoError(t, err)
	text := `kcovrig: scenario/1
name: ring
title: a ring's count is published before its entries
fix: [fix.patch]
order: {function: ring_put, first: [memcpy]}
workload:
  builtin: ` + first.Workload + `
  modes: [once]
  readers: {acquire: {symbols: ["guest:ring.read"], ordered: true}}
`
	require.NoError(t, os.MkdirAll(dir, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, scenario.FileName), []byte(text), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "fix.patch"), []byte(patch), 0o644))
}
