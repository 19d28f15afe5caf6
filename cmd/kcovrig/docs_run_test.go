// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/command"
)

// way is how a command of a document is run by a test.
type way struct {
	here  string // the same with what the names in it stand for, which needs no kernel; "-": as it stands
	says  string // pattern of what it prints
	code  int    // its exit code
	there string // tests that run it with real machines, or with fakes: file or folder, and name
}

// Tests that run commands of documents.
const (
	verdicts   = "e2e_verdict_test.go TestE2E"
	overWires  = "e2e_worker_test.go TestE2E"
	tutorials  = "tutorial_test.go TestE2ETutorial"
	searchings = "e2e_bisect_test.go TestE2EBisect"
	replays    = "e2e_replay_test.go TestE2EReplay"
	litmuses   = "e2e_litmus_test.go TestE2ELitmus"
	barring    = "../../rig/barriers/barriers_e2e_test.go TestE2E"
	pretended  = "../../rig/bisector/bisector_test.go Test"
)

// ways are how the commands of README.md and docs are run. One that is not here fails a test, and one
// that no page has any more.
var ways = map[string][]way{
	"kcovrig compare --arch=arm64":                                                             {{there: verdicts + "TextIsThatOfTheReadme"}},
	"kcovrig compare --arch=arm64 --mode=pc --seed=7":                                          {{there: verdicts + "OneModeAlone"}},
	"kcovrig compare --arch=x86_64":                                                            {{there: verdicts + "X86HasNoEffect"}},
	"kcovrig run --arch=arm64 --unpatched":                                                     {{there: "e2e_terminal_test.go TestE2ENoControlCharactersInAPipe"}},
	"kcovrig compare --arch=arm64 --tree=$HOME/linux --patch=my.patch":                         {{there: "e2e_fixes_test.go TestE2EEveryFixGetsTheVerdictItDeserves"}, {there: verdicts + "OtherKernels"}, {here: "-", says: "my.patch: no such file", code: exitUsage}},
	"kcovrig compare --arch=arm64 --scenario=tls":                                              {{there: "e2e_scenario_test.go TestE2EABugThatShowsByAnOops"}},
	"kcovrig compare --scenario tls":                                                           {{there: "e2e_scenario_test.go TestE2EABugThatShowsByAnOops"}},
	"kcovrig compare --arch=arm64 --compiler=clang --cpu=neoverse-v1":                          {{there: "e2e_matrix_test.go TestE2EClang"}, {there: "e2e_matrix_test.go TestE2EOtherCPUs"}},
	"kcovrig compare --virtual-fix FUNCTION:LINE:KIND":                                         {{there: "e2e_altered_test.go TestE2EAlterationsByName"}},
	"kcovrig compare --weaken FUNCTION[:LINE]":                                                 {{there: "e2e_altered_test.go TestE2EAlterationsByName"}},
	"kcovrig barriers":                                                                         {{there: barring + "BarriersOfAFixedKernel"}},
	"kcovrig barriers --suggest":                                                               {{there: barring + "WhereOneBarrierIsEnough"}},
	"kcovrig barriers tls":                                                                     {{there: "../../rig/barriers/reboots_test.go TestATreeAsItStandsHasAnswersWithoutTwoWrites"}},
	"kcovrig bisect --tree=linux.git --good=v6.11 --bad=v6.12":                                 {{there: searchings}},
	"kcovrig bisect --tree linux.git --good v6.11 --bad v6.12":                                 {{there: searchings}, {here: "-", says: "linux.git", code: exitUsage}},
	"kcovrig bisect --tree linux.git --bad v6.12 --good v7.2 --fixed":                          {{there: pretended + "BisectFindsWhatRepairedIt"}, {here: "-", says: "linux.git", code: exitUsage}},
	"kcovrig bisect --tree linux.git --good A --bad B --workers 2 -- kernel/":                  {{there: pretended + "BisectFindsWhatBrokeIt"}, {here: "-", says: "linux.git", code: exitUsage}},
	"kcovrig bisect --tree linux.git --log my-bisect.log":                                      {{there: pretended + "ALogBeginsTheSearch"}, {here: "-", says: "linux.git", code: exitUsage}},
	"kcovrig bisect --tree linux.git --good A --bad B --workers 7 --nats nats://queue:4222":    {{there: overWires + "BisectOnWorkers"}, {there: pretended + "BisectFindsWhatBrokeIt"}},
	"kcovrig bisect --tree linux.git --good A --bad B --workers 4 --nats nats://queue:4222":    {{there: overWires + "BisectOnWorkers"}, {there: pretended + "BisectFindsWhatBrokeIt"}},
	"kcovrig worker --nats nats://10.0.0.1:4222":                                               {{there: overWires + "MatrixOnWorkers"}},
	"kcovrig worker --nats nats://queue:4222":                                                  {{there: overWires + "MatrixOnWorkers"}},
	"kcovrig matrix docs/examples/nightly.yaml":                                                {{there: "e2e_matrix_test.go TestE2EMatrix"}, {here: "kcovrig matrix docs/examples/nightly.yaml --list", says: "arm64/debian:6.12/compare"}},
	"kcovrig matrix nightly.yaml --nats nats://queue:4222":                                     {{there: overWires + "MatrixOnWorkers"}},
	"kcovrig matrix nightly.yaml --out results/tonight --since results/yesterday":              {{here: "kcovrig matrix nightly.yaml --out results/tonight --since results/yesterday --resume --no-history", says: "2 of 2 cells as expected"}},
	"kcovrig matrix nightly.yaml --list --format=github":                                       {{here: "-", says: `"include":`}},
	"kcovrig run --as-is --tree . --bisect-exit-codes":                                         {{there: searchings}},
	"kcovrig matrix nightly.yaml --cell='${{ matrix.id }}' --out results":                      {{here: "kcovrig matrix nightly.yaml --cell=arm64/unpatched/acquire --out results/cell --list", says: "arm64/unpatched/acquire"}},
	"kcovrig matrix --schema >matrix.schema.json":                                              {{here: "-", says: `"\$schema"`}},
	"kcovrig report results/*/ --file=nightly.yaml --format=html --output=results/report.html": {{here: "kcovrig report results/parts/*/ --file=nightly.yaml --format=html --output=results/report.html"}},
	"kcovrig report [RUN...] --format=text|json|junit|markdown|html [--output FILE]": {
		{here: "kcovrig report --format=text", says: "verdict: FIXED"}, {here: "kcovrig report runs/RUN --format=json", says: `"verdict": "fixed"`}, {here: "kcovrig report runs/RUN --format=junit --output x.xml"},
		{here: "kcovrig report runs/RUN --format=markdown", says: "(?i)fixed"},
	},
	"kcovrig report --format=html":                                             {{here: "-", says: "<!DOCTYPE html>|<!doctype html>"}},
	"kcovrig explain":                                                          {{here: "-", says: "witness 1 of 1"}},
	"kcovrig explain RUN --litmus":                                             {{here: "kcovrig explain runs/RUN --litmus", says: "litmus test"}, {there: "e2e_explain_test.go TestE2EExplainCertifiesWhatWasSeen"}},
	"kcovrig explain tls --litmus":                                             {{there: "e2e_scenario_test.go TestE2EAnOopsHasALitmusTest"}},
	"kcovrig explain [RUN] [N] [--all] [--json]":                               {{here: "kcovrig explain runs/RUN 1 --all", says: "witness 1 of 1"}, {here: "kcovrig explain 1 --json", says: "kcovrig.explain/2"}},
	"kcovrig explain [RUN] [N] --picture FILE.svg":                             {{here: "kcovrig explain runs/RUN 1 --picture witness.svg"}},
	"kcovrig explain [RUN] [N] --litmus [--litmus-dir DIR] [--herd-limit 30s]": {{here: "kcovrig explain runs/RUN 1 --litmus --litmus-dir tests --herd-limit 30s", says: "litmus test"}},
	"kcovrig replay RUN 1":                                                     {{there: replays}},
	"kcovrig replay [RUN] [N] [--tries 20] [--limit 20s] [--plain] [--force] [--json] [--out DIR]":                                       {{there: replays}, {there: "../../rig/replay/replay_test.go TestPlainReplayHasNoFocus"}, {there: "e2e_hit_test.go TestE2EAnOopsIsExplainedAndReachedAgain"}},
	"kcovrig run --unpatched --scenario tls --duration 6s --scope kernel:tls_getsockopt --scope kernel:sock_common_getsockopt --out tls": {{there: "e2e_scenario_test.go TestE2EAnOopsHasALitmusTest"}},
	"kcovrig litmus run rig/litmus/testdata/diy --herd-log rig/litmus/testdata/diy/herd.log --runs 20":                                   {{there: litmuses + "Run"}},
	"kcovrig litmus make tests/made":                               {{there: litmuses + "Make"}},
	"kcovrig litmus run tests/made --herd-log tests/made/herd.log": {{there: litmuses + "Make"}},
	"kcovrig history [--cell C] [--command C] [--arch A] [--verdict V] [--since T] [--limit N] [--json]": {
		{here: "kcovrig history", says: "4 runs"}, {here: "kcovrig history --cell compare,* --command compare --arch arm64 --verdict fixed --since 2026-01-01 --limit 1 --json", says: `"verdict": "fixed"`},
	},
	"kcovrig history --trend CELL [--since T] [--json]":                 {{here: "kcovrig history --trend compare,* --since 2026-01-01", says: "stale blocks"}, {here: "kcovrig history --trend compare,* --json", says: `"changes"`}},
	"kcovrig history compare A B":                                       {{here: "kcovrig history compare c900ef3d2d 82df2f26f9", says: "differs"}},
	"kcovrig history show RUN":                                          {{here: "kcovrig history show c900ef3d2d", says: "verdict: FIXED"}},
	"kcovrig history import RUN...":                                     {{here: "kcovrig history import runs/RUN", says: "recorded"}},
	"kcovrig history changes [--since T] [--format text|markdown|json]": {{here: "kcovrig history changes --since 2026-01-01 --format markdown", says: "cells"}},
	"kcovrig serve [--db FILE] [--listen 127.0.0.1:8080]":               {{here: "kcovrig serve --listen 127.0.0.1:0", says: `the history is at http://127\.0\.0\.1:\d+`}},
	"kcovrig barriers [SCENARIO] [--as-is] [--suggest] [--arch A] [--tree T] [--patch P] [--mode M] [--duration D] [--out DIR] [--json]": {{here: "kcovrig barriers kcov --suggest --arch arm64 --tree nowhere --patch p --mode pc --duration 3s --out b --json", says: "nowhere", code: exitUsage}},
	"kcovrig scenario new --patch fix.patch --tree debian:6.12 first":                                                                    {{there: tutorials}},
	"kcovrig scenario check --no-build --tree debian:6.12 first":                                                                         {{there: tutorials}},
	"kcovrig scenario new --patch fix.patch --repro race.c --tree debian:6.12 tls-race":                                                  {{there: tutorials}},
	"kcovrig scenario check --tree debian:6.12 tls-race":                                                                                 {{there: tutorials}},
	"kcovrig compare --tree debian:6.12 --scenario tls-race":                                                                             {{there: tutorials}},
}

