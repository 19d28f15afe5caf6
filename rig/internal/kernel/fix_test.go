// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// function is a C file around the lines that follow the copy.
func function(behindCopy string) string {
	return `#include <linux/kcov.h>
#define smp_wmb() real_barrier(); \
	kcov_move_area(a) { smp_wmb(); }
static void kcov_move_area(enum kcov_mode mode, void *dst_area,
			   unsigned int dst_area_size, void *src_area);
static void caller(void) { kcov_move_area(mode, a, b, c); smp_wmb(); }
static void kcov_move_area(enum kcov_mode mode, void *dst_area,
			   unsigned int dst_area_size, void *src_area)
{
	if (WARN_ON(dst_len))
		return;
	memcpy(dst_entries, src_entries, bytes_to_move);
` + behindCopy + `
}
static void later(void) { smp_wmb(); }
`
}

func TestFixIn(t *testing.T) {
	const stores = `
	switch (mode) {
	case KCOV_MODE_TRACE_PC:
		WRITE_ONCE(*(unsigned long *)dst_area, dst_len + entries_moved);
		break;
	case KCOV_MODE_TRACE_CMP:
		WRITE_ONCE(*(u64 *)dst_area, dst_len + entries_moved);
		break;
	default:
		break;
	}`
	for name, c := range map[string]struct {
		code string
		want bool
	}{
		"none":                      {stores, false},
		"barrier":                   {"smp_wmb();" + stores, true},
		"kernel-doc comment before": {"/**\n * needed\n */\n\tsmp_wmb();\n" + stores, true},
		"full barrier":              {"smp_mb();" + stores, true},
		"in a comment":              {"/* smp_wmb(); */" + stores, false},
		"in a line comment":         {"// smp_wmb();\n" + stores, false},
		"in a string":               {`pr_info("smp_wmb();");` + stores, false},
		"read barrier":              {"smp_rmb();" + stores, false},
		"behind the stores":         {stores + "\n\tsmp_wmb();", false},
		"a longer name":             {"my_smp_wmb();" + stores, false},
		"not called":                {"f = smp_wmb;" + stores, false},
		"under a braceless if":      {"if (x) smp_wmb();" + stores, false},
		"in a block of its own":     {"if (x) { smp_wmb(); }" + stores, false},
		"in a plain loop's else":    {"if (x) y(); else smp_wmb();" + stores, false},
		"both releases":             {"switch (m) { case 1: smp_store_release(p, n); break; case 2: smp_store_release(q, n); break; }", true},
		"one release":               {"switch (m) { case 1: smp_store_release(p, n); break; case 2: WRITE_ONCE(*q, n); break; }", false},
		"first case only":           {"switch (m) { case 1: smp_wmb(); WRITE_ONCE(*p, n); break; case 2: WRITE_ONCE(*q, n); break; }", false},
		"second case only":          {"switch (m) { case 1: WRITE_ONCE(*p, n); break; case 2: smp_wmb(); WRITE_ONCE(*q, n); break; }", false},
		"both cases":                {"switch (m) { case 1: smp_wmb(); WRITE_ONCE(*p, n); break; case 2: smp_wmb(); WRITE_ONCE(*q, n); break; }", true},
	} {
		t.Run(name, func(t *testing.T) {
			in, err := kcovConfig().Fix.In(function(c.code))
			require.NoError(t, err)
			require.Equal(t, c.want, in)
		})
	}
}

func TestFixInBarrierBeforeTheCopyIsNone(t *testing.T) {
	in, err := kcovConfig().Fix.In("void kcov_move_area(void) { smp_wmb(); memcpy(a, b, c); WRITE_ONCE(*d, e); }")
	require.NoError(t, err)
	require.False(t, in)
}

func TestFixInUnknown(t *testing.T) {
	for name, code := range map[string]string{
		"no function":      "int main(void) { smp_wmb(); }",
		"declaration only": "void kcov_move_area(void);",
		"cut":              "void kcov_move_area(void) { memcpy(a, b, c); smp_wmb();",
		"no copy":          "void kcov_move_area(void) { smp_wmb(); WRITE_ONCE(*d, e); }",
		"no store":         "void kcov_move_area(void) { memcpy(a, b, c); smp_wmb(); }",
		"open comment":     "void kcov_move_area(void) { /* memcpy(a, b, c);",
		"open line":        "// kcov_move_area",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := kcovConfig().Fix.In(code)
			require.Error(t, err)
		})
	}
}
