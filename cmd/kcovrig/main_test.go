// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/fault"
	"kcovrig/rig/trial"
)

func call(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	cache := t.TempDir()
	getenv := func(name string) string {
		if name == "KCOVRIG_CACHE" {
			return cache
		}
		return ""
	}
	var out, errs bytes.Buffer
	code = execute(t.Context(), getenv, &out, &errs, args)
	return code, out.String(), errs.String()
}

// An empty name is a slip, such as a variable that is not set: not the built-in series.
func TestAnEmptyPatchNameIsRefused(t *testing.T) {
	for _, args := range [][]string{{"compare", "--patch", ""}, {"build", "--patch=a.patch", "--patch="}} {
		code, stdout, stderr := call(t, args...)
		assert.Equal(t, 2, code)
		assert.Empty(t, stdout)
		assert.Contains(t, stderr, "--patch: no name")
	}
}

// So is one of a scenario: the default's verdict would be taken for another bug's.
func TestTheShorthandOfVerboseShowsNoVersion(t *testing.T) {
	code, out, errs := call(t, "-v", "scenario", "list")
	assert.Equal(t, exitUsage, code)
	assert.Empty(t, out)
	assert.Contains(t, errs, "-v")
}

func TestAnEmptyScenarioNameIsRefused(t *testing.T) {
	for _, args := range [][]string{{"replay", "--scenario="}, {"compare", "--scenario", ""}, {"run", "--patched", "--scenario="}} {
		code, stdout, stderr := call(t, args...)
		assert.Equal(t, 2, code)
		assert.Empty(t, stdout)
		assert.Contains(t, stderr, `--scenario: "" is no name: leave the flag out for the default`)
	}
}

func TestExitCodes(t *testing.T) {
	verdict := func(v trial.Verdict) *trial.Result { return &trial.Result{Judgement: trial.Judgement{Verdict: v}} }
	ran := func(o trial.Outcome) *trial.Result {
		return &trial.Result{Observations: []trial.Observation{{Outcome: o}}}
	}
	cut := func(v trial.Verdict) *trial.Result {
		r := ran(trial.OutcomeCut)
		r.Judgement.Verdict = v
		return r
	}
	for name, c := range map[string]struct {
		result *trial.Result
		err    error
		want   int
	}{
		"nothing":            {nil, nil, 0},
		"fixed":              {verdict(trial.Fixed), nil, 0},
		"no effect":          {verdict(trial.NoEffect), nil, 0},
		"not fixed":          {verdict(trial.NotFixed), nil, 1},
		"identical":          {verdict(trial.Identical), nil, 4},
		"inconclusive":       {verdict(trial.Inconclusive), nil, 4},
		"not applicable":     {verdict(trial.DoesNotApply), nil, 6},
		"not applicable too": {nil, trial.DoesNotApplyf(fault.User, "bisect", "no"), 6},
		"one kernel":         {ran(trial.OutcomeOK), nil, 0},
		"one kernel, cut":    {ran(trial.OutcomeCut), nil, 4},
		"fixed, cut":         {cut(trial.Fixed), nil, 0},
		"not fixed, cut":     {cut(trial.NotFixed), context.Canceled, 1},
		"inconclusive, cut":  {cut(trial.Inconclusive), nil, 4},
		"unknown":            {ran(trial.OutcomeUnknown), nil, 4},
		"user":               {nil, fault.Newf(fault.User, "x", "y"), 2},
		"rig":                {verdict(trial.Inconclusive), fault.Newf(fault.Rig, "x", "y"), 3},
		"guest":              {nil, fault.Newf(fault.Guest, "x", "y"), 3},
		"nobody":             {nil, errors.New("x"), 3},
		"kernel":             {verdict(trial.Inconclusive), fault.Newf(fault.Kernel, "x", "y"), 5},
		"interrupted":        {nil, context.Canceled, 3},
		"interrupted, later": {ran(trial.OutcomeCut), context.Canceled, 4},
	} {
		assert.Equal(t, c.want, exitCode(c.result, c.err), name)
	}
}

// Found before anything is built, and no wrong usage.
func TestAScenarioThatIsNotForTheArchitecture(t *testing.T) {
	code, out, _ := call(t, "compare", "--scenario=tls", "--arch=x86_64", "--json", "--no-history")
	assert.Equal(t, exitNotFor, code)
	var doc struct {
		Verdict trial.Verdict
		Reasons []string
		Error   *trial.Failure
	}
	require.NoError(t, json.Unmarshal([]byte(out), &doc))
	assert.Equal(t, trial.DoesNotApply, doc.Verdict)
	assert.Equal(t, []string{"scenario tls is not for x86_64 (have: arm64)"}, doc.Reasons)
	assert.Nil(t, doc.Error)
	code, _, _ = call(t, "run", "--as-is", "--scenario=tls", "--arch=x86_64", "--bisect-exit-codes", "--no-history")
	assert.Equal(t, gitSkip, code)
}

