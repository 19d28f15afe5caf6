// SPDX-License-Identifier: Apache-2.0

package scripts

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// goStub stands for Go: what it builds says for which machine, and is a program that
// tells its commands.
const goStub = `#!/bin/bash
set -eu
after() { # FLAG ARGUMENT...: what comes after the flag
	local flag=$1
	while [[ $2 != "$flag" ]]; do shift; done
	printf '%s' "$3"
}
case "$1 ${2:-}" in
'env GOVERSION') echo go1.99.0 ;;
'env GOHOSTARCH') echo amd64 ;;
generate*) ;;
build*)
	out=$(after -o "$@")
	cp "$NATIVE" "$out"
	printf '# %s %s\n' "$GOARCH" "$(after -ldflags "$@")" >>"$out"
	;;
run*) printf '{"bomFormat": "CycloneDX", "version": "%s", "of": "%s"}' "$(after -version "$@")" "$(tail -n 1 "${@: -1}")" >"$(after -output "$@")" ;;
'mod vendor') mkdir "$4" && echo '# a/module v1' >"$4/modules.txt" ;;
*) exit 9 ;;
esac
`

// gitStub stands for git: each time it is asked there is another commit.
const gitStub = `#!/bin/bash
[[ " $* " == *" describe "* ]] || exec "$GIT" "$@"
printf x >>"$HOME/described"
printf 'v1.2.%s\n' "$(wc -c <"$HOME/described")"
`

// What the first commit is called, and as a package.
const version, debian = "v1.2.1", "1.2.1"

// scripted runs a script of this folder with stubs of Go and git.
func scripted(t *testing.T, dir string, env []string, name string, args ...string) (string, error) {
	t.Helper()
	bin := filepath.Join(dir, "stubs")
	require.NoError(t, os.MkdirAll(bin, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(bin, "go"), []byte(goStub), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(bin, "git"), []byte(gitStub), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "native"), []byte(native), 0o755))
	git, err := exec.LookPath("git")
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), "./"+name, args...)
	cmd.Env = append([]string{"PATH=" + bin + ":" + os.Getenv("PATH"), "HOME=" + dir, "GIT=" + git, "NATIVE=" + filepath.Join(dir, "native"), "SOURCE_DATE_EPOCH=1700000000"}, env...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// installed is what an installation has below its prefix, zsh's completions aside.
var installed = []string{
	"bin/kcovrig", "share/man/man1/kcovrig.1.gz", "share/bash-completion/completions/kcovrig", "share/fish/vendor_completions.d/kcovrig.fish",
	"share/doc/kcovrig/README.md", "share/doc/kcovrig/CHANGELOG.md", "share/doc/kcovrig/copyright", "share/doc/kcovrig/docs/install.md", "share/doc/kcovrig/docs/examples/nightly.yaml",
	"share/doc/kcovrig/ci/systemd/kcovrig-nightly.service",
}

func TestARelease(t *testing.T) {
	for _, program := range []string{"dpkg-deb", "git"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skip("no " + program + "; scripts/test runs where it is")
		}
	}
	dir := t.TempDir()
	out := filepath.Join(dir, "dist")
	said, err := scripted(t, dir, []string{"DEBFULLNAME=A", "DEBEMAIL=a@example.org"}, "release", "--dirty", out)
	require.NoError(t, err, said)
	source := "kcovrig-" + version + "-source"
	want := []string{"Containerfile", "SHA256SUMS", source + ".tar.gz"}
	for _, arch := range []string{"amd64", "arm64"} {
		name := "kcovrig-" + version + "-linux-" + arch
		deb := "kcovrig_" + debian + "_" + arch + ".deb"
		want = append(want, name+".cdx.json", name+".tar.gz", deb)
		shell(t, out, "mkdir "+dir+"/tar-"+arch+" && tar -C "+dir+"/tar-"+arch+" --strip-components=1 -xf "+name+".tar.gz")
		whole(t, filepath.Join(dir, "tar-"+arch), "share/zsh/site-functions/_kcovrig", arch)
		unpacked := filepath.Join(dir, "deb-"+arch)
		shell(t, out, "dpkg-deb -x "+deb+" "+unpacked+" && dpkg-deb -e "+deb+" "+unpacked+"/DEBIAN && cd "+unpacked+" && md5sum -c --quiet DEBIAN/md5sums")
		whole(t, filepath.Join(unpacked, "usr"), "share/zsh/vendor-completions/_kcovrig", arch)
		control := read(t, unpacked, "DEBIAN/control")
		assert.Contains(t, control, "\nVersion: "+debian+"\nArchitecture: "+arch+"\n")
		assert.Equal(t, arch == "amd64", strings.Contains(control, "gcc-aarch64-linux-gnu"), "%s: arm64 compiles its kernels natively", arch)
		var bill map[string]string
		require.NoError(t, json.Unmarshal([]byte(read(t, out, name+".cdx.json")), &bill))
		assert.Equal(t, version, bill["version"])
		assert.Contains(t, bill["of"], arch)
	}
	var names []string
	entries, err := os.ReadDir(out)
	require.NoError(t, err)
	for _, e := range entries {
		names = append(names, e.Name())
	}
	assert.ElementsMatch(t, want, names)
	shell(t, out, "sha256sum -c --strict --quiet SHA256SUMS")
	assert.Equal(t, len(want)-1, strings.Count(read(t, out, "SHA256SUMS"), "\n"), "all files but itself")
	members := strings.Split(shell(t, out, "tar -tf "+source+".tar.gz"), "\n")
	for _, member := range []string{"VERSION", "vendor/modules.txt", "go.mod", "scripts/install", "LICENSES/Apache-2.0.txt"} {
		assert.True(t, slices.Contains(members, source+"/"+member), member)
	}
	assert.Equal(t, version+"\n", shell(t, out, "tar -xOf "+source+".tar.gz "+source+"/VERSION"))

	said, err = scripted(t, dir, nil, "release", "--dirty", out)
	require.Error(t, err)
	assert.Contains(t, said, "is there already")
}

func TestAnInstallation(t *testing.T) {
	dir := t.TempDir()
	said, err := scripted(t, dir, []string{"DESTDIR=" + filepath.Join(dir, "stage"), "PREFIX=/opt/kcovrig"}, "install")
	require.NoError(t, err, said)
	whole(t, filepath.Join(dir, "stage/opt/kcovrig"), "share/zsh/site-functions/_kcovrig", "amd64")
	said, err = scripted(t, dir, nil, "install", "here")
	require.Error(t, err)
	assert.Contains(t, said, "DESTDIR=stage")
}

// whole holds that all is there that an installation has, and the program for that machine.
func whole(t *testing.T, prefix, zsh, arch string) {
	t.Helper()
	for _, name := range append(slices.Clone(installed), zsh) {
		assert.NotEmpty(t, read(t, prefix, name), name)
	}
	assert.Contains(t, read(t, prefix, zsh), "# for zsh")
	program := read(t, prefix, "bin/kcovrig")
	assert.Contains(t, program, "# "+arch+" ")
	assert.Contains(t, program, "-X main.version="+version+"\n")
	assert.Equal(t, ".TH KCOVRIG 1 1700000000\n", shell(t, prefix, "zcat share/man/man1/kcovrig.1.gz"))
}
