// SPDX-License-Identifier: Apache-2.0

package lib

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// tarball returns an archive of members, all of them another user's.
func tarball(t *testing.T, members ...tar.Header) []byte {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, h := range members {
		h.Uid, h.Gid = 1234, 1234
		content := []byte(h.PAXRecords["content"])
		h.PAXRecords, h.Size = nil, int64(len(content))
		require.NoError(t, w.WriteHeader(&h))
		_, err := w.Write(content)
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return out.Bytes()
}

func file(name string, mode int64, content string) tar.Header {
	return tar.Header{Name: "./" + name, Mode: mode, PAXRecords: map[string]string{"content": content}}
}

// deb returns a Debian package (deb(5)) named tool.
func deb(t *testing.T, members ...tar.Header) []byte {
	t.Helper()
	control := file("control", 0o644, "Package: tool\nVersion: 1\nArchitecture: all\nMaintainer: nobody <nobody@example.org>\nDescription: a tool\n")
	out := bytes.NewBufferString("!<arch>\n")
	for _, part := range []struct {
		name    string
		content []byte
	}{{"debian-binary", []byte("2.0\n")}, {"control.tar", tarball(t, control)}, {"data.tar", tarball(t, members...)}} {
		fmt.Fprintf(out, "%-16s%-12d%-6d%-6d%-8o%-10d`\n%s", part.name, 0, 0, 0, 0o100644, len(part.content), part.content)
	}
	return out.Bytes()
}

// packages is the archive's list of packages, which its release file vouches for.
const packages = "dists/stable/main/binary-" + runtime.GOARCH + "/Packages" // dpkg's names, where it is one of ours

// archive is a signed archive of one package, in a folder that apt can read.
type archive struct {
	t         *testing.T
	dir, keys string
}

func newArchive(t *testing.T, pkg []byte) archive {
	t.Helper()
	keys, err := os.MkdirTemp("", "keys") // t.TempDir's are too long for gpg-agent's socket
	require.NoError(t, err)
	a := archive{t, t.TempDir(), keys}
	t.Cleanup(func() {
		_ = exec.Command("gpgconf", "--homedir", keys, "--kill", "gpg-agent").Run()
		_ = os.RemoveAll(keys)
	})
	a.write("tool_1_all.deb", string(pkg))
	a.write(packages, fmt.Sprintf("Package: tool\nVersion: 1\nArchitecture: all\n"+
		"Maintainer: nobody <nobody@example.org>\nFilename: tool_1_all.deb\nSize: %d\nSHA256: %x\nDescription: a tool\n\n", len(pkg), sha256.Sum256(pkg)))
	a.sign("archive")
	return a
}

func (a archive) path(name string) string { return filepath.Join(a.dir, name) }

func (a archive) read(name string) string {
	a.t.Helper()
	text, err := os.ReadFile(a.path(name))
	require.NoError(a.t, err)
	return string(text)
}

func (a archive) remove(name string) {
	a.t.Helper()
	require.NoError(a.t, os.Remove(a.path(name)))
}

func (a archive) write(name, text string) {
	a.t.Helper()
	require.NoError(a.t, os.MkdirAll(filepath.Dir(a.path(name)), 0o755))
	require.NoError(a.t, os.WriteFile(a.path(name), []byte(text), 0o644))
}

// sign writes the release file, signed by a new key; the first one's is what is trusted.
func (a archive) sign(who string) {
	a.t.Helper()
	text := a.read(packages)
	a.write("Release", fmt.Sprintf("Origin: test\nSuite: stable\nCodename: stable\nDate: Thu, 01 Jan 2026 00:00:00 UTC\n"+
		"Architectures: %s\nComponents: main\nSHA256:\n %x %d %s\n", runtime.GOARCH, sha256.Sum256([]byte(text)), len(text), strings.TrimPrefix(packages, "dists/stable/")))
	a.gpg("--quick-generate-key", who, "ed25519", "sign", "never")
	a.gpg("--yes", "--local-user", who, "--output", a.path("dists/stable/InRelease"), "--clear-sign", a.path("Release"))
	if who == "archive" {
		a.gpg("--output", a.path("trusted.gpg"), "--export", who)
	}
}

func (a archive) gpg(args ...string) {
	a.t.Helper()
	args = append([]string{"--homedir", a.keys, "--batch", "--quiet", "--passphrase", "", "--pinentry-mode", "loopback"}, args...)
	out, err := exec.Command("gpg", args...).CombinedOutput()
	require.NoError(a.t, err, string(out))
}
