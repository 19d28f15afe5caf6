// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/report/words"
)

// What commands list on a terminal is no wider than that, but for paths and commands,
// which are to be copied.
func TestListsFitANarrowTerminal(t *testing.T) {
	home := t.TempDir()
	env := map[string]string{"HOME": home, "KCOVRIG_CACHE": filepath.Join(home, "cache")}
	run := func(args ...string) string {
		var out, errs bytes.Buffer
		execute(t.Context(), func(name string) string { return env[name] }, &out, &errs, args)
		require.NotEmpty(t, out.String(), errs.String())
		return out.String()
	}
	db := "--db=" + filepath.Join(home, "h.db")
	run("history", "import", db, runFolder(t, 1, 40), runFolder(t, 2, 90))
	var list struct{ Runs []struct{ ID, Cell string } }
	require.NoError(t, json.Unmarshal([]byte(run("history", "--json", db)), &list))
	for width, most := range map[string]int{"80": 80, "40": 40} {
		for _, args := range [][]string{
			{"scenario", "list"}, {"cache", "ls"}, {"doctor"}, {"history", db}, {"history", "changes", db},
			{"matrix", "--list", filepath.Join("..", "..", "docs", "examples", "nightly.yaml")},
			{"history", "--trend", list.Runs[0].Cell, db}, {"history", "compare", list.Runs[0].ID, list.Runs[1].ID, db},
		} {
			env["COLUMNS"] = width
			for line := range strings.Lines(run(args...)) {
				if !strings.Contains(line, "fix: ") && !strings.Contains(line, ", in /") {
					assert.LessOrEqual(t, words.Widest(strings.TrimSuffix(line, "\n")), most, "%v: %s", args, line)
				}
			}
		}
	}
}
