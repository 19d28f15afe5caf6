// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// search is a bisect of a branch between two of its commits.
func search(t *testing.T, branch string, from, to int, flags ...string) []string {
	t.Helper()
	repo := bisectRepository(t)
	old, end := commitAt(t, repo, branch, from), commitAt(t, repo, branch, to)
	args := []string{"bisect", "--arch=arm64", "--tree=" + repo, "--good=" + old, "--bad=" + end}
	if branches[branch].how == "added" {
		args = []string{"bisect", "--arch=arm64", "--tree=" + repo, "--bad=" + old, "--good=" + end, "--fixed"}
	}
	args = append(args, flags...)
	kcovrig(t, nil, append(args, "--reset")...).run(exitOK)
	return args
}

// steps are the report's, by commit number: what was found.
func steps(t *testing.T, branch string, doc map[string]any) map[int]map[string]any {
	t.Helper()
	found := map[int]map[string]any{}
	number := map[string]int{}
	for n := 1; n <= historyLength; n++ {
		number[commitAt(t, bisectRepository(t), branch, n)] = n
	}
	for _, s := range doc["steps"].([]any) {
		step := s.(map[string]any)
		found[number[step["commit"].(string)]] = step
		t.Logf("commit %d: %v (%v%v), %.0f s", number[step["commit"].(string)], step["finding"], step["reason"], step["sameBy"], step["seconds"])
	}
	return found
}

// The first wrong commit of a real history is found, across an interruption:
// what was answered before it is not asked again.
func TestE2EBisect(t *testing.T) {
	args := search(t, "removed-27", 3, historyLength)
	cut := kcovrig(t, drawing, args...)
	cut.onTerminal(100)
	cut.start()
	cut.untilSays("round 1:")
	cut.untilSays("rounds or so") // the view is drawn again some time after the line
	cut.signal(syscall.SIGINT)
	require.Equal(t, exitRig, cut.wait())
	cut.leavesNothing()
	cut.untilEnd("testing the end", "> "+commitAt(t, bisectRepository(t), "removed-27", 3)[:12], "build", "stress", "bisect.md", "next    the same command again")

	c := kcovrig(t, nil, append(args, "--json")...).run(exitOK)
	require.NotContains(t, c.log.String(), "testing the end", "the ends were tested again")
	doc := c.object()
	assert.Equal(t, "found", doc["outcome"])
	first := doc["first"].([]any)[0].(map[string]any)
	repo := bisectRepository(t)
	assert.Equal(t, commitAt(t, repo, "removed-27", 27), first["hash"])
	assert.Contains(t, first["diff"], "-	smp_wmb();")
	assert.Equal(t, fmt.Sprintf("Fixes: %.12s (%q)", first["hash"], first["subject"]), first["fixes"])
	assert.Equal(t, "no", doc["hitCode"].(map[string]any)["ordered"])
	assert.Equal(t, "yes", doc["cleanCode"].(map[string]any)["ordered"])
	assert.NotEmpty(t, doc["witness"].(map[string]any)["events"])
	assert.Greater(t, doc["confidence"], 1-1e-8)
	for n, step := range steps(t, "removed-27", doc) {
		if step["finding"] != "inconclusive" {
			assert.Equal(t, map[bool]string{true: "hit", false: "clean"}[n >= 27], step["finding"], "commit %d", n)
		}
	}
	md, err := os.ReadFile(filepath.Join(doc["folder"].(string), "bisect.md"))
	require.NoError(t, err)
	assert.Contains(t, string(md), first["fixes"])
	assert.NotContains(t, gitIn(t, repo, "worktree", "list"), filepath.Base(doc["folder"].(string)), "other searches' are none of ours")
	assert.NotContains(t, gitIn(t, repo, "for-each-ref"), "bisect")
	kcovrig(t, nil, append(args, "--reset")...).run(exitOK)
}

// The default tree lacks the fix, and is taken so.
func TestE2ERunAsItStandsForGit(t *testing.T) {
	args := []string{"run", "--arch=arm64", "--as-is", "--bisect-exit-codes"}
	c := kcovrig(t, nil, append(args, "--json")...).run(gitBad)
	doc := c.object()
	assert.Equal(t, true, doc["spec"].(map[string]any)["asIs"])
	for _, a := range doc["arms"].([]any) {
		assert.Equal(t, true, a.(map[string]any)["asIs"])
	}
	kcovrig(t, nil, append(args, "--tree=/nonexistent")...).run(gitAbort)
}
