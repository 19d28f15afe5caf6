// SPDX-License-Identifier: Apache-2.0

package history

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/guest/wire"
	"kcovrig/rig/trend"
	"kcovrig/rig/trial"
	"kcovrig/rig/wording"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// sample is the result of a comparison; n makes it one of its own.
func sample(n int) trial.Result {
	r := trial.Result{
		Command: "compare", Version: "v1",
		Spec: trial.Spec{
			Scenario: "ring", Arch: "arm64", Readers: []trial.Reader{trial.Acquire}, Modes: []string{"pc", "cmp"},
			Seed: math.MaxUint64 - uint64(n), MemoryModel: trial.ModelArm, Accel: trial.AccelAuto,
		},
		Judgement: trial.Judgement{Verdict: trial.Fixed},
		Prepared: trial.Prepared{
			Kernel: trial.Kernel{Version: "6.12.117", TreeHash: strings.Repeat("ab", 32), Compiler: "gcc 12.2.0"},
			QEMU:   trial.QEMU{Version: "11.1.3", MemoryModel: trial.ModelArm},
		},
		Host:    trial.Host{System: "Debian", Arch: "amd64", CPU: "A CPU", CPUs: 2},
		Timings: map[string]float64{"boot": 1.5, "stress": 2},
	}
	for _, v := range trial.Pair() {
		o := trial.Observation{Variant: v, Reader: trial.Acquire, Outcome: trial.OutcomeOK, BlockSize: 16}
		for i, mode := range r.Spec.Modes {
			t := wire.Tally{Mode: mode, Windows: uint64(1000 + i), Units: 5000, Blocks: 62}
			if v == trial.Unpatched {
				t.HitWindows, t.HitUnits, t.HitBlocks = 200, 300, 40
			}
			o.Tallies = append(o.Tallies, t)
		}
		r.Observations = append(r.Observations, o)
	}
	if n%2 == 1 {
		r.Words = wording.Words{Hit: "oops in f"}.Completed()
	}
	return r
}

// entry has a document like a result's: the kernels, and whatever else.
func entry(t *testing.T, n int) Entry {
	t.Helper()
	r := sample(n)
	var arms []map[string]any
	for _, o := range r.Observations {
		for _, m := range o.Tallies {
			arms = append(arms, map[string]any{
				"patched": o.Variant == trial.Patched, "reader": o.Reader, "mode": m.Mode, "outcome": o.Outcome, "windows": m.Windows,
				"staleWindows": m.HitWindows, "blockSize": o.BlockSize, "blocks": m.Blocks, "staleBlocks": m.HitBlocks,
			})
		}
	}
	document := map[string]any{"seed": r.Spec.Seed, "arms": arms, "later": "member <&>"}
	if n%2 == 1 {
		document["words"] = r.Words
	}
	text, err := json.Marshal(document)
	require.NoError(t, err)
	return Entry{Result: r, Document: text, At: noon.Add(time.Duration(n) * time.Minute), Folder: fmt.Sprintf("/runs/%d", n)}
}

func open(t *testing.T, path string) *DB {
	t.Helper()
	d, err := Open(t.Context(), path)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, d.Close()) })
	return d
}

func TestARunComesBackWhole(t *testing.T) {
	d := open(t, filepath.Join(t.TempDir(), "new", "folder", "history #1?.db"))
	e := entry(t, 0)
	e.Result.ScenarioHash = strings.Repeat("cd", 32)
	id, added, err := d.Record(t.Context(), e)
	require.NoError(t, err)
	assert.True(t, added)
	run, document, err := d.Find(t.Context(), id[:6])
	require.NoError(t, err)
	assert.JSONEq(t, string(e.Document), string(document))
	want := trend.NewRun(e.Result)
	want.ID, want.At, want.Folder = id, noon, "/runs/0"
	assert.Equal(t, want, run)
	assert.Equal(t, uint64(math.MaxUint64), run.Seed, "no digit is lost")
	assert.Equal(t, uint64(4002), run.Windows)
	assert.Equal(t, uint64(80), run.HitBlocks)
	assert.InDelta(t, 3.5, run.Took, 1e-9)
	assert.Len(t, run.Measured, 4)
	assert.FileExists(t, d.Path())
}

func TestTheSameRunTwiceChangesNothing(t *testing.T) {
	d := open(t, filepath.Join(t.TempDir(), "h.db"))
	e := entry(t, 1)
	first, _, err := d.Record(t.Context(), e)
	require.NoError(t, err)
	before, err := d.Runs(t.Context(), Filter{})
	require.NoError(t, err)
	e.At, e.Cell, e.Folder = noon.Add(time.Hour), "another", "/elsewhere"
	e.Document = json.RawMessage(strings.ReplaceAll(string(e.Document), ",", " ,\n"))
	again, added, err := d.Record(t.Context(), e)
	require.NoError(t, err)
	assert.Equal(t, first, again)
	assert.False(t, added)
	after, err := d.Runs(t.Context(), Filter{})
	require.NoError(t, err)
	assert.Equal(t, before, after)
	other, _, err := d.Record(t.Context(), entry(t, 2))
	require.NoError(t, err)
	assert.NotEqual(t, first, other)
}

