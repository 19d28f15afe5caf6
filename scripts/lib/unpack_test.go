// SPDX-License-Identifier: Apache-2.0

package lib

import (
	"archive/tar"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/envtest"
)

// bash runs a script with the functions of machine.sh, unpack.sh and the others.
func bash(t *testing.T, script string, env ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "bash", "-c", `set -euo pipefail
umask 022
for piece in machine packages unpack qemu herd go; do . ./$piece.sh; done
`+script)
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C"}, env...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// listing returns the files below a folder with their modes, and holds them to be ours.
func listing(t *testing.T, dir string) map[string]fs.FileMode {
	t.Helper()
	files := map[string]fs.FileMode{}
	require.NoError(t, filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		files[name] = info.Mode()
		assert.EqualValues(t, os.Getuid(), info.Sys().(*syscall.Stat_t).Uid, "the owner of %s", path)
		return err
	}))
	return files
}

// Packages of another release bring what they depend on: programs with root's
// rights, hooks of the package manager. Nothing of that is to lie in the cache.
func TestOnlyWhatIsNeededIsUnpacked(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	pkg := filepath.Join(dir, "tool.deb")
	require.NoError(t, os.WriteFile(pkg, deb(t,
		file("usr/bin/qemu-system-aarch64", 0o6755, "emulator"),
		file("usr/bin/qemu-system-arm", 0o755, "another"),
		file("usr/bin/passwd", 0o4755, "root's"),
		file("usr/lib/x86_64-linux-gnu/libz.so.1.3", 0o666, "library"),
		tar.Header{Typeflag: tar.TypeSymlink, Name: "./usr/lib/x86_64-linux-gnu/libz.so.1", Linkname: "libz.so.1.3"},
		file("usr/lib/x86_64-linux-gnu/security/pam_unix.so", 0o644, "log-in"),
		file("usr/share/qemu/keymaps/de", 0o644, "keys"),
		file("etc/passwd", 0o644, "users"),
		tar.Header{Typeflag: tar.TypeChar, Name: "./dev/null", Mode: 0o666, Devmajor: 1, Devminor: 3},
	), 0o644))

	out, err := bash(t, `mkdir "$DIR/out"; unpack_needed "$DIR/tool.deb" "$DIR/out" "$qemu_files" "$DIR/names"; plain_files "$DIR/out"`, "DIR="+dir)

	require.NoError(t, err, out)
	assert.Equal(t, map[string]fs.FileMode{
		"usr/bin/qemu-system-aarch64":          0o755,
		"usr/lib/x86_64-linux-gnu/libz.so.1.3": 0o644,
		"usr/lib/x86_64-linux-gnu/libz.so.1":   0o777 | fs.ModeSymlink,
		"usr/share/qemu/keymaps/de":            0o644,
	}, listing(t, filepath.Join(dir, "out")))
}

func TestOddFilesEndTheSetUp(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "setuid"), nil, 0o755))
	require.NoError(t, os.Chmod(filepath.Join(dir, "setuid"), 0o755|fs.ModeSetuid))

	out, err := bash(t, `plain_files "$DIR"`, "DIR="+dir)

	require.Error(t, err)
	assert.Contains(t, out, filepath.Join(dir, "pipe"))
	assert.Contains(t, out, filepath.Join(dir, "setuid"))
}

// apt-get does the checking; this holds that it is left to, against the one keyring.
func TestPackagesAreVerified(t *testing.T) {
	t.Parallel()
	for _, program := range []string{"apt-get", "gpg"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skip("no " + program + ": scripts/setup packages test, on Debian")
		}
	}
	whole := deb(t, file("usr/bin/tool", 0o755, "tool"))
	for name, damage := range map[string]func(archive){
		"as signed":       func(archive) {},
		"another package": func(a archive) { a.write("tool_1_all.deb", string(deb(t, file("usr/bin/tool", 0o755, "loot")))) },
		"another list":    func(a archive) { a.write(packages, a.read(packages)+"\n") },
		"another key":     func(a archive) { a.sign("somebody") },
		"not signed":      func(a archive) { a.write("dists/stable/InRelease", a.read("Release")) },
		"no release file": func(a archive) { a.remove("dists/stable/InRelease") },
		"a release file beside no signature": func(a archive) {
			a.write("dists/stable/Release", a.read("Release"))
			a.remove("dists/stable/InRelease")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newArchive(t, whole)
			damage(a)
			out := filepath.Join(t.TempDir(), "out")

			said, err := bash(t, `mirror() { printf 'copy:%s\n' "$ARCHIVE"; }
keyring=$ARCHIVE/trusted.gpg
unpack_from stable "$OUT" usr/bin/tool tool`, "ARCHIVE="+a.dir, "OUT="+out)

			if name == "as signed" {
				require.NoError(t, err, said)
				assert.Equal(t, map[string]fs.FileMode{"usr/bin/tool": 0o755}, listing(t, out))
				return
			}
			require.Error(t, err, said)
			assert.NoDirExists(t, out)
		})
	}
}

// What scripts/setup left in the cache of this machine.
func TestE2EUnpackedFolders(t *testing.T) {
	cache := envtest.Real(t, "looks at what scripts/setup unpacked")
	needed := regexp.MustCompile(`^(\.stamp|bin/[^/]+|usr/bin/(qemu-system-(aarch64|x86_64)|[^/]+7)|usr/lib/[^/]+/[^/]+\.so[^/]*|usr/share/(qemu|seabios|herdtools7)/.+)$`)
	for _, tool := range []string{"qemu", "herd"} {
		dir := filepath.Join(cache, tool)
		if _, err := os.Stat(dir); err != nil {
			continue // the system's is new enough
		}
		for name, mode := range listing(t, dir) {
			assert.Regexp(t, needed, name)
			assert.Zero(t, mode&(fs.ModeSetuid|fs.ModeSetgid|fs.ModeDevice|fs.ModeNamedPipe|fs.ModeSocket), "%s: %s", name, mode)
		}
	}
}
