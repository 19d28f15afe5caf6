// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What was probably meant is asked, the help that is named is that of the command, and
// no text is Go's or that of the flags' parser.
func TestSlipsAreAnsweredInWordsOfThisProgram(t *testing.T) {
	for args, want := range map[string][2]string{
		"comapre":                          {`unknown command "comapre"; did you mean compare?`, "kcovrig --help"},
		"cache lss":                        {`unknown command "lss"; did you mean ls?`, "kcovrig cache --help"},
		"history changs":                   {`unknown command "changs"; did you mean changes?`, "kcovrig history --help"},
		"help foo":                         {`unknown command "foo"`, "kcovrig --help"},
		"help cache lss":                   {`unknown command "lss"; did you mean ls?`, "kcovrig cache --help"},
		"compare --archh=arm64":            {"unknown flag --archh; did you mean --arch?", "kcovrig compare --help"},
		"compare --nonsense":               {"unknown flag --nonsense", "kcovrig compare --help"},
		"compare -x":                       {"unknown flag -x", "kcovrig compare --help"},
		"compare --arch":                   {"--arch: a value is missing", "kcovrig compare --help"},
		"compare --seed=x":                 {`--seed: "x" is no whole number from 0 on`, "kcovrig compare --help"},
		"compare --jobs=x":                 {`--jobs: "x" is no whole number`, "kcovrig compare --help"},
		"compare --json=x":                 {`--json: "x" is neither true nor false`, "kcovrig compare --help"},
		"compare --duration=1x":            {`--duration: "1x" is no duration (30s, 5m, 12h, 7d)`, "kcovrig compare --help"},
		"compare extra":                    {`kcovrig compare takes no arguments: "extra"`, "kcovrig compare --help"},
		"compare --weaken= --arch=vax":     {"--weaken names nothing", "kcovrig compare --help"}, // and is no comparison of two kernels
		"compare --virtual-fix= --arch=a":  {"--virtual-fix names nothing", "kcovrig compare --help"},
		"compare -q -v":                    {"--quiet and --verbose exclude each other", "kcovrig compare --help"},
		"run --arch=arm64":                 {"one of these is needed: --patched, --unpatched, --as-is", "kcovrig run --help"},
		"history show":                     {"wrong number of arguments (0): kcovrig history show RUN [flags]", "kcovrig history show --help"},
		"explain a b c":                    {"wrong number of arguments (3): kcovrig explain [RUN] [N] [flags]", "kcovrig explain --help"},
		"worker":                           {"--nats: name the NATS server that kcovrig matrix or bisect uses", "kcovrig worker --help"},
		"run --as-is --clean-share=little": {`--clean-share: "little" is no number`, "kcovrig run --help"},
	} {
		code, out, errs := call(t, strings.Fields(args)...)
		assert.Equal(t, exitUsage, code, args)
		assert.Empty(t, out, args)
		assert.Contains(t, errs, "kcovrig: "+want[0]+"\n", args)
		assert.Contains(t, errs, "try: "+want[1], args)
		assert.NotRegexp(t, `strconv|parsing|arg\(s\)|group \[`, errs, args)
	}
}

func TestVersionIsACommandToo(t *testing.T) {
	_, byFlag, _ := call(t, "--version")
	code, byCommand, errs := call(t, "version")
	require.Equal(t, exitOK, code, errs)
	assert.Equal(t, byFlag, byCommand)
	code, help, errs := call(t, "help", "cache", "ls")
	require.Equal(t, exitOK, code, errs)
	assert.Contains(t, help, "kcovrig cache ls [flags]")
}

func TestDurationsHaveDays(t *testing.T) {
	for text, want := range map[string]time.Duration{"7d": 168 * time.Hour, "1d12h": 36 * time.Hour, "30s": 30 * time.Second, "0": 0, "-1h": -time.Hour} {
		got, err := parseDuration(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, got, text)
	}
	for _, text := range []string{"", "d", "7", "7days", "1d-2h", "-1d", "999999d"} {
		_, err := parseDuration(text)
		require.ErrorIs(t, err, errNoDuration, "%q", text)
	}
	_, help, _ := call(t, "compare", "--help")
	assert.Regexp(t, `--duration duration .*until the verdict is certain, for 2m at the most\)\n`, help, "none has no default")
	_, help, _ = call(t, "barriers", "--help")
	assert.Regexp(t, `--duration duration .*as long as it takes\)\n`, help, "it has no limit")
	_, help, _ = call(t, "explain", "--help")
	assert.Contains(t, help, "(default 30s)")
}

func TestSinceTimesAreDaysOfUTC(t *testing.T) {
	now := time.Date(2026, 11, 29, 0, 30, 0, 0, time.FixedZone("east", 3600)) // 28th, 23:30 UTC
	day := func(n int) time.Time { return time.Date(2026, 11, n, 0, 0, 0, 0, time.UTC) }
	for text, want := range map[string]time.Time{"today": day(28), "yesterday": day(27), "2026-11-03": day(3), "7d": now.Add(-168 * time.Hour), "": {}} {
		at, err := sinceTime(text, now)
		require.NoError(t, err, text)
		assert.True(t, want.Equal(at), "%q: %v", text, at)
	}
	_, err := sinceTime("yesteryear", now)
	require.ErrorContains(t, err, "yesterday")
}
