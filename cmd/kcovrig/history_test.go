// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/report"
)

// runFolder makes a run folder of a sample whose seed and stale blocks are others.
func runFolder(t *testing.T, night int, stale uint64) string {
	t.Helper()
	text, err := os.ReadFile("../../rig/report/testdata/runs/fixed/result.json")
	require.NoError(t, err)
	var doc map[string]any
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	require.NoError(t, dec.Decode(&doc))
	doc["spec"].(map[string]any)["seed"] = night + 1
	doc["ended"] = time.Date(2026, 1, 1+night, 3, 0, 0, 0, time.UTC)
	arm := doc["arms"].([]any)[0].(map[string]any)
	arm["blocks"], arm["hitBlocks"] = 100, stale
	text, err = json.Marshal(doc)
	require.NoError(t, err)
	dir := filepath.Join(t.TempDir(), fmt.Sprintf("night%02d", night))
	require.NoError(t, os.Mkdir(dir, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "result.json"), text, 0o600))
	return dir
}

func TestHistoryFromImportToTrend(t *testing.T) {
	db := filepath.Join(t.TempDir(), "h.db")
	args := []string{"history", "import", "--db", db}
	for night, stale := range []uint64{40, 44, 38, 41, 45, 39, 42, 90} {
		args = append(args, runFolder(t, night, stale))
	}
	code, out, errs := call(t, args...)
	require.Equal(t, exitOK, code, errs)
	assert.Equal(t, 8, strings.Count(out, "recorded"))
	_, out, _ = call(t, args...)
	assert.Equal(t, 8, strings.Count(out, "was there"), "twice changes nothing")

	code, out, errs = call(t, "history", "--db", db, "--since=2026-01-03", "--limit=2", "--json")
	require.Equal(t, exitOK, code, errs)
	var list struct {
		Schema string
		Runs   []struct{ ID, Cell, Verdict string }
	}
	require.NoError(t, json.Unmarshal([]byte(out), &list))
	require.Len(t, list.Runs, 2)
	assert.Equal(t, "kcovrig.history/2", list.Schema)
	assert.Equal(t, "fixed", list.Runs[0].Verdict)
	_, out, _ = call(t, "history", "--db", db, "--verdict=not-fixed")
	assert.Contains(t, out, "0 runs, in "+db)

	code, out, errs = call(t, "history", "--db", db, "--trend", "compare,*,arm64,*")
	require.Equal(t, exitOK, code, errs)
	assert.Contains(t, out, "1 significant change:\n  unpatched, acquire, pc: since 2026-01-08 03:00, run "+list.Runs[0].ID[:10]+", 90.0 % of blocks are stale")
	code, out, errs = call(t, "history", "--db", db, "--trend", list.Runs[0].Cell, "--since=2026-01-08", "--json")
	require.Equal(t, exitOK, code, errs)
	assert.Contains(t, out, `"changes": []`, "one run alone is no change")

	code, out, errs = call(t, "history", "changes", "--db", db, "--format=markdown")
	require.Equal(t, exitOK, code, errs)
	assert.Contains(t, out, "- `compare,ring,arm64,memoryModel=arm,modes=cmp+pc,readers=acquire`\n  - unpatched, acquire, pc: since 2026-01-08 03:00")
	_, out, _ = call(t, "history", "changes", "--db", db, "--since=2026-01-08")
	assert.Contains(t, out, "No change: of 1 cells")

	code, out, errs = call(t, "history", "compare", "--db", db, list.Runs[0].ID, list.Runs[1].ID[:12])
	require.Equal(t, exitOK, code, errs)
	assert.Contains(t, out, "seed differs\n  A  8\n  B  7\n")
	assert.Contains(t, out, "90 of 100: 90.0 % (82.4 to 95.1 %)")
	_, out, _ = call(t, "history", "show", "--db", db, list.Runs[0].ID[:8])
	assert.Contains(t, out, "verdict: FIXED")
}

