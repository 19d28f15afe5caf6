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
	"kcovrig/rig/trial"
)

// Ring makes dir the folder of a scenario of that name, which runs the workload of the
// default one, with one of its readers. Its fix is patch, which little reads as one.
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
  readers: {acquire: {symbols: ["guest:` + first.Readers[string(trial.Acquire)].Symbols[0] + `"], ordered: true}}
`
	write(t, dir, map[string]string{scenario.FileName: text, "fix.patch": patch})
}

// Program makes dir the folder of a scenario named own, which brings a program: source,
// which nothing compiles here.
func Program(t testing.TB, dir, source string) {
	t.Helper()
	write(t, dir, map[string]string{
		scenario.FileName: "kcovrig: scenario/1\nname: own\ntitle: t\nfix: [fix.patch]\nworkload: {source: own.c}\nwords: {hit: odd sum}\n",
		"own.c":           source,
		"fix.patch":       "a",
	})
}

func write(t testing.TB, dir string, files map[string]string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(dir, 0o755))
	for name, text := range files {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
}
