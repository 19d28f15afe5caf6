// SPDX-License-Identifier: Apache-2.0

package gitbisect

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"kcovrig/rig/fault"
)

// git runs git in dir as the user of the repository does.
func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", append([]string{"-C", dir}, args...)...)
	cmd.Env = append(os.Environ(), "LC_ALL=C", "GIT_CONFIG_GLOBAL=/dev/null",
		"GIT_AUTHOR_NAME=A U Thor", "GIT_AUTHOR_EMAIL=author@example.org", "GIT_COMMITTER_NAME=C", "GIT_COMMITTER_EMAIL=c@example.org")
	var out, err bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &err
	require.NoError(t, cmd.Run(), "git %s: %s", strings.Join(args, " "), err.String())
	return strings.TrimRight(out.String(), "\n")
}

// made is a repository and its commits, parents first.
type made struct {
	dir     string
	commits []string
	parents [][]int
}

// history makes a repository with n commits and a checkout of the last, which
// descends from all. Commit i changes the file "i%3/f" and names i.
func history(t *testing.T, r *rand.Rand, n int, merging float64) made {
	t.Helper()
	m := made{dir: t.TempDir()}
	git(t, m.dir, "init", "--quiet", "--initial-branch=main")
	var stream strings.Builder
	heads := []int{}
	for i := range n {
		var parents []int
		switch {
		case i == 0:
			heads = []int{0}
		case i == n-1:
			parents = heads
		default:
			at := r.IntN(len(heads))
			parents = []int{heads[at]}
			if len(heads) > 1 && r.Float64() < merging {
				other := (at + 1) % len(heads)
				parents = append(parents, heads[other])
				heads[at] = i
				heads = append(heads[:other], heads[other+1:]...)
			} else if r.Float64() < merging {
				heads = append(heads, i)
			} else {
				heads[at] = i
			}
		}
		fmt.Fprintf(&stream, "commit refs/heads/c%d\nmark :%d\nauthor A U Thor <author@example.org> %d +0000\ncommitter C <c@example.org> %d +0000\n", i, i+1, 1000+i, 1000+i)
		message := fmt.Sprintf("commit %d\n\nwhy", i)
		fmt.Fprintf(&stream, "data %d\n%s\n", len(message), message)
		for k, p := range parents {
			fmt.Fprintf(&stream, "%s :%d\n", map[bool]string{true: "from", false: "merge"}[k == 0], p+1)
		}
		fmt.Fprintf(&stream, "M 100644 inline %d/f\ndata %d\n%d\n\n", i%3, len(fmt.Sprint(i)), i)
		m.parents = append(m.parents, parents)
	}
	cmd := exec.Command("git", "-C", m.dir, "fast-import", "--quiet")
	cmd.Stdin = strings.NewReader(stream.String())
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	names := []string{"rev-parse"}
	for i := range n {
		names = append(names, fmt.Sprintf("c%d", i))
	}
	m.commits = strings.Fields(git(t, m.dir, names...))
	git(t, m.dir, "checkout", "--quiet", "-B", "main", m.commits[n-1])
	return m
}

// descends says for each commit whether it descends from c, or is it.
func (m made) descends(c int) []bool {
	out := make([]bool, len(m.commits))
	for i := range out {
		out[i] = i == c
		for _, p := range m.parents[i] {
			out[i] = out[i] || out[p]
		}
	}
	return out
}

func (m made) index(hash string) int {
	for i, h := range m.commits {
		if h == hash {
			return i
		}
	}
	return -1
}

// state is all of the user's that must stay as it is.
func (m made) state(t *testing.T) string {
	t.Helper()
	index, err := os.ReadFile(filepath.Join(m.dir, ".git", "index"))
	require.NoError(t, err)
	head, err := os.ReadFile(filepath.Join(m.dir, ".git", "HEAD"))
	require.NoError(t, err)
	var files []string
	found, err := filepath.Glob(filepath.Join(m.dir, ".git", "BISECT_*"))
	require.NoError(t, err)
	for _, f := range found {
		text, err := os.ReadFile(f)
		require.NoError(t, err)
		files = append(files, filepath.Base(f)+"="+string(text))
	}
	return fmt.Sprintf("%x %s %s %s %s", index, head, strings.Join(files, ";"),
		git(t, m.dir, "for-each-ref"), git(t, m.dir, "worktree", "list"))
}

// What is no folder is not handed to git, whose words would be about its own options.
func TestOpenSaysWhatItWants(t *testing.T) {
	for _, name := range []string{"https://git.kernel.org/linux.git", filepath.Join(t.TempDir(), "none")} {
		_, err := Open(t.Context(), name)
		fe := (*fault.Error)(nil)
		require.ErrorAs(t, err, &fe, name)
		require.Equal(t, fault.User, fault.KindOf(err))
		require.Contains(t, fe.Try, "git clone --bare")
		require.NotContains(t, err.Error(), "core.hooksPath")
	}
}
