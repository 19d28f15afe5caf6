// SPDX-License-Identifier: Apache-2.0

package rigtest

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Repo is a git repository with commits one after the other.
type Repo struct {
	Dir     string
	Commits []string // hashes, the first first
	t       *testing.T
}

// NewRepo makes a repository of n commits, each of which changes the file f.
func NewRepo(t *testing.T, n int) *Repo {
	t.Helper()
	r := &Repo{Dir: t.TempDir(), t: t}
	r.Git("init", "--quiet", "--initial-branch=main")
	var stream strings.Builder
	for i := range n {
		text := fmt.Sprintf("commit %d", i)
		fmt.Fprintf(&stream, "commit refs/heads/main\ncommitter A <a@example.org> %d +0000\ndata %d\n%s\nM 100644 inline f\ndata %d\n%s\n\n", i, len(text), text, len(text), text)
	}
	load := exec.Command("git", "-C", r.Dir, "fast-import", "--quiet")
	load.Stdin = strings.NewReader(stream.String())
	out, err := load.CombinedOutput()
	require.NoError(t, err, string(out))
	r.Git("reset", "--quiet", "--hard")
	r.Commits = strings.Fields(r.Git("rev-list", "--reverse", "main"))
	return r
}

// Git runs git in the repository and returns what it printed.
func (r *Repo) Git(args ...string) string {
	r.t.Helper()
	cmd := exec.Command("git", append([]string{"-C", r.Dir, "-c", "user.name=A", "-c", "user.email=a@example.org"}, args...)...)
	out, err := cmd.CombinedOutput()
	require.NoError(r.t, err, string(out))
	return strings.TrimSpace(string(out))
}
