// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"kcovrig/rig/internal/kernel/variant"
	"kcovrig/rig/internal/proc"
)

func fixedBy(all ...fs.FS) []variant.Series {
	var out []variant.Series
	for _, s := range all {
		out = append(out, variant.Series{Files: s})
	}
	return out
}

// ringFix is one of the two ways in which a made-up bug in kernel/ring.c is fixed.
func ringFix(name string) fs.FS { return os.DirFS("variant/testdata/series/" + name) }

// lineFix is a patch of a file that has one line.
func lineFix(path, old, fixed string) fs.FS {
	return fstest.MapFS{"1.patch": {Data: fmt.Appendf(nil, "--- a/%[1]s\n+++ b/%[1]s\n@@ -1 +1 @@\n-%s\n+%s\n", path, old, fixed)}}
}

// ownFix is a user's own patch with another barrier.
func ownFix(barrier string) string {
	return "--- a/kernel/ring.c\n+++ b/kernel/ring.c\n@@ -3,3 +3,4 @@\n \tmemcpy(dst_entries, src_entries, bytes_to_move);\n" +
		" \tentries_moved = bytes_to_move >> entry_size_log;\n+\t" + barrier + "();\n \n"
}

// ringSource is kernel/ring.c without the fix: what a series looks for, behind some lines.
func ringSource(t *testing.T, lead int) string {
	t.Helper()
	patches, err := variant.Series{Files: ringFix("as-posted")}.Patches()
	require.NoError(t, err)
	text := strings.Repeat("\n", lead) + "static void ring_move_area(int mode)\n{\n"
	for _, line := range patches[0].Files(func(string) bool { return false })[0].TextFragments[0].Lines {
		if line.Old() {
			text += line.Line
		}
	}
	return text + "\t}\n}\n"
}

func tarball(t *testing.T, dir string, args ...string) {
	t.Helper()
	_, err := proc.Run(t.Context(), proc.Command{Path: "tar", Args: args, Dir: dir})
	require.NoError(t, err)
}

// ringConfig is what its scenario says, but for series and configuration.
func ringConfig() Config {
	return Config{MakeArgs: []string{"KASAN_SANITIZE_ring.o=n", "KCSAN_SANITIZE_ring.o=n"}}
}
