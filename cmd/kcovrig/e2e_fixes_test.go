// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Lines of kcov_move_area() in kernel/kcov.c.
const (
	copyLine  = "\tmemcpy(dst_entries, src_entries, bytes_to_move);\n"
	afterCopy = "\tentries_moved = bytes_to_move >> entry_size_log;\n"
	pcCount   = "\t\tWRITE_ONCE(*(unsigned long *)dst_area, dst_len + entries_moved);\n"
	cmpCount  = "\t\tWRITE_ONCE(*(u64 *)dst_area, dst_len + entries_moved);\n"
)

// fixes are patches by what they replace in kernel/kcov.c, with the verdict
// that each deserves.
var fixes = []struct {
	name, verdict string
	replace       []string // old, new, ...
}{
	{"compiler barrier alone", "not-fixed", []string{afterCopy, afterCopy + "\tbarrier();\n"}},
	{"read barrier", "not-fixed", []string{afterCopy, afterCopy + "\tsmp_rmb();\n"}},
	{"before the copy", "not-fixed", []string{copyLine, "\tsmp_wmb();\n" + copyLine}},
	{"after the count", "not-fixed", []string{pcCount, pcCount + "\t\tsmp_wmb();\n", cmpCount, cmpCount + "\t\tsmp_wmb();\n"}},
	{"pc branch only", "not-fixed", []string{pcCount, "\t\tsmp_wmb();\n" + pcCount}},
	{"cmp branch only", "not-fixed", []string{cmpCount, "\t\tsmp_wmb();\n" + cmpCount}},
	{"full barrier", "fixed", []string{afterCopy, afterCopy + "\tsmp_mb();\n"}},
	{"release", "fixed", []string{
		pcCount, "\t\tsmp_store_release((unsigned long *)dst_area, dst_len + entries_moved);\n",
		cmpCount, "\t\tsmp_store_release((u64 *)dst_area, dst_len + entries_moved);\n",
	}},
	{"in each branch", "fixed", []string{pcCount, "\t\tsmp_wmb();\n" + pcCount, cmpCount, "\t\tsmp_wmb();\n" + cmpCount}},
}

// source is kernel/kcov.c of the default tree, as the unpatched kernel was built from it.
func source(t *testing.T) string {
	t.Helper()
	r := kcovrig(t, nil, "build", "--arch=arm64", "--unpatched", "--json").run(0).result()
	require.Len(t, r.Images, 1)
	entry, _, found := strings.Cut(r.Images[0].Path, "/out/")
	require.True(t, found, r.Images[0].Path)
	text, err := os.ReadFile(filepath.Join(entry, "kcov.c"))
	require.NoError(t, err)
	return string(text)
}

// diff writes a patch of kernel/kcov.c and returns its path.
func diff(t *testing.T, before, after string) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "before"), []byte(before), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "after"), []byte(after), 0o644))
	cmd := exec.Command("diff", "-u", "--label=a/kernel/kcov.c", "--label=b/kernel/kcov.c", "before", "after")
	cmd.Dir = dir
	text, err := cmd.Output()
	exit := (*exec.ExitError)(nil)
	require.True(t, errors.As(err, &exit) && exit.ExitCode() == 1, "diff: %v", err)
	file := filepath.Join(dir, "fix.patch")
	require.NoError(t, os.WriteFile(file, text, 0o644))
	return file
}

func TestE2EEveryFixGetsTheVerdictItDeserves(t *testing.T) {
	before := source(t)
	codes := map[string]int{"fixed": 0, "not-fixed": 1}
	for _, fix := range fixes {
		t.Run(fix.name, func(t *testing.T) {
			after := before
			for i := 0; i < len(fix.replace); i += 2 {
				require.Equal(t, 1, strings.Count(after, fix.replace[i]), "%q in kernel/kcov.c", fix.replace[i])
				after = strings.Replace(after, fix.replace[i], fix.replace[i+1], 1)
			}
			c := kcovrig(t, nil, "compare", "--arch=arm64", "--json", "--patch", diff(t, before, after)).run(codes[fix.verdict])
			r := c.result()
			assert.Equal(t, fix.verdict, r.Verdict)
			if fix.verdict == "fixed" {
				r.certain(t, 2)
			}
			for _, m := range r.Modes {
				broken := fix.verdict == "not-fixed" && !strings.HasPrefix(fix.name, m.Mode+" ")
				assert.Equal(t, broken, m.Verdict == "not-fixed", "mode %s: %s", m.Mode, m.Verdict)
			}
		})
	}
}
