// SPDX-License-Identifier: Apache-2.0

package rigtest

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Repo is a git repository with commits one after the other.
type Repo struct {
	Dir     string
	Commits []string // hashes, the first first
}

// NewRepo makes a repository for a test, see MakeRepo.
func NewRepo(t *testing.T, n int) *Repo {
	t.Helper()
	r, err := MakeRepo(t.TempDir(), n)
	require.NoError(t, err)
	return r
}

// MakeRepo makes a repository of n commits, each of which changes the file f.
func MakeRepo(dir string, n int) (*Repo, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	r := &Repo{Dir: dir}
	var stream strings.Builder
	for i := range n {
		text := fmt.Sprintf("commit %d", i)
		fmt.Fprintf(&stream, "commit refs/heads/main\ncommitter A <a@example.org> %d +0000\ndata %d\n%s\nM 100644 inline f\ndata %d\n%s\n\n", i, len(text), text, len(text), text)
	}
	for _, step := range []struct{ in, args string }{
		{"", "init --quiet --initial-branch=main"}, {stream.String(), "fast-import --quiet"}, {"", "reset --quiet --hard"},
	} {
		if _, err := r.run(step.in, strings.Fields(step.args)...); err != nil {
			return nil, err
		}
	}
	list, err := r.run("", "rev-list", "--reverse", "main")
	r.Commits = strings.Fields(list)
	return r, err
}

// Git runs git in the repository and returns what it printed.
func (r *Repo) Git(t *testing.T, args ...string) string {
	t.Helper()
	out, err := r.run("", args...)
	require.NoError(t, err)
	return out
}

func (r *Repo) run(in string, args ...string) (string, error) {
	cmd := exec.Command("git", append([]string{"-C", r.Dir, "-c", "user.name=A", "-c", "user.email=a@example.org"}, args...)...)
	cmd.Stdin = strings.NewReader(in)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("git %s: %w: %s", args[0], err, out)
	}
	return strings.TrimSpace(string(out)), nil
}
