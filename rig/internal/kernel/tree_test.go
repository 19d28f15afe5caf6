// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"kcovrig/rig/fault"
	"kcovrig/rig/internal/proc"
)

func TestTreesThatAreNone(t *testing.T) {
	c, fake := fakeRig(t)
	plain := filepath.Join(fake, "plain.txt")
	require.NoError(t, os.WriteFile(plain, nil, 0o644))
	broken := filepath.Join(fake, "broken.tar.gz")
	require.NoError(t, os.WriteFile(broken, []byte("?"), 0o644))
	notKernel := filepath.Join(fake, "other.tar.gz")
	tarball(t, fake, "-czf", notKernel, "plain.txt")
	bare, unchecked := filepath.Join(fake, "linux.git"), filepath.Join(fake, "unchecked")
	gitIn(t, fake, "init", "-q", "--bare", bare)
	gitIn(t, fake, "init", "-q", unchecked)
	for name, tree := range map[string]struct{ tree, rev, want string }{
		"missing":         {filepath.Join(fake, "none"), "", "no kernel folder or tarball"},
		"no kernel":       {fake, "", "is no kernel tree"},
		"no archive":      {plain, "", "neither a folder nor an archive (.tar, .tar.bz2"},
		"https":           {"https://git.kernel.org/linux.git", "", "is a URL"},
		"git over ssh":    {"git@host.example:linux.git", "v6.12", "is a URL"},
		"bare":            {bare, "", "git repository without a checkout"},
		"no checkout":     {unchecked, "", "git repository without a checkout"},
		"unknown in bare": {bare, "v9.9", "there is no such commit"},
		"broken archive":  {broken, "", "damaged archive"},
		"another archive": {notKernel, "", "is no kernel tree"},
		"odd release":     {"debian:../../x", "", "is no kernel release"},
		"rev of a file":   {notKernel, "HEAD", "--rev needs a git folder"},
		"rev without git": {c.Tree, "HEAD", "is no git repository"},
	} {
		t.Run(name, func(t *testing.T) {
			c := c
			c.Tree, c.Rev = tree.tree, tree.rev
			_, err := Open(t.Context(), c)
			require.ErrorContains(t, err, tree.want)
			require.Equal(t, fault.User, fault.KindOf(err))
			left, _ := filepath.Glob(filepath.Join(c.CacheDir, "tmp", "*"))
			require.Empty(t, left)
			left, _ = filepath.Glob(filepath.Join(c.CacheDir, "trees", "*"))
			require.Empty(t, left)
		})
	}
}

func TestATarballIsHashedOnceAndUnpackedOnce(t *testing.T) {
	c, fake := fakeRig(t)
	c.Tree = filepath.Join(fake, "linux-6.12.tar.xz")
	tarball(t, fake, "-cJf", c.Tree, "linux")
	var said []string
	c.Progress = func(line string) { said = append(said, line) }
	first := openTree(t, c)
	require.Equal(t, "6.12.3", first.Version)
	require.Equal(t, []string{"hashing " + c.Tree, "unpacking " + c.Tree}, said)
	require.Equal(t, first.Hash, openTree(t, c).Hash)
	require.Len(t, said, 2)
	tarball(t, fake, "-cJf", c.Tree, "--mtime=@0", "linux")
	require.NotEqual(t, first.Hash, openTree(t, c).Hash)
}

func gitIn(t *testing.T, dir string, args ...string) {
	t.Helper()
	_, err := proc.Run(t.Context(), proc.Command{Path: "git", Args: append([]string{"-C", dir, "-c", "user.name=x", "-c", "user.email=x@x"}, args...)})
	require.NoError(t, err)
}

// repository puts a folder under git, in one commit.
func repository(t *testing.T, dir string) {
	t.Helper()
	gitIn(t, dir, "init", "-q")
	gitIn(t, dir, "add", ".")
	gitIn(t, dir, "commit", "-qm", "first")
}

