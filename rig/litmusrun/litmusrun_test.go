// SPDX-License-Identifier: Apache-2.0

package litmusrun

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"kcovrig/guest/wire"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/weakmem"
	"kcovrig/rig/litmus"
	"kcovrig/rig/rigtest"
)

func outcomes(r litmus.Report) map[string]litmus.Outcome {
	got := map[string]litmus.Outcome{}
	for _, c := range r.Tests {
		got[c.Name] = c.Outcome
	}
	return got
}

func whys(r litmus.Report) map[string]string {
	got := map[string]string{}
	for _, c := range r.Tests {
		got[c.Name] = c.Why
	}
	return got
}

// What is odd about a file costs that test alone, and it says whose fault it is.
func TestOneOddFileCostsItself(t *testing.T) {
	l := newLitmusLab(t, counts, "MP", "SB", "noprogram", "below/R")
	l.add(t, "garbage", "garbage")
	l.add(t, "ppc", "PPC ppc\n{}\n P0 ;\nexists (true)\n")
	l.add(t, "unknown", "AArch64 unknown\n{}\n P0 ;\nexists (true)\n")
	l.add(t, "below/twice", "AArch64 MP\n{}\n P0 ;\nexists (true)\n")
	l.add(t, "nothing", "AArch64 nothing\n{}\n P0 ;\n")
	require.NoError(t, os.Remove(filepath.Join(l.cfg.Binaries, "noprogram.exe")))
	require.NoError(t, os.WriteFile(filepath.Join(l.cfg.Binaries, "nothing.exe"), nil, 0o600))
	require.NoError(t, os.Symlink("nowhere", filepath.Join(l.dir, "lost.litmus")))
	require.NoError(t, unix.Mkfifo(filepath.Join(l.dir, "pipe.litmus"), 0o600)) // nobody will write to it
	require.NoError(t, os.WriteFile(filepath.Join(l.dir, "below", "R.litmus"), []byte("AArch64 R\n{}\nP0;\n"), 0o600))
	log, err := os.ReadFile(l.cfg.HerdLog)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(l.cfg.HerdLog, []byte(strings.ReplaceAll(string(log), "below/R", "R")), 0o600))
	r, err := Run(t.Context(), l.cfg)
	require.NoError(t, err)
	const odd = litmus.Inconclusive
	assert.Equal(t, map[string]litmus.Outcome{
		"MP": litmus.Sound, "SB": litmus.Sound, "R": litmus.Sound, "noprogram": odd, "garbage": odd, "ppc": odd, "unknown": odd, "twice": odd,
		"lost": odd, "nothing": odd, "pipe": odd,
	}, outcomes(r))
	for name, want := range map[string]string{
		"noprogram": "user: no program", "garbage": "is not an architecture and a name", "ppc": "a test for PPC", "unknown": "user: " + l.cfg.HerdLog,
		"twice": "the test MP is in", "lost": "no such file", "nothing": "EOF", "pipe": "no regular file",
	} {
		assert.Contains(t, whys(r)[name], want, name)
	}
	assert.False(t, r.Ended)
}

// Each test runs under the policy that verdicts use too, and its share is told.
func TestVerdictsPolicyHasAShare(t *testing.T) {
	l := newLitmusLab(t, counts, "MP")
	r, err := Run(t.Context(), l.cfg)
	require.NoError(t, err)
	assert.Equal(t, []weakmem.Policy{weakmem.LooseLitmusPolicy(), weakmem.DefaultPolicy()}, l.policies)
	require.Len(t, r.Tests, 1)
	assert.Equal(t, []litmus.Share{
		{Policy: loosePolicy, Outcomes: 80, States: 1, Forbidden: []litmus.State{}, Target: true},
		{Policy: verdictPolicy, Outcomes: 20, States: 1, Forbidden: []litmus.State{}, Target: true},
	}, r.Tests[0].Shares)

	l = newLitmusLab(t, counts, "MP")
	l.cfg.NoVerdictRuns = true
	r, err = Run(t.Context(), l.cfg)
	require.NoError(t, err)
	assert.Len(t, l.policies, 1)
	assert.Equal(t, uint64(80), r.Tests[0].Outcomes)
	l.cfg.VerdictRuns = 1
	assert.ErrorContains(t, l.cfg.Validate(), "exclude each other")
}

// A state that the model forbids, seen under the policy of verdicts alone, is one.
func TestWhatVerdictsPolicyShowsCounts(t *testing.T) {
	l := newLitmusLab(t, func(job wire.LitmusJob) *wire.LitmusResult {
		res := counts(job)
		if job.Runs == 2 {
			res.States = map[string]uint64{"0:X0=7;": 1}
		}
		return res
	}, "MP")
	r, err := Run(t.Context(), l.cfg)
	require.NoError(t, err)
	assert.Equal(t, litmus.Unsound, r.Tests[0].Outcome)
	assert.Equal(t, []litmus.State{"0:X0=7;"}, r.Tests[0].Shares[1].Forbidden)
}