// pageCommands are the commands that stand on a line of their own in README.md and docs.
func pageCommands(t *testing.T) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	for path, text := range documents(t) {
		if path != "README.md" && !strings.HasPrefix(path, "docs/") {
			continue
		}
		for _, q := range commandsIn(text) {
			if q.whole {
				found[q.text] = true
			}
		}
	}
	return found
}

// unrun are the commands of pages that nothing runs, and the ways of commands that no page has.
func unrun(pages map[string]bool, ways map[string][]way) (wrong []string) {
	for text := range pages {
		if len(ways[text]) == 0 {
			wrong = append(wrong, "no test runs "+text)
		}
	}
	for text := range ways {
		if !pages[text] {
			wrong = append(wrong, "no page has "+text)
		}
	}
	slices.Sort(wrong)
	return wrong
}

func TestEveryCommandOfTheDocumentsIsRunByATest(t *testing.T) {
	pages := pageCommands(t)
	require.Greater(t, len(pages), 40)
	assert.Empty(t, unrun(pages, ways))
	less := maps.Clone(ways)
	delete(less, "kcovrig explain")
	less["kcovrig nothing"] = nil
	assert.Equal(t, []string{"no page has kcovrig nothing", "no test runs kcovrig explain"}, unrun(pages, less))
}

