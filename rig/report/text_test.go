// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/goldentest"
	"kcovrig/rig/report/reporttest"
	"kcovrig/rig/report/words"
	"kcovrig/rig/result"
	"kcovrig/rig/trial"
)

func TestText(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, Text(&out, reporttest.Sample(), 0))
	goldentest.Check(t, "compare.txt", out.Bytes())
}

func TestTextOfTwoReaders(t *testing.T) {
	r := reporttest.Sample()
	u, p := r.Observations[0], r.Observations[1]
	u.Expected, p.Expected = trial.Sometimes, trial.Never
	failed := u
	failed.Reader, failed.Outcome = trial.Relaxed, trial.OutcomeTimeout
	r.Spec.Readers, r.Observations = []trial.Reader{trial.Acquire, trial.Relaxed}, []trial.Observation{u, p, failed}
	var out bytes.Buffer
	require.NoError(t, Text(&out, r, 0))
	goldentest.Check(t, "readers.txt", out.Bytes())
}

// Whether a tree as it stands has the fix is not known: it is in a column of its own.
func TestTextOfATreeAsItStandsForTwoReaders(t *testing.T) {
	r := reporttest.Sample()
	acquire := r.Observations[0]
	acquire.Variant = trial.AsIs
	relaxed := acquire
	relaxed.Reader = trial.Relaxed
	r.Command, r.Judgement = "run", trial.Judgement{}
	r.Spec.Readers, r.Observations = []trial.Reader{trial.Acquire, trial.Relaxed}, []trial.Observation{acquire, relaxed}
	var out bytes.Buffer
	require.NoError(t, Text(&out, r, 0))
	assert.Regexp(t, `\(memory model\) +as-is\nacquire reader +240 of 6400 \(\)\nrelaxed reader +240 of 6400 \(\)\n`, out.String())
}

func TestJSON(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, result.JSON(&out, reporttest.Sample()))
	goldentest.Check(t, "compare.json", out.Bytes())
}

func TestTextOfOneArmHasNoVerdict(t *testing.T) {
	r := reporttest.Sample()
	r.Command, r.Observations, r.Judgement = "run", r.Observations[:1], trial.Judgement{}
	var out bytes.Buffer
	require.NoError(t, Text(&out, r, 0))
	assert.NotContains(t, out.String(), "\nverdict:")
	assert.Contains(t, out.String(), "no verdict: one kernel alone")
	assert.Contains(t, out.String(), "unpatched")
}

// What a lone patched kernel did not show is a tally, and no word on the patch; where a
// finding was asked for, it comes with its reason.
func TestTextOfALonePatchedArmSaysNoMoreThanItSaw(t *testing.T) {
	r := reporttest.Sample()
	r.Command, r.Observations, r.Judgement = "run", r.Observations[1:2], trial.Judgement{}
	for i := range r.Observations[0].Tallies {
		t := &r.Observations[0].Tallies[i]
		t.HitWindows, t.HitUnits, t.HitBlocks = 0, 0, 0
	}
	var out, asked bytes.Buffer
	require.NoError(t, Text(&out, r, 0))
	for _, word := range []string{"fixed", "clean", "finding", "\nverdict:"} {
		assert.NotContains(t, strings.ToLower(out.String()), word)
	}
	r.Spec.CleanShare, r.QEMU.MemoryModel = 0.05, trial.ModelArm
	r.Observations[0].Counters = map[string]uint64{"delayed": 9}
	r.Observations[0].Silence = &trial.Silence{Stores: trial.Earned{Caution: 9}}
	require.NoError(t, Text(&asked, r, 0))
	assert.Contains(t, asked.String(), "finding: patched, acquire: inconclusive\n  none of ")
	assert.Contains(t, asked.String(), "which says nothing: no instruction that Arm orders stores by")
	assert.Contains(t, asked.String(), "no verdict: one kernel alone")
}

func soaked() trial.Result {
	r := reporttest.Sample()
	r.Command, r.Judgement, r.Spec.Duration = "soak", trial.Judgement{}, 10*time.Second
	for i := range r.Observations {
		r.Observations[i].Outcome, r.Observations[i].Ledgers = trial.OutcomeOK, map[string]uint64{"audits": uint64(5491 + i)}
	}
	return r
}

// What a saved soak shows is what the soak itself showed.
func TestASoakKeepsItsLedgers(t *testing.T) {
	var first, again bytes.Buffer
	r := soaked()
	require.NoError(t, Text(&first, r, 0))
	require.NoError(t, Text(&again, result.NewDocument(r).Result(), 0))
	assert.Equal(t, first.String(), again.String())
	for _, want := range []string{"audits", "5491", "5492", "Sound: no store was lost"} {
		assert.Contains(t, again.String(), want)
	}
}

