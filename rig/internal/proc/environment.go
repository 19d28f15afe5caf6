// SPDX-License-Identifier: Apache-2.0

package proc

import (
	"slices"
	"strings"
)

// handedOn are the variables that every command gets as the rig has them: where
// programs and their libraries, the user's settings and temporary files are.
// All others stay out, since what a shell happens to hold (LLVM, GNUMAKEFLAGS,
// KBUILD_*, GIT_*, CPATH, and whatever comes next) would change builds.
var handedOn = []string{"HOME", "LD_LIBRARY_PATH", "PATH", "TMPDIR", "XDG_CONFIG_HOME"}

// Network are the variables, for Command.Pass, with which programs reach hosts.
var Network = []string{
	"ALL_PROXY", "FTP_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY",
	"SSH_AUTH_SOCK", "SSL_CERT_DIR", "SSL_CERT_FILE",
	"all_proxy", "ftp_proxy", "http_proxy", "https_proxy", "no_proxy",
}

// Ccache are the variables, for Command.Pass of compilers, that say where ccache keeps
// what it has and whether it is used at all. Those that choose another compiler
// or change its arguments are not among them.
var Ccache = []string{
	"CCACHE_CONFIGPATH", "CCACHE_DIR", "CCACHE_DISABLE", "CCACHE_MAXFILES", "CCACHE_MAXSIZE", "CCACHE_READONLY",
	"CCACHE_REMOTE_STORAGE", "CCACHE_SECONDARY_STORAGE", "XDG_CACHE_HOME",
}

// environment is a command's: what is handed on of the rig's own, in the order
// of the names, one language for all messages, then the command's own, which
// replace others of their name.
func environment(rig, pass, own []string) []string {
	names := slices.Concat(handedOn, pass)
	set := map[string]string{"LC_ALL": "LC_ALL=C"}
	for _, word := range rig {
		if name, _, ok := strings.Cut(word, "="); ok && slices.Contains(names, name) {
			set[name] = word
		}
	}
	for _, word := range own {
		name, _, _ := strings.Cut(word, "=")
		set[name] = word
	}
	out := make([]string, 0, len(set))
	for _, word := range set {
		out = append(out, word)
	}
	slices.Sort(out)
	return out
}
