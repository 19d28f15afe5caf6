// SPDX-License-Identifier: Apache-2.0

package kernels

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"kcovrig/rig/arch"
	"kcovrig/rig/internal/kernel"
	"kcovrig/rig/scenario"
	"kcovrig/rig/trial"
)

// putMacro is a macro of a header, whose second line the patch of ofMacro changes.
const (
	putMacro    = "#define put(r) do { \\\n\t(r)->length++; \\\n\t(r)->head++; \\\n} while (0)\n"
	ofMacroHunk = header + "diff --git a/include/ring.h b/include/ring.h\n--- a/include/ring.h\n+++ b/include/ring.h\n@@ -1,4 +1,5 @@\n #define put(r) do { \\\n \t(r)->length++; \\\n+\tDMB; \\\n \t(r)->head++; \\\n } while (0)\n"
)

// ofMacro is a kernel with put() used by two functions, one of which has a barrier of its own on
// that line, and with the patch that puts one of that kind into put(), or without.
func ofMacro(t *testing.T, kind string, v trial.Variant) Image {
	t.Helper()
	macro := putMacro
	if v == trial.Patched {
		macro = strings.Replace(macro, "\t(r)->head", "\tDMB; \\\n\t(r)->head", 1)
	}
	kept := filepath.Join(t.TempDir(), "ring.h")
	require.NoError(t, os.WriteFile(kept, []byte(macro), 0o644))
	text, err := os.ReadFile("../internal/linetable/testdata/ring.c")
	require.NoError(t, err)
	source := strings.Replace(string(text), "\nstatic", "\n#define DMB __asm__ volatile(\"dmb "+kind+"\" : : : \"memory\")\n"+
		"void fill(struct ring *r)\n{\n\tput(r);\n}\n\n"+
		"void fill_and_flush(struct ring *r)\n{\n\tput(r); __asm__ volatile(\"dmb ishst\" : : : \"memory\");\n}\n\nstatic", 1)
	image := exampleOf(t, "#line 1 \"include/ring.h\"\n"+macro+"#line 1 \"lib/ring.c\"\n"+source)
	require.NoError(t, os.WriteFile(image.Objects[0].Source, []byte(source), 0o644))
	image.Headers = []kernel.Header{{File: "include/ring.h", Source: kept}}
	image.PatchText = ofMacroHunk
	if v == trial.Unpatched {
		image.Built.Variant, image.Built.Key = trial.Unpatched, "other"
	}
	return image
}

// Line tables place what a macro becomes where it is used: there is the scope, and the patch's
// instructions are those that the kernel without it does not have.
func TestTheScopeAndTheOrdersOfAFixInAMacro(t *testing.T) {
	analysed := func(image Image) Analysis {
		a, err := analyser(t, scenario.Scope{}).Analyse(t.Context(), image, t.TempDir())
		require.NoError(t, err)
		require.ElementsMatch(t, []string{"fill", "fill_and_flush"}, a.Compared)
		require.Contains(t, scopeOf(a.Code)[0], ", which uses put")
		require.Empty(t, a.Notes)
		require.Empty(t, a.FixOrders)
		return a
	}
	unpatched := analysed(ofMacro(t, "ish", trial.Unpatched))
	require.Len(t, unpatched.MacroOrders, 1, "its own, which is none of the macro's")
	patched := analysed(ofMacro(t, "ish", trial.Patched))
	require.Len(t, patched.MacroOrders, 3)
	alone := patched
	require.Contains(t, strings.Join(alone.FromMacros(nil), ""), "is seen beside the unpatched kernel alone")
	require.Empty(t, alone.FixOrders)
	require.Empty(t, patched.FromMacros(&unpatched))
	require.Len(t, patched.FixOrders, 2, "in each function, without the one that was there")

	alike := analysed(ofMacro(t, "ishst", trial.Patched))
	require.Empty(t, alike.FromMacros(&unpatched))
	require.Len(t, alike.FixOrders, 1, "of the two alike in the other function nobody knows which is the patch's")

	loads := analysed(ofMacro(t, "ishld", trial.Patched))
	require.Empty(t, loads.FromMacros(&unpatched), "loads are in order too")
	require.NotEmpty(t, loads.FixOrders)

	none := unpatched
	require.Contains(t, strings.Join(none.FromMacros(&unpatched), ""), "by no instruction that the unpatched one has not")
	require.Empty(t, new(Analysis).FromMacros(nil), "no macro")
}

func TestAMacroThatIsNotUsedHasNoScope(t *testing.T) {
	image := example(t)
	kept := filepath.Join(t.TempDir(), "ring.h")
	require.NoError(t, os.WriteFile(kept, []byte(strings.Replace(putMacro, "\t(r)->head", "\tDMB; \\\n\t(r)->head", 1)), 0o644))
	image.Headers = []kernel.Header{{File: "include/ring.h", Source: kept}}
	image.PatchText = ofMacroHunk
	_, err := analyser(t, scenario.Scope{}).Analyse(t.Context(), image, t.TempDir())
	require.ErrorContains(t, err, "holds a line that the patch changes; it changes put, which is a macro that no line there uses in code")
	a, err := analyser(t, scenario.Scope{Kernel: []string{"leaf"}}).Analyse(t.Context(), image, t.TempDir())
	require.NoError(t, err)
	require.Len(t, a.Notes, 1)
	require.Contains(t, a.Notes[0], "but not to be fixed; it changes put")
}

// Nothing is reordered on x86_64, and nothing is compared.
func TestAMacroOnATSOMachine(t *testing.T) {
	a := analyser(t, scenario.Scope{})
	var err error
	a.Config.Arch, err = arch.Lookup("arm64")
	require.NoError(t, err)
	a.Config.Arch.TSO = true
	found, err := a.Analyse(t.Context(), ofMacro(t, "ish", trial.Patched), t.TempDir())
	require.NoError(t, err)
	require.Empty(t, found.MacroOrders)
	require.NotEmpty(t, found.Scope)
}
