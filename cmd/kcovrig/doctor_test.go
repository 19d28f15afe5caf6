// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// bareMachine is a PATH with what scripts/setup itself needs, and an apt-get that
// only notes its arguments in the file that is returned.
func bareMachine(t *testing.T) string {
	t.Helper()
	bin := t.TempDir()
	log := filepath.Join(bin, "log")
	for _, name := range []string{"bash", "cat", "dirname", "env", "id", "sh"} {
		path, err := exec.LookPath(name)
		require.NoError(t, err)
		require.NoError(t, os.Symlink(path, filepath.Join(bin, name)))
	}
	stub := "#!/bin/sh\nprintf '%s\\n' \"$*\" >>" + log + "\n"
	for name, script := range map[string]string{"apt-get": stub, "sudo": stub, "dpkg-query": "#!/bin/sh\n"} {
		require.NoError(t, os.WriteFile(filepath.Join(bin, name), []byte(script), 0o755))
	}
	t.Setenv("PATH", bin)
	return log
}

func asked(t *testing.T, log string) string {
	t.Helper()
	text, err := os.ReadFile(log)
	if !os.IsNotExist(err) {
		require.NoError(t, err)
	}
	return string(text)
}

func TestDoctorAsksBeforeItFixes(t *testing.T) {
	log := bareMachine(t)
	for _, said := range []string{"", "n\n", "what?\n"} {
		stdin, err := os.CreateTemp(t.TempDir(), "")
		require.NoError(t, err)
		_, err = stdin.WriteString(said)
		require.NoError(t, err)
		_, err = stdin.Seek(0, 0)
		require.NoError(t, err)
		standard := os.Stdin
		os.Stdin = stdin
		code, out, errs := call(t, "doctor", "--arch=arm64", "--fix")
		os.Stdin = standard
		assert.Equal(t, exitRig, code)
		assert.Regexp(t, `(?m)^to do: install make .*gcc-aarch64-linux-gnu.*\(make, `, errs)
		assert.Contains(t, errs, "to do: qemu   (qemu-system-aarch64)")
		assert.Contains(t, errs, "do it? [y/N] not done")
		assert.Contains(t, out, "MISSING")
	}
	assert.Empty(t, asked(t, log), "nothing is done without consent")
}

func TestDoctorFixes(t *testing.T) {
	if _, err := os.Stat("/etc/debian_version"); err != nil {
		t.Skip("calls a stub of apt-get, as scripts/setup does on Debian; scripts/test is run there")
	}
	log := bareMachine(t)
	code, _, errs := call(t, "doctor", "--arch=arm64", "--fix", "--yes")
	assert.Equal(t, exitRig, code, "the stub installs nothing: %s", errs)
	assert.Contains(t, asked(t, log), "--no-install-recommends")
	assert.NotContains(t, asked(t, log), "clang", "what is optional is left")
	assert.NotContains(t, errs, "[y/N]")
	code, _, errs = call(t, "doctor", "--yes")
	assert.Equal(t, exitUsage, code)
	assert.Contains(t, errs, "without --fix")
	assert.False(t, strings.Contains(errs, "to do:"))
}