// notRunBy says what of a command the named test's file does not hold: the test, or a flag.
func notRunBy(t *testing.T, there, text string) (missing []string) {
	t.Helper()
	path, name, _ := strings.Cut(there, " ")
	source, err := os.ReadFile(path)
	require.NoError(t, err)
	if !regexp.MustCompile(`(?m)^func ` + name + `[A-Za-z0-9]*\(`).Match(source) {
		return []string{name}
	}
	if strings.HasPrefix(path, "../") || name == "TestE2ETutorial" { // its configuration has what the flags mean, or it reads them from the page
		return nil
	}
	for _, flag := range regexp.MustCompile(`--[a-z-]+`).FindAllString(text, -1) {
		if !strings.Contains(string(source), `"`+flag) && !strings.Contains(string(source), " "+flag) {
			missing = append(missing, flag)
		}
	}
	return missing
}

func TestCommandsThatNeedAKernelHaveATestThatBootsIt(t *testing.T) {
	for text, all := range ways {
		missing := map[string]int{}
		tests := 0
		for _, w := range all {
			if w.there == "" {
				continue
			}
			tests++
			for _, what := range notRunBy(t, w.there, text) {
				missing[what]++
			}
		}
		for what, n := range missing {
			assert.Less(t, n, tests, "%s: none of its tests has %s", text, what)
		}
	}
	assert.Equal(t, []string{"TestGone"}, notRunBy(t, "e2e_worker_test.go TestGone", "kcovrig"))
	assert.Equal(t, []string{"--gone"}, notRunBy(t, "e2e_worker_test.go TestE2EMatrixOnWorkers", "kcovrig matrix --nats x --gone"))
}

