// SPDX-License-Identifier: Apache-2.0

package scripts

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// native stands for a kcovrig that says what its commands are.
const native = `#!/bin/bash
case $1 in
man) echo ".TH KCOVRIG 1 $SOURCE_DATE_EPOCH" >"$2/kcovrig.1" ;;
completion) echo "# for $2" ;;
esac
`

// shell runs a script in dir after the functions for packages.
func shell(t *testing.T, dir, script string) string {
	t.Helper()
	root, err := filepath.Abs("..")
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), "bash", "-euo", "pipefail", "-c",
		`. "$root/scripts/lib/machine.sh"; . "$root/scripts/lib/build.sh"; . "$root/scripts/lib/package.sh"`+"\n"+script)
	cmd.Dir = dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "root=" + root, "SOURCE_DATE_EPOCH=1700000000"}
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	return string(out)
}

func read(t *testing.T, path ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(path...))
	require.NoError(t, err)
	return string(text)
}

// stage is a folder with programs that stand for kcovrig.
func stage(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "native"), []byte(native), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "program"), []byte("ELF"), 0o600))
	return dir
}

func TestADebianPackage(t *testing.T) {
	if _, err := exec.LookPath("dpkg-deb"); err != nil {
		t.Skip("no dpkg-deb; scripts/test runs where it is")
	}
	dir := stage(t)
	shell(t, dir, `
export DEBFULLNAME='A & B / C' DEBEMAIL=a@example.org
for umask in 022 077; do
	umask "$umask"
	install_tree program ./native "tree-$umask" /usr vendor-completions
	package_deb "tree-$umask" arm64 1.2.0 "$umask.deb"
	sleep 1.1 # another time of making
done
mkdir out && dpkg-deb -x 022.deb out && dpkg-deb -e 022.deb out/control`)
	assert.True(t, read(t, dir, "022.deb") == read(t, dir, "077.deb"), "the same bytes, whenever and by whoever it is made")
	for name, want := range map[string]string{
		"usr/bin/kcovrig": "ELF",
		"usr/share/bash-completion/completions/kcovrig":          "# for bash",
		"usr/share/zsh/vendor-completions/_kcovrig":              "# for zsh",
		"usr/share/fish/vendor_completions.d/kcovrig.fish":       "# for fish",
		"usr/share/doc/kcovrig/docs/tutorial.md":                 "barrier",
		"usr/share/doc/kcovrig/copyright":                        "GPL-2.0-or-later",
		"usr/share/doc/kcovrig/ci/systemd/kcovrig-nightly.timer": "OnCalendar",
		"control/md5sums": "usr/bin/kcovrig",
		"control/control": "Architecture: arm64",
	} {
		assert.Contains(t, read(t, dir, "out", name), want, name)
	}
	assert.Equal(t, ".TH KCOVRIG 1 1700000000\n", shell(t, dir, "zcat out/usr/share/man/man1/kcovrig.1.gz"))
	assert.Contains(t, read(t, dir, "out/control/control"), "\nMaintainer: A & B / C <a@example.org>\n")
	assert.NotRegexp(t, `@[A-Z]+@`, read(t, dir, "out/control/control"), "all is filled in")
	listing := shell(t, dir, "dpkg-deb -c 022.deb")
	assert.Equal(t, strings.Count(listing, "\n"), strings.Count(listing, " root/root "), listing)
}

func TestAnArchive(t *testing.T) {
	dir := stage(t)
	shell(t, dir, `
for umask in 022 077; do
	umask "$umask"
	mkdir "$umask"
	install_tree program ./native "$umask/kcovrig-1" '' site-functions
	pack "$umask/kcovrig-1" "$umask.tar.gz"
	sleep 1.1
done
mkdir local && tar -C local --strip-components=1 -xf 022.tar.gz`)
	assert.True(t, read(t, dir, "022.tar.gz") == read(t, dir, "077.tar.gz"), "the same bytes")
	assert.Equal(t, "ELF", read(t, dir, "local/bin/kcovrig"))
	assert.Contains(t, read(t, dir, "local/share/zsh/site-functions/_kcovrig"), "# for zsh")
}

func TestVersions(t *testing.T) {
	var versions []string
	for _, of := range [][2]string{
		{"adf958d", "0~20231114221320.adf958d"}, {"adf958d-dirty", "0~20231114221320.adf958d.dirty"}, {"v1.2.0", "1.2.0"}, {"v1.2.0-3-gabcdef", "1.2.0+3.gabcdef"},
		{"v1.2.0-3-gabcdef-dirty", "1.2.0+3.gabcdef.dirty"}, {"v1.10.0", "1.10.0"},
	} {
		got := strings.TrimSpace(shell(t, t.TempDir(), `package_version "`+of[0]+`" "$(commit_date)"`))
		assert.Equal(t, of[1], got)
		versions = append(versions, got)
	}
	for i, v := range versions[1:] {
		shell(t, t.TempDir(), "dpkg --compare-versions '"+versions[i]+"' lt '"+v+"'")
	}
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "VERSION"), []byte("v1.2.0\n"), 0o600))
	assert.Equal(t, "v1.2.0\n", shell(t, dir, "root=. version"), "without git, as in a source archive")
}