// Where history is missing, the command that gets it is named.
func TestAnUnknownRevisionSaysWhatHelps(t *testing.T) {
	c, fake := fakeRig(t)
	repository(t, c.Tree)
	gitIn(t, c.Tree, "commit", "-q", "--allow-empty", "-m", "second")
	shallow := filepath.Join(fake, "shallow clone")
	gitIn(t, fake, "clone", "-q", "--depth=1", "file://"+c.Tree, shallow)
	for tree, want := range map[string]string{c.Tree: "fetch --tags", shallow: "git -C '" + shallow + "' fetch --unshallow"} {
		c := c
		c.Tree, c.Rev = tree, "HEAD~7"
		if tree == shallow {
			c.Rev = "HEAD~1"
		}
		_, err := Open(t.Context(), c)
		fe := (*fault.Error)(nil)
		require.ErrorAs(t, err, &fe)
		require.Equal(t, fault.User, fault.KindOf(err))
		require.Contains(t, fe.Try, want)
	}
	c.Tree, c.Rev = shallow, "HEAD"
	require.Equal(t, "6.12.3", openTree(t, c).Version, "what a shallow clone has is taken from it")
}

func TestAGitRevision(t *testing.T) {
	c, _ := fakeRig(t)
	repository(t, c.Tree)
	require.NoError(t, os.WriteFile(filepath.Join(c.Tree, "Makefile"), []byte("VERSION = 6\nPATCHLEVEL = 13\n"), 0o644))
	work := openTree(t, c)
	require.Equal(t, "6.13", work.Version, "the folder as it stands")
	before := snapshot(t, c.Tree)
	c.Rev = "HEAD"
	rev := openTree(t, c)
	require.Equal(t, "6.12.3", rev.Version)
	require.Len(t, rev.Commit, 40)
	require.NotEqual(t, work.Hash, rev.Hash)
	require.Equal(t, before, snapshot(t, c.Tree))
	for _, bad := range []string{"no-such-rev", "--output=x", "-x"} {
		c.Rev = bad
		_, err := Open(t.Context(), c)
		require.Equal(t, fault.User, fault.KindOf(err), bad)
	}
}

func TestBuildProductsStayOut(t *testing.T) {
	c, _ := fakeRig(t)
	clean := openTree(t, c).Hash
	for _, name := range []string{".config", "vmlinux", "kernel/ring.o", "kernel/.ring.o.cmd", "include/generated/a.h", "arch/arm64/include/generated/b.h", ".git/HEAD", "vmlinux-gdb.py"} {
		path := filepath.Join(c.Tree, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte("x"), 0o644))
	}
	require.Equal(t, clean, openTree(t, c).Hash)
}

// A folder as people have it: what is no source is left out, and told.
func TestWhatIsNoSourceIsLeftOut(t *testing.T) {
	c, _ := fakeRig(t)
	clean := openTree(t, c).Hash
	var said []string
	c.Progress = func(line string) { said = append(said, line) }
	link := func(target, name string) { require.NoError(t, os.Symlink(target, filepath.Join(c.Tree, name))) }
	link("/nonexistent/"+c.Tree+"/scripts/gdb/vmlinux-gdb.py", "vmlinux-gdb.py")
	link("/etc/passwd", "kernel/absolute")
	link("../../../else", "kernel/dangling")
	link(c.Tree, "itself")
	require.NoError(t, unix.Mkfifo(filepath.Join(c.Tree, "pipe"), 0o600))
	socket, err := net.Listen("unix", filepath.Join(c.Tree, "s"))
	require.NoError(t, err)
	defer socket.Close()
	tree := openTree(t, c)
	require.Equal(t, clean, tree.Hash)
	require.Contains(t, strings.Join(said, "\n"), "leaving out itself, kernel/absolute, kernel/dangling")
	link("ring.c", "kernel/inside")
	require.NotEqual(t, clean, openTree(t, c).Hash, "a link within the tree belongs to it")

	repository(t, c.Tree) // which adds the links
	_, err = Open(t.Context(), c)
	require.ErrorContains(t, err, "itself: a symbolic link that git tracks leads outside the tree")
	gitIn(t, c.Tree, "rm", "-q", "--cached", "itself", "kernel/absolute", "kernel/dangling")
	openTree(t, c)
	for i := range 500 {
		link("/else", fmt.Sprintf("more%d", i))
	}
	_, err = Open(t.Context(), c)
	require.ErrorContains(t, err, "503 symbolic links lead out of")
}