// shelf is a folder with what the documents name: a run that is the latest, a history, a
// matrix and parts of it.
func shelf(t *testing.T) (getenv func(string) string) {
	t.Helper()
	dir := t.TempDir()
	place := func(from, to string) {
		require.NoError(t, os.CopyFS(filepath.Join(dir, to), os.DirFS(from)))
	}
	place(savedWitness, "runs/RUN")
	place("../../docs/examples", "docs/examples")
	for _, name := range []string{"results/tonight", "results/yesterday", "results/parts/one"} {
		place(filepath.Join(released, "matrix"), name)
	}
	file, err := os.ReadFile(filepath.Join(released, "matrix.yaml"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "nightly.yaml"), file, 0o600))
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "data", "kcovrig"), 0o755))
	require.NoError(t, os.Rename(releasedHistory(t, "history.db.gz"), filepath.Join(dir, "data", "kcovrig", "history.db")))
	cache := filepath.Join(dir, "cache")
	require.NoError(t, command.KeepAsLatest(cache, filepath.Join(dir, "runs", "RUN")))
	t.Chdir(dir)
	env := map[string]string{"HOME": dir, "KCOVRIG_CACHE": cache, "XDG_DATA_HOME": filepath.Join(dir, "data")}
	getenv = func(name string) string { return env[name] }
	code := execute(t.Context(), getenv, &bytes.Buffer{}, &bytes.Buffer{}, []string{"history"}) // brings it to this version
	require.Equal(t, exitOK, code)
	return getenv
}

// until ends a command once it has printed something with words: a server would not end by itself.
type until struct {
	bytes.Buffer
	words string
	end   context.CancelFunc
}

func (u *until) Write(text []byte) (int, error) {
	n, err := u.Buffer.Write(text)
	if strings.Contains(u.Buffer.String(), u.words) {
		u.end()
	}
	return n, err
}

func TestCommandsOfTheDocumentsRun(t *testing.T) {
	for text, all := range ways {
		for _, w := range all {
			if w.here == "" {
				continue
			}
			line := w.here
			if line == "-" {
				line = text
			}
			t.Run(line, func(t *testing.T) {
				getenv := shelf(t)
				line, _, _ = strings.Cut(line, " >")
				var args []string
				for _, word := range strings.Fields(strings.ReplaceAll(line, "$HOME", getenv("HOME")))[1:] {
					matched, err := filepath.Glob(strings.TrimSuffix(word, "/"))
					require.NoError(t, err)
					if !strings.HasSuffix(word, "*/") {
						matched = []string{word}
					}
					args = append(args, matched...)
				}
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				out, errs := &until{words: "Ctrl-C ends it", end: cancel}, &bytes.Buffer{}
				code := execute(ctx, getenv, out, errs, args)
				assert.Equal(t, w.code, code, "%s%s", out.String(), errs.String())
				assert.Regexp(t, "(?s)"+w.says, out.String()+errs.String())
				if _, file, found := strings.Cut(strings.ReplaceAll(line, "--output ", "--output="), "--output="); found {
					assert.FileExists(t, file)
				}
			})
		}
	}
}
