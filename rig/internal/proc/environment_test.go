// SPDX-License-Identifier: Apache-2.0

package proc

import (
	"slices"
	"strings"
	"testing"
)

func TestTheEnvironmentIsBuilt(t *testing.T) {
	rig := []string{"LLVM=1", "PATH=/old", "PATH=/bin", "GIT_DIR=/else", "http_proxy=http://p", "HOME=/h", "LC_ALL=de_DE.UTF-8", "odd", "TMPDIR=/t"}
	got := environment(rig, []string{"http_proxy"}, []string{"TMPDIR=/own", "X=1"})
	want := []string{"HOME=/h", "LC_ALL=C", "PATH=/bin", "TMPDIR=/own", "X=1", "http_proxy=http://p"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Whatever the user's shell holds, no command gets it.
func TestNothingIsInherited(t *testing.T) {
	strange := []string{"LLVM", "GNUMAKEFLAGS", "MAKEFLAGS", "KBUILD_EXTMOD", "KCFLAGS", "GIT_DIR", "CPATH", "CCACHE_PREFIX", "http_proxy", "LD_PRELOAD", "LANGUAGE"}
	for _, name := range strange {
		t.Setenv(name, "")
	}
	t.Setenv("XDG_CONFIG_HOME", "/settings")
	res, err := Run(t.Context(), Command{Path: "env", Pass: []string{"http_proxy"}})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for line := range strings.Lines(string(res.Stdout)) {
		name, _, _ := strings.Cut(line, "=")
		names = append(names, name)
	}
	for _, name := range names {
		if slices.Contains(strange, name) && name != "http_proxy" {
			t.Errorf("%s reached the command", name)
		}
	}
	for _, name := range []string{"PATH", "XDG_CONFIG_HOME", "http_proxy", "LC_ALL"} {
		if !slices.Contains(names, name) {
			t.Errorf("%s is missing of %q", name, names)
		}
	}
}
