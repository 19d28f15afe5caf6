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

// Places in kernel/kcov.c for what a fix needs beside the copy.
const (
	beforeMove = "static void kcov_move_area(enum kcov_mode mode, void *dst_area,\n"
	aside      = "static atomic_t aside;\nstatic unsigned long aside_bits, aside_word;\nstatic DEFINE_RAW_SPINLOCK(aside_lock);\n" +
		"static noinline void aside_barrier(void)\n{\n\tsmp_wmb();\n}\n" +
		"static void __maybe_unused aside_all(void)\n{\n\tatomic_inc(&aside);\n\taside_bits++;\n\taside_word++;\n" +
		"\traw_spin_lock(&aside_lock);\n\traw_spin_unlock(&aside_lock);\n\taside_barrier();\n}\n\n"
)

// between puts code behind the copy, and what it uses before the function.
func between(code string) []string {
	return []string{beforeMove, aside + beforeMove, afterCopy, afterCopy + "\t" + code + "\n"}
}

// fixes are patches by what they replace in kernel/kcov.c, with the verdict
// that each deserves: under Arm's memory model, aarch64.cat, two stores with only
// this between may be seen in the wrong order, or not.
var fixes = []struct {
	name, verdict string
	replace       []string // old, new, ...; nil: testdata/kcov holds it, by its name
}{
	{"compiler barrier alone", "not-fixed", []string{afterCopy, afterCopy + "\tbarrier();\n"}},
	{"load-barrier", "not-fixed", nil},
	{"before-the-copy", "not-fixed", nil},
	{"after the count", "not-fixed", []string{pcCount, pcCount + "\t\tsmp_wmb();\n", cmpCount, cmpCount + "\t\tsmp_wmb();\n"}},
	{"pc branch only", "not-fixed", []string{pcCount, "\t\tsmp_wmb();\n" + pcCount}},
	{"cmp branch only", "not-fixed", []string{cmpCount, "\t\tsmp_wmb();\n" + cmpCount}},
	{"full barrier", "fixed", []string{afterCopy, afterCopy + "\tsmp_mb();\n"}},
	{"release", "fixed", []string{
		pcCount, "\t\tsmp_store_release((unsigned long *)dst_area, dst_len + entries_moved);\n",
		cmpCount, "\t\tsmp_store_release((u64 *)dst_area, dst_len + entries_moved);\n",
	}},
	{"relaxed atomic", "not-fixed", between("atomic_inc(&aside);")},
	{"relaxed bit", "not-fixed", between("set_bit(1, &aside_bits);")},
	{"relaxed exchange", "not-fixed", between("atomic_xchg_relaxed(&aside, 1);")},
	{"acquiring atomic", "not-fixed", between("atomic_inc_return_acquire(&aside);")},
	{"acquire load", "not-fixed", between("(void)smp_load_acquire(&aside_word);")},
	{"lock and unlock", "not-fixed", between("raw_spin_lock(&aside_lock);\n\traw_spin_unlock(&aside_lock);")},
	{"lock and unlock without interrupts", "not-fixed", between("{ unsigned long flags; raw_spin_lock_irqsave(&aside_lock, flags); raw_spin_unlock_irqrestore(&aside_lock, flags); }")},
	{"interrupts off and on", "not-fixed", between("{ unsigned long flags; local_irq_save(flags); local_irq_restore(flags); }")},
	{"release of another place", "not-fixed", between("smp_store_release(&aside_word, 1);")},
	{"full atomic", "fixed", between("(void)atomic_inc_return(&aside);")},
	{"full exchange", "fixed", between("(void)atomic_xchg(&aside, 1);")},
	{"barrier before an atomic", "fixed", between("smp_mb__before_atomic();\n\tatomic_inc(&aside);")},
	{"barrier after an atomic", "fixed", between("atomic_inc(&aside);\n\tsmp_mb__after_atomic();")},
	{"barrier of a callee", "fixed", between("aside_barrier();")},
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
			patch := filepath.Join("testdata", "kcov", fix.name+".patch")
			if fix.replace != nil {
				patch = diff(t, before, after)
			}
			c := kcovrig(t, nil, "compare", "--arch=arm64", "--json", "--patch", patch).run(codes[fix.verdict])
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

// What copies in another way is not judged, and no fault of the kernel.
func TestE2EACopyThatIsNoCall(t *testing.T) {
	before := source(t)
	loop := "\tfor (unsigned long i = 0; i < bytes_to_move / sizeof(u64); i++)\n\t\tWRITE_ONCE(((u64 *)dst_entries)[i], ((u64 *)src_entries)[i]);\n"
	after := strings.Replace(before, copyLine, loop, 1)
	require.NotEqual(t, before, after)
	c := kcovrig(t, nil, "compare", "--arch=arm64", "--json", "--patch", diff(t, before, after)).run(3)
	r := c.result()
	assert.Empty(t, r.Verdict)
	require.NotNil(t, r.Error)
	assert.Contains(t, r.Error.Message, "no copy found")
}