func TestHistoryWrongUsage(t *testing.T) {
	db := filepath.Join(t.TempDir(), "h.db")
	other := filepath.Join(t.TempDir(), "damaged.db")
	require.NoError(t, os.WriteFile(other, []byte("garbage"), 0o600))
	none := filepath.Join(t.TempDir(), "none.db")
	for args, want := range map[string]int{
		"history": exitUsage, "history import x": exitUsage, "serve": exitUsage, // no HOME here
		"history --db=" + none: exitUsage, "serve --db=" + none: exitUsage, "serve --listen=:80 --db=" + other: exitUsage, "serve --db=" + other: exitRig,
		"history --since=yesteryear --db=" + db: exitUsage, "history --limit=-1 --db=" + db: exitUsage,
		"history --trend=none --db=" + db: exitUsage, "history compare a b --db=" + db: exitUsage, "history compare a --db=" + db: exitUsage,
		"history import /nonexistent --db=" + db: exitUsage, "history show x --db=" + db: exitUsage, "history --trend=a --cell=b --db=" + db: exitUsage,
		"history --db=" + other: exitRig, "history changes --format=pdf --db=" + db: exitUsage, "history changes --format=pdf --db=" + other: exitUsage, "history changes --format=line --db=" + db: exitUsage, "history show x --format=line --db=" + db: exitUsage, "compare --db=x --no-history": exitUsage,
	} {
		code, out, errs := call(t, strings.Fields(args)...)
		assert.Equal(t, want, code, "%s: %s", args, errs)
		assert.NotEmpty(t, errs, args)
		assert.Empty(t, out, args)
	}
	assert.NoFileExists(t, none, "looking makes no file")
}

func TestWhereTheHistoryIs(t *testing.T) {
	for want, c := range map[string]struct {
		flag string
		env  map[string]string
	}{
		"x.db":                               {"x.db", map[string]string{"HOME": "/home/u"}},
		"/data/kcovrig/history.db":           {"", map[string]string{"HOME": "/home/u", "XDG_DATA_HOME": "/data"}},
		"/h/.local/share/kcovrig/history.db": {"", map[string]string{"HOME": "/h", "XDG_DATA_HOME": "relative"}},
		"":                                   {"", nil},
	} {
		a := app{getenv: func(name string) string { return c.env[name] }}
		assert.Equal(t, want, a.historyFile(c.flag))
		o := options{db: c.flag}
		assert.Equal(t, want, a.config(&cobra.Command{}, &o).History)
		o.noHistory = true
		assert.Empty(t, a.config(&cobra.Command{}, &o).History)
	}
}

func TestAnEmptyHistoryIsNoError(t *testing.T) {
	home := t.TempDir()
	var out, errs bytes.Buffer
	code := execute(t.Context(), func(name string) string { return map[string]string{"HOME": home}[name] }, &out, &errs, []string{"history"})
	assert.Equal(t, exitOK, code, errs.String())
	assert.Contains(t, out.String(), "0 runs")
	left, err := os.ReadDir(home)
	require.NoError(t, err)
	assert.Empty(t, left, "looking makes no file")
}

// The history says of a run of barriers what its folder says.
func TestHistoryOfBarriers(t *testing.T) {
	dir, db := t.TempDir(), filepath.Join(t.TempDir(), "h.db")
	for found, want := range map[string]string{
		"weakened":  "  1 needed, 1 not shown to be needed, 1 not executed, 1 without an answer  ",
		"suggested": "  enough: smp_wmb() between kernel/ring.c:988 and :992  ",
		"altered":   "  enough in the emulator: with a barrier (st) before str x3, [x1] at kernel/ring.c:992  ",
	} {
		db := db + found
		barriersFolder(t, dir, found)
		code, out, errs := call(t, "history", "import", "--db", db, dir)
		require.Equal(t, exitOK, code, errs)
		id := out[:10]
		_, out, _ = call(t, "history", "--db", db, "--command=barriers")
		assert.Contains(t, out, want)
		for _, format := range report.Runs.Names() {
			code, shown, errs := call(t, "history", "show", "--db", db, id, "--format", format)
			require.Equal(t, exitOK, code, "%s: %s", format, errs)
			if format == "junit" { // which reports on barriers have not
				assert.Contains(t, shown, "<testsuite")
				continue
			}
			_, reported, _ := call(t, "report", dir, "--format", format)
			assert.Equal(t, reported, shown, format)
		}
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "barriers.json"), []byte("{}"), 0o600))
	code, out, errs := call(t, "history", "import", "--db", db, dir)
	assert.Equal(t, exitUsage, code)
	assert.Contains(t, errs, "barriers.json")
	assert.Empty(t, out)

	require.NoError(t, os.Remove(filepath.Join(dir, "barriers.json")))
	code, out, errs = call(t, "history", "import", "--db", db, dir)
	require.Equal(t, exitOK, code, errs)
	_, out, _ = call(t, "history", "show", "--db", db, out[:10])
	assert.Contains(t, out, "windows", "an older one is shown as a run")
}