func TestASoakIsSoundOnlyWhereItEnded(t *testing.T) {
	r := soaked()
	d := result.NewDocument(r)
	assert.Equal(t, "sound", verdictWord(d))
	assert.Contains(t, command(d), "--duration=20s", "of both kernels, as the flag means it")
	for _, flag := range []string{"--reader", "--memory-model", "--accel"} {
		assert.NotContains(t, command(d), flag, "soak has no such flag")
	}
	for name, spoil := range map[string]func(*trial.Result){
		"cut short": func(r *trial.Result) { r.Observations[0].Outcome = trial.OutcomeCut },
		"failed":    func(r *trial.Result) { r.Failure = &trial.Failure{Message: "a store was lost"} },
		"not begun": func(r *trial.Result) { r.Observations = nil },
	} {
		r := soaked()
		spoil(&r)
		var out bytes.Buffer
		require.NoError(t, Text(&out, r, 0))
		d := result.NewDocument(r)
		assert.Equal(t, "no verdict", verdictWord(d), name)
		assert.NotContains(t, out.String()+SentenceOf(d)+Sentence(r), "Sound", name)
	}
}

func TestColumnsOfRuns(t *testing.T) {
	of := func(command trial.Command, arms ...result.ModeDocument) result.Saved {
		return result.Saved{Document: result.Document{Command: command, Measured: arms}}
	}
	unpatched, patched, asIs := result.ModeDocument{Variant: trial.Unpatched}, result.ModeDocument{Variant: trial.Patched}, result.ModeDocument{Variant: trial.AsIs}
	for _, c := range []struct {
		runs        []result.Saved
		left, right string
	}{
		{[]result.Saved{of("run", unpatched)}, "unpatched", ""},
		{[]result.Saved{of("run", patched)}, "", "patched"},
		{[]result.Saved{of("run", asIs)}, "as-is", ""},
		{[]result.Saved{of("run", asIs), of("run", unpatched)}, "unpatched or as-is", ""},
		{[]result.Saved{of("compare", unpatched)}, "unpatched", "patched"},
		{[]result.Saved{of("run", unpatched), of("compare")}, "unpatched", "patched"},
	} {
		left, right := columns(c.runs)
		assert.Equal(t, []string{c.left, c.right}, []string{left, right}, "%v", c.runs)
	}
}

func TestUnknownIsNeverPrintedAsAnythingElse(t *testing.T) {
	r := reporttest.Sample()
	r.Judgement = trial.Judgement{}
	var out bytes.Buffer
	require.NoError(t, Text(&out, r, 0))
	assert.Contains(t, out.String(), "\nno verdict: the kernels were not compared\n")
	assert.NotContains(t, out.String(), "\nverdict: ")
}

func TestFailure(t *testing.T) {
	var out bytes.Buffer
	Failure(&out, trial.Failure{Message: "m", Log: "/l", Tail: "a\nb", Try: "t"})
	assert.Equal(t, "kcovrig: m\n  log: /l\n  last lines:\n    a\n    b\n  try: t\n", out.String())
}

// Each line fits a terminal's width; what a table holds is there all the same.
func TestTextFitsATerminal(t *testing.T) {
	for _, name := range []string{"fixed", "readers", "not-fixed", "one-kernel"} {
		run := reporttest.Load(t, name)[0].Document.Result()
		run.Judgement.Voices = []trial.Voice{{Name: "model", How: "herd7 with aarch64.cat on the instructions between the two stores", Unpatched: trial.Saying{Answer: trial.Possible, Words: "sometimes"}}}
		var whole bytes.Buffer
		require.NoError(t, Text(&whole, run, 0))
		for _, width := range []int{100, 80, 40} {
			var out bytes.Buffer
			require.NoError(t, Text(&out, run, width))
			assert.LessOrEqual(t, words.Widest(out.String()), width, out.String())
			if name == "fixed" && width < 100 {
				goldentest.Check(t, fmt.Sprintf("width%d.txt", width), out.Bytes())
			}
			for _, o := range run.Observations {
				for _, tally := range o.Tallies {
					assert.Contains(t, out.String(), fmt.Sprint(tally.Windows))
					assert.Contains(t, out.String(), share(tally))
				}
			}
		}
		var wide bytes.Buffer
		require.NoError(t, Text(&wide, run, 300))
		assert.Equal(t, whole.String(), wide.String())
	}
}
