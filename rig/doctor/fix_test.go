// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/arch"
	"kcovrig/rig/fault"
	"kcovrig/rig/trial"
)

func TestWhatIsDoneAboutWhatIsMissing(t *testing.T) {
	packages := func(names ...string) []string { return append([]string{"install"}, names...) }
	assert.Equal(t, []Step{
		{Args: packages("gcc", "libc6-dev", "bc"), For: []string{"host compiler", "plugin compiler", "bc"}},
		{Args: []string{"qemu"}, For: []string{"qemu-system-aarch64", "qemu-system-x86_64"}},
		{Args: []string{"source", "6.12"}, For: []string{"kernel source"}},
	}, Steps([]trial.Check{
		{Name: "qemu-system-aarch64", Required: true, Setup: []string{"qemu"}},
		{Name: "host compiler", Required: true, Setup: packages("gcc", "libc6-dev")},
		{Name: "plugin compiler", Required: true, Setup: packages("gcc", "libc6-dev")},
		{Name: "bc", Required: true, Setup: packages("bc")},
		{Name: "make", Required: true, OK: true, Setup: packages("make")},
		{Name: "clang", Setup: packages("clang")},
		{Name: "disk space", Required: true},
		{Name: "kernel source", Setup: []string{"source", "6.12"}},
		{Name: "qemu-system-x86_64", Required: true, Setup: []string{"qemu"}},
	}))
	assert.Empty(t, Steps([]trial.Check{{Name: "disk space", Required: true, Fix: "kcovrig cache prune"}}))
}

// Debian leaves nothing to try on: a stub of apt-get notes what it is asked for.
func TestTheEmbeddedScriptsInstall(t *testing.T) {
	if _, err := os.Stat("/etc/debian_version"); err != nil || os.Geteuid() != 0 {
		t.Skip("installs, with stubs, as Debian's root; scripts/test is run so")
	}
	bin := t.TempDir()
	log := filepath.Join(bin, "log")
	for name, script := range map[string]string{
		"apt-get": `printf '%s\n' "$*" >>` + log, "dpkg-query": `[ "$4" = bc ] && printf installed`,
	} {
		require.NoError(t, os.WriteFile(filepath.Join(bin, name), []byte("#!/bin/sh\n"+script+"\n"), 0o755))
	}
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	var lines []string
	steps := []Step{{Args: []string{"install", "bc", "flex", "gcc"}}, {Args: []string{"nonsense"}}, {Args: []string{"install", "never"}}}
	err := Mend(t.Context(), Config{CacheDir: t.TempDir()}, steps, func(line string) { lines = append(lines, line) })
	assert.Equal(t, fault.Rig, fault.KindOf(err))
	assert.ErrorContains(t, err, "run scripts/setup nonsense")
	called, err := os.ReadFile(log)
	require.NoError(t, err)
	assert.Regexp(t, `^update .*\ninstall .*--no-install-recommends .* flex gcc\n$`, string(called), "what is there is not installed, and a failure ends it")
	assert.Contains(t, strings.Join(lines, "\n"), "installing packages: flex gcc")
}

// What the package depends on is what doctor asks for on the machine that it is for.
func TestThePackageDependsOnWhatIsRequired(t *testing.T) {
	control, err := os.ReadFile("../../packaging/control.in")
	require.NoError(t, err)
	line := regexp.MustCompile(`(?m)^Depends: (.*)$`).FindStringSubmatch(string(control))
	require.NotNil(t, line)
	listed := strings.FieldsFunc(strings.ReplaceAll(line[1], "@CROSS@", "gcc-aarch64-linux-gnu, "), func(r rune) bool { return r == ',' || r == ' ' })
	a, err := arch.Lookup("arm64")
	require.NoError(t, err)
	for _, c := range toolChecks([]arch.Arch{a}) {
		if c.Required {
			for _, p := range c.Setup[1:] {
				if !strings.HasPrefix(p, "binutils-") { // the compiler's own dependency
					assert.Contains(t, listed, p, c.Name)
				}
			}
		}
	}
}
