// SPDX-License-Identifier: Apache-2.0

//go:build bisectproof

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestBisectProof is the larger set behind scripts/bisect-proof; scripts/test
// runs a smaller one, see TestE2EBisect.
func TestBisectProof(t *testing.T) {
	for _, c := range []struct {
		branch string
		from   int
		flags  []string
	}{
		{"removed-9", 3, nil}, {"removed-27", 3, nil}, {"removed-42", 3, nil}, {"weakened-20", 3, nil}, {"added-24", 3, nil},
		{"removed-27", 3, []string{"--paranoid"}}, {"removed-27", 3, []string{"--paranoid", "--workers=2"}},
		{"removed-9", 2, nil}, // across a header of everything
	} {
		name := strings.Join(append([]string{c.branch}, c.flags...), " ")
		t.Run(name, func(t *testing.T) {
			args := search(t, c.branch, c.from, historyLength, c.flags...)
			doc := kcovrig(t, nil, append(args, "--json")...).run(exitOK).object()
			require.Equal(t, "found", doc["outcome"])
			want := commitAt(t, bisectRepository(t), c.branch, branches[c.branch].at)
			assert.Equal(t, want, doc["first"].([]any)[0].(map[string]any)["hash"])
			var tested, reused []float64
			for _, s := range steps(t, c.branch, doc) {
				seconds := s["seconds"].(float64)
				switch {
				case s["round"].(float64) == 0:
				case s["sameAs"] != nil:
					reused = append(reused, seconds)
				default:
					tested = append(tested, seconds)
				}
			}
			fmt.Printf("PROOF | %s | %v | %v | %d (%s) | %d (%s) | %.0f s |\n", name, doc["commits"], doc["rounds"],
				len(tested), median(tested), len(reused), median(reused), doc["seconds"])
			kcovrig(t, nil, append(args, "--reset")...).run(exitOK)
		})
	}
}

// TestBisectProofOfPlainGit has git drive the search, with kcovrig as its script.
func TestBisectProofOfPlainGit(t *testing.T) {
	e2e(t)
	self, err := os.Executable()
	require.NoError(t, err)
	repo, tree := bisectRepository(t), filepath.Join(t.TempDir(), "linux")
	gitIn(t, "", "clone", "--quiet", "--shared", "--no-checkout", repo, tree)
	t.Setenv(asKcovrig, "1")
	t.Setenv("XDG_DATA_HOME", t.TempDir())
	start := time.Now()
	gitIn(t, tree, "bisect", "start", commitAt(t, repo, "removed-17", 17), commitAt(t, repo, "removed-17", 13))
	out := gitIn(t, tree, "bisect", "run", self, "run", "--arch=arm64", "--as-is", "--bisect-exit-codes", "--tree=.")
	t.Log(out)
	assert.Contains(t, out, commitAt(t, repo, "removed-17", 17)+" is the first bad commit")
	assert.Contains(t, gitIn(t, tree, "bisect", "log"), "# skip: ["+commitAt(t, repo, "removed-17", 15))
	fmt.Printf("PROOF | git bisect run, commits 13 to 17 | %.0f s |\n", time.Since(start).Seconds())
}

func median(seconds []float64) string {
	if len(seconds) == 0 {
		return "-"
	}
	slices.Sort(seconds)
	return fmt.Sprintf("median %.0f s", seconds[len(seconds)/2])
}