// A test that ends its guest is lost; those behind it boot again.
func TestATestThatEndsItsGuest(t *testing.T) {
	l := newLitmusLab(t, func(job wire.LitmusJob) *wire.LitmusResult {
		if job.Name == "C" || job.Name == "E" && job.Runs == 2 {
			return nil
		}
		return counts(job)
	}, "A", "B", "C", "D", "E", "F")
	r, err := Run(t.Context(), l.cfg)
	require.NoError(t, err)
	for name, outcome := range outcomes(r) {
		want := litmus.Sound
		if name == "C" || name == "E" {
			want = litmus.Inconclusive
			assert.Contains(t, whys(r)[name], "the boot ended in it", name)
		}
		assert.Equal(t, want, outcome, name)
	}
	assert.Len(t, l.policies, 4)
}

// A boot that does not come up is tried once more.
func TestABootThatDoesNotComeUp(t *testing.T) {
	l := newLitmusLab(t, counts, "A", "B")
	l.lab.Queue = []rigtest.Guest{{Hello: &wire.Hello{}}}
	r, err := Run(t.Context(), l.cfg)
	require.NoError(t, err)
	assert.Equal(t, map[string]litmus.Outcome{"A": litmus.Sound, "B": litmus.Sound}, outcomes(r))
	assert.Len(t, l.policies, 3)
}

// Where nothing runs, no test is blamed for all boots.
func TestGuestsThatAllEndAtOnceEndTheRun(t *testing.T) {
	l := newLitmusLab(t, func(wire.LitmusJob) *wire.LitmusResult { return nil }, "A", "B", "C", "D")
	r, err := Run(t.Context(), l.cfg)
	require.Error(t, err)
	assert.Len(t, l.policies, 2)
	assert.Len(t, r.Tests, 4)
	assert.True(t, r.Ended)
	kept, err := Kept(l.cfg.OutDir)
	require.NoError(t, err)
	assert.True(t, kept.Ended)
	assert.Equal(t, whys(r), whys(kept))
}

// What has come is in the file before the run is done, were it killed then; at
// the end the file, now in the folder, is the very report.
func TestResultsAreKeptAsTheyCome(t *testing.T) {
	var l *litmusLab
	var midway []litmus.Report
	l = newLitmusLab(t, func(job wire.LitmusJob) *wire.LitmusResult {
		if job.Name == "C" {
			var kept litmus.Report
			assert.Eventually(t, func() (come bool) {
				var err error
				kept, err = Kept(l.cfg.OutDir)
				return err == nil && kept.Tests[1].Outcomes == uint64(80+20*len(midway))
			}, time.Minute, time.Millisecond)
			midway = append(midway, kept)
		}
		return counts(job)
	}, "A", "B", "C")
	r, err := Run(t.Context(), l.cfg)
	require.NoError(t, err)
	require.Len(t, midway, 2)
	for i, kept := range midway {
		assert.True(t, kept.Ended)
		require.Len(t, kept.Tests, 3)
		assert.Equal(t, uint64(80+20*i), kept.Tests[0].Outcomes)
	}
	assert.Contains(t, whys(midway[0])["A"], "not run under the policy verdict")
	assert.Contains(t, whys(midway[0])["C"], "the run was ended before")
	assert.Equal(t, litmus.Sound, outcomes(midway[1])["A"])
	kept, err := Kept(l.cfg.OutDir)
	require.NoError(t, err)
	assert.Equal(t, r.Tests[2].Shares, kept.Tests[2].Shares)
	assert.Equal(t, outcomes(r), outcomes(kept))
	assert.False(t, kept.Ended)
	assert.NoFileExists(t, l.cfg.OutDir+"."+linesName)
}

func TestAnInterruptedRunSaysWhatIsMissing(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var l *litmusLab
	l = newLitmusLab(t, func(job wire.LitmusJob) *wire.LitmusResult {
		if job.Name == "B" {
			assert.Eventually(t, func() bool {
				kept, err := Kept(l.cfg.OutDir)
				return err == nil && kept.Tests[0].Outcomes > 0
			}, time.Minute, time.Millisecond)
			cancel()
			<-ctx.Done()
			time.Sleep(50 * time.Millisecond)
		}
		return counts(job)
	}, "A", "B", "C")
	r, err := Run(ctx, l.cfg)
	require.ErrorIs(t, err, context.Canceled)
	assert.Equal(t, uint64(80), r.Tests[0].Outcomes)
	assert.Equal(t, litmus.Inconclusive, r.Tests[0].Outcome, "it has not run as verdicts do")
	kept, err := Kept(l.cfg.OutDir)
	require.NoError(t, err)
	assert.Equal(t, whys(r), whys(kept))
	assert.Equal(t, "interrupted before it was run", whys(kept)["C"])
	assert.True(t, kept.Ended)
	_, err = Kept(t.TempDir())
	assert.Equal(t, fault.User, fault.KindOf(err))
}