func TestFilters(t *testing.T) {
	d := open(t, filepath.Join(t.TempDir(), "h.db"))
	for n := range 7 {
		e := entry(t, n)
		switch n {
		case 1:
			e.Result.Spec.Arch, e.Result.Judgement.Verdict = "x86_64", trial.NoEffect
		case 2:
			e.Cell = "night [a]*"
		case 3:
			e.Result.Command, e.Result.Judgement.Verdict, e.Finding = "run", "", trial.FindingHit
			e.Result.Observations = e.Result.Observations[:1]
		case 6: // a soak that found the emulator unsound
			e.Result.Command, e.Result.Judgement.Verdict, e.Result.Failure = "soak", "", &trial.Failure{Whose: "unknown"}
		case 4:
			e.Result.Judgement.Verdict, e.Result.Failure, e.Result.Observations = trial.Inconclusive, &trial.Failure{Whose: "kernel"}, nil
		}
		_, _, err := d.Record(t.Context(), e)
		require.NoError(t, err)
	}
	for name, c := range map[string]struct {
		f    Filter
		want []string
	}{
		"all":       {Filter{}, []string{"6", "5", "4", "3", "2", "1", "0"}},
		"newest":    {Filter{Limit: 2}, []string{"6", "5"}},
		"arch":      {Filter{Arch: "x86_64"}, []string{"1"}},
		"command":   {Filter{Command: "run"}, []string{"3"}},
		"verdict":   {Filter{Verdict: "fixed"}, []string{"5", "2", "0"}},
		"finding":   {Filter{Verdict: "hit"}, []string{"3"}},
		"fault":     {Filter{Verdict: "kernel fault"}, []string{"4"}},
		"since":     {Filter{Since: noon.Add(4 * time.Minute)}, []string{"6", "5", "4"}},
		"cell":      {Filter{Cell: "night [a]?"}, []string{"2"}},
		"no class":  {Filter{Cell: "night a*"}, nil},
		"pattern":   {Filter{Cell: "run-unpatched,*"}, []string{"3"}},
		"several":   {Filter{Arch: "arm64", Verdict: "fixed", Limit: 1}, []string{"5"}},
		"injection": {Filter{Arch: "' OR 1 --"}, nil},
	} {
		runs, err := d.Runs(t.Context(), c.f)
		require.NoError(t, err, name)
		var got []string
		for _, r := range runs {
			got = append(got, filepath.Base(r.Folder))
			if name == "all" {
				assert.Equal(t, map[string]string{"0": "fixed", "1": "no-effect-possible", "2": "fixed", "3": "hit", "4": "kernel fault", "5": "fixed", "6": "failed"}[filepath.Base(r.Folder)], r.Word())
			}
			runs, err := d.Runs(t.Context(), Filter{Verdict: r.Word(), Since: r.At})
			require.NoError(t, err)
			assert.NotEmpty(t, runs, "SQL and Word agree on %s", r.Word())
		}
		assert.Equal(t, c.want, got, name)
	}
	cells, err := d.Trends(t.Context(), time.Time{})
	require.NoError(t, err)
	assert.Len(t, cells, 5)
	_, _, err = d.Find(t.Context(), "")
	assert.ErrorContains(t, err, "no run")
	_, _, err = d.Find(t.Context(), "zz")
	assert.ErrorContains(t, err, "no run")
}

const (
	writers    = 8
	perWriter  = 400
	writerFile = "KCOVRIG_TEST_HISTORY_WRITER"
)

// Goroutines, each with a connection of its own, on a file that none has made yet.
func TestWritersAtOnceLoseNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "h.db")
	var group sync.WaitGroup
	for w := range writers {
		group.Go(func() {
			d, err := Open(t.Context(), path)
			if !assert.NoError(t, err) {
				return
			}
			for n := range perWriter {
				e := entry(t, w*perWriter+n)
				_, added, err := d.Record(t.Context(), e)
				assert.NoError(t, err)
				assert.True(t, added)
			}
			assert.NoError(t, d.Close())
		})
	}
	group.Wait()
	assertAll(t, path, writers*perWriter)
}

