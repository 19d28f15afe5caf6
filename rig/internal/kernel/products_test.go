// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/internal/kernel/variant"
	"kcovrig/rig/trial"
)

// What includes a header is compiled where the tree has both, and the header is kept as
// it was included.
func TestAHeaderIsKeptAsItWasIncluded(t *testing.T) {
	tree := func(path string) *Tree {
		c, _ := fakeRig(t)
		c.Series, c.Objects = fixedBy(lineFix("include/net/ring.h", "old", "fixed")), []string{"kernel/ring.o"}
		require.NoError(t, os.MkdirAll(filepath.Join(c.Tree, filepath.Dir(path)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(c.Tree, path), []byte("old\n"), 0o644))
		return openTree(t, c)
	}
	none := tree("include/other.h")
	err := none.Check(t.Context(), trial.AsIs)
	require.NotNil(t, trial.Inapplicable(err))
	require.ErrorContains(t, err, "has no include/net/ring.h")
	for v, want := range map[trial.Variant]string{trial.Unpatched: "old\n", trial.Patched: "fixed\n"} {
		image, err := tree("include/net/ring.h").Image(t.Context(), v)
		require.NoError(t, err)
		require.Len(t, image.Headers, 1)
		require.Equal(t, "include/net/ring.h", image.Headers[0].File)
		text, err := os.ReadFile(image.Headers[0].Source)
		require.NoError(t, err)
		require.Equal(t, want, string(text), "as it was included")
		require.Len(t, image.Objects, 1)
	}
}

// Each object has files of its own beside the build, those of the first where kernels
// that are kept have them; what was not built is left out.
func TestObjectsOfSeveralFilesStandApart(t *testing.T) {
	with := func(path string) fs.FS { return lineFix(path, "a", "b") }
	set, err := variant.Choice{Series: fixedBy(with("net/a/main.c"), with("net/b/main.c"), with("net/none.c"))}.Read(t.Context())
	require.NoError(t, err)
	out := t.TempDir()
	for _, name := range []string{"net/a/main.o", "net/b/main.o"} {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(out, name)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(out, name), nil, 0o644))
	}
	assert.Equal(t, []Object{
		{Name: "net/a/main.o", File: "net/a/main.c", Path: filepath.Join(out, "net/a/main.o"), Source: "/kept/main.c", Debug: "/kept/debug.o"},
		{Name: "net/b/main.o", File: "net/b/main.c", Path: filepath.Join(out, "net/b/main.o"), Source: "/kept/2/main.c", Debug: "/kept/2/debug.o"},
	}, objects(set, "/kept", out))
}

func TestDebugCommand(t *testing.T) {
	for name, saved := range map[string]string{
		"5.10": "cmd_kernel/ring.o := gcc -Wp,-MMD,kernel/.ring.o.d -O2 -c -o kernel/ring.o /t/kernel/ring.c\n\nsource_kernel/ring.o := /t/kernel/ring.c\n",
		"6.12": "savedcmd_kernel/ring.o := gcc -Wp,-MMD,kernel/.ring.o.d -O2 -c -o kernel/ring.o /t/kernel/ring.c  ; ./tools/objtool/objtool kernel/ring.o\n",
	} {
		got, err := debugCommand(saved, "kernel/ring.o", "/b c/debug.o")
		require.NoError(t, err, name)
		require.Equal(t, "gcc -g -O2 -c -o '/b c/debug.o' /t/kernel/ring.c", got, name)
	}
	for _, bad := range []string{"", "x", "savedcmd_x := gcc -c -o other.o x.c"} {
		_, err := debugCommand(bad, "kernel/ring.o", "/d.o")
		require.Error(t, err)
	}
}