// One commit's silence is no answer where which stores matter shows beside a broken kernel alone.
func TestASearchForCleanKernelsNeedsTwoWrites(t *testing.T) {
	code, _, errs := call(t, strings.Fields("run --as-is --scenario=tls --bisect-exit-codes --no-history")...)
	assert.Equal(t, gitAbort, code)
	assert.Contains(t, errs, "scenario tls names no two writes")
	assert.Contains(t, errs, "kcovrig bisect")
}

func TestWrongUsage(t *testing.T) {
	for _, args := range []string{
		"", "cache", "nonsense", "compare extra", "compare --nonsense", "compare --arch=vax", "compare --mode=xy", "compare --reader=loud",
		"compare --accel=kvm", "compare --duration=0s", "compare --duration=-1s", "compare --rev=HEAD", "run", "run --patched --unpatched",
		"compare --memory-model=x86", "compare --jobs=-1", "cache prune --older-than=-1h", "doctor --arch=vax", "compare --out=/",
	} {
		code, out, errs := call(t, strings.Fields(args)...)
		assert.Equal(t, exitUsage, code, "%s: %s", args, errs)
		assert.NotEmpty(t, errs, args)
		if args != "" && args != "cache" {
			assert.Empty(t, out, args)
		}
	}
}

func TestJSONIsOneObjectWhateverIsWrong(t *testing.T) {
	for _, args := range []string{"compare --json --arch=vax", "compare --json --nonsense", "run --json", "run --json --patched --mode=xy"} {
		code, out, _ := call(t, strings.Fields(args)...)
		assert.Equal(t, exitUsage, code)
		dec := json.NewDecoder(strings.NewReader(out))
		var doc struct {
			Schema string
			Error  struct{ Whose string }
		}
		require.NoError(t, dec.Decode(&doc), args)
		assert.Equal(t, "user", doc.Error.Whose)
		_, err := dec.Token()
		assert.ErrorIs(t, err, io.EOF)
	}
}

func TestEveryHelpHasExamplesAndExitCodes(t *testing.T) {
	var visit func(c *cobra.Command)
	visit = func(c *cobra.Command) {
		if c.Name() == "help" || c.Name() == "completion" || c.Parent() != nil && c.Parent().Name() == "completion" {
			return
		}
		_, exits, _ := strings.Cut(c.Long, exitHead)
		assert.Regexp(t, `(?s)^  0  .*\n  2  wrong usage.*\n  3  `, exits, c.CommandPath())
		for line := range strings.SplitSeq(exits, "\n") {
			assert.LessOrEqual(t, len(line), 80, "%s: %s", c.CommandPath(), line)
		}
		if c.HasParent() {
			assert.Equal(t, c.CommandPath() == "kcovrig compare", strings.Contains(exits, "not fixed"), c.CommandPath())
		}
		assert.NotEmpty(t, c.Example, c.CommandPath())
		help := strings.ReplaceAll(c.Long+c.UsageString(), "arm: emulate Arm's", "")
		assert.NotRegexp(t, `(?i)\bstale`, help, "%s: one scenario's word", c.CommandPath())
		assert.NotRegexp(t, `\b(?:pc|cmp)\b`, c.Flags().FlagUsages(), "%s: one scenario's modes", c.CommandPath())
		assert.NotRegexp(t, `\barms?\b`, strings.ReplaceAll(strings.ReplaceAll(help, `(default "arm")`, ""), "memory-model=arm", ""), "%s: a variant is no CPU", c.CommandPath())
		for _, sub := range c.Commands() {
			visit(sub)
		}
	}
	visit(newRoot(&app{getenv: func(string) string { return "" }}))
}

func TestHelpVersionAndCompletion(t *testing.T) {
	for args, want := range map[string]string{
		"--help": "Exit codes:", "compare --help": "Exit codes:", "--version": "kcovrig ", "completion bash": "bash completion",
		"cache ls": "0 entries", "__complete compare --arch= ": "",
	} {
		code, out, errs := call(t, strings.Fields(args)...)
		assert.Equal(t, exitOK, code, "%s: %s", args, errs)
		assert.Contains(t, out, want, args)
	}
}

// Modes are those of the scenario at hand, of which another bug's are none.
func TestModesAreCompletedByTheScenario(t *testing.T) {
	for args, want := range map[string]string{
		"compare --mode=": "pc\ncmp\nboth\n", "compare --scenario=tls --mode=": "program\nboth\n", "run --scenario=none --mode=": "both\n",
		"compare --reader=": "acquire\nrelaxed\n", "compare --scenario=tls --reader=": "kernel\n",
	} {
		code, out, errs := call(t, append([]string{"__complete"}, strings.Fields(args)...)...)
		assert.Equal(t, exitOK, code, "%s: %s", args, errs)
		assert.Equal(t, want+":4\n", out, args)
	}
}

func TestQuietAndVerboseExcludeEachOther(t *testing.T) {
	for _, command := range []string{
		"run --unpatched", "compare", "build", "soak", "replay x", "bisect", "matrix x", "worker", "litmus run x", "litmus expect",
	} {
		code, out, errs := call(t, append(strings.Fields(command), "-q", "-v")...)
		assert.Equal(t, exitUsage, code, command)
		assert.Empty(t, out, command)
		assert.Contains(t, errs, "quiet", command)
	}
}