// One who is passed over for longer than the busy timeout waits on while others write,
// and gives up on one who holds the file and writes nothing.
func TestAWriterWaitsWhileOthersWrite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "h.db")
	patient, other := open(t, path), open(t, path)
	for _, d := range []*DB{patient, other} {
		d.sql.SetMaxOpenConns(1)
	}
	_, err := patient.sql.ExecContext(t.Context(), "PRAGMA busy_timeout = 1000")
	require.NoError(t, err)
	hold := func(n int) *sql.Tx {
		tx, err := other.sql.BeginTx(t.Context(), nil)
		require.NoError(t, err)
		run, document, err := entry(t, n).run()
		require.NoError(t, err)
		_, err = insert(t.Context(), tx, run, document)
		require.NoError(t, err)
		return tx
	}

	tx := hold(1)
	_, _, err = patient.Record(t.Context(), entry(t, 0))
	require.ErrorContains(t, err, "another process has held it")

	recorded := make(chan error, 1)
	go func() { _, _, err := patient.Record(t.Context(), entry(t, 0)); recorded <- err }()
	for n := 2; n < 122; n++ {
		time.Sleep(20 * time.Millisecond)
		require.NoError(t, tx.Commit())
		tx = hold(n)
	}
	require.NoError(t, tx.Commit())
	require.NoError(t, <-recorded)
	assertAll(t, path, 122)
}

func assertAll(t *testing.T, path string, want int) {
	t.Helper()
	runs, err := open(t, path).Runs(t.Context(), Filter{})
	require.NoError(t, err)
	require.Len(t, runs, want)
	seeds := map[uint64]bool{}
	for _, r := range runs {
		seeds[r.Seed] = true
		assert.Len(t, r.Measured, 4)
	}
	assert.Len(t, seeds, want)
}

// Processes, each of which opens the file anew for every run, as kcovrig does;
// some record what another one records too, and one is killed in the midst.
func TestProcessesAtOnceLoseNothing(t *testing.T) {
	if path := os.Getenv(writerFile); path != "" {
		var first int
		_, err := fmt.Sscan(os.Getenv(writerFile+"_FIRST"), &first)
		require.NoError(t, err)
		for n := first; n < first+100; n++ {
			_, err := Record(t.Context(), path, entry(t, n))
			require.NoError(t, err)
		}
		return
	}
	path := filepath.Join(t.TempDir(), "h.db")
	start := func(first int) *exec.Cmd {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestProcessesAtOnceLoseNothing$")
		cmd.Env = append(os.Environ(), writerFile+"="+path, fmt.Sprintf("%s_FIRST=%d", writerFile, first))
		cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr // why one failed
		require.NoError(t, cmd.Start())
		return cmd
	}
	killed := start(1000)
	var others []*exec.Cmd
	for _, first := range []int{0, 50, 100, 200} {
		others = append(others, start(first))
	}
	d := open(t, path)
	require.Eventually(t, func() bool {
		some, err := d.Runs(t.Context(), Filter{Since: noon.Add(1000 * time.Minute)})
		return err == nil && len(some) > 2
	}, time.Minute, time.Millisecond)
	require.NoError(t, killed.Process.Kill())
	_ = killed.Wait()
	for _, cmd := range others {
		require.NoError(t, cmd.Wait())
	}
	whole, err := d.Runs(t.Context(), Filter{Since: noon.Add(1000 * time.Minute)})
	require.NoError(t, err)
	require.Less(t, len(whole), 100, "it was killed before its end")
	for _, r := range whole {
		assert.Len(t, r.Measured, 4, "what the killed one committed is whole")
	}
	all, err := d.Runs(t.Context(), Filter{})
	require.NoError(t, err)
	assert.Len(t, all, 300+len(whole), "0 to 299 once each")
}

func TestADamagedRowIsShownAsDamaged(t *testing.T) {
	d := open(t, filepath.Join(t.TempDir(), "h.db"))
	_, _, err := d.Record(t.Context(), entry(t, 1))
	require.NoError(t, err)
	_, err = d.sql.ExecContext(t.Context(), `UPDATE runs SET words = replace(words, 'oops', 'oops\u001b[2J')`)
	require.NoError(t, err)
	_, _, err = d.Record(t.Context(), entry(t, 2))
	require.NoError(t, err)
	runs, err := d.Runs(t.Context(), Filter{})
	require.NoError(t, err)
	require.Len(t, runs, 2, "the damaged one is shown, and the other one too")
	assert.Empty(t, runs[0].Damage)
	assert.Equal(t, trend.WordDamaged, runs[1].Word())
	assert.Contains(t, runs[1].Damage, "its words")
	assert.NotContains(t, runs[1].Damage, "\x1b")
	assert.Equal(t, "hit", runs[1].Words.Hit)
	_, err = d.sql.ExecContext(t.Context(), `UPDATE runs SET words = '{', at = 'noon', seed = ''`)
	require.NoError(t, err)
	runs, err = d.Runs(t.Context(), Filter{})
	require.NoError(t, err)
	for _, what := range []string{"its words", "its time", "its seed"} {
		assert.Contains(t, runs[0].Damage, what)
	}
}
