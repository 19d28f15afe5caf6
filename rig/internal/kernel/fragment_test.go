// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"kcovrig/rig/arch"
	"kcovrig/rig/goldentest"
)

func TestCheckConfig(t *testing.T) {
	symbols, err := mergeFragments([]Fragment{
		{"a", "CONFIG_A=y\nCONFIG_B=y\nCONFIG_C=n\n# CONFIG_D is not set\nCONFIG_N=8\n"},
		{"b", "# optional: not before 6.9\nCONFIG_E=y\nCONFIG_B=n\n"},
	})
	require.NoError(t, err)
	good := "CONFIG_A=y\n# CONFIG_B is not set\nCONFIG_N=8\n"
	require.NoError(t, checkConfig(symbols, good))
	for want, text := range map[string]string{
		"CONFIG_A=y (fragment a) is not offered": strings.Replace(good, "CONFIG_A=y\n", "", 1),
		"CONFIG_A=y (fragment a) is m":           strings.Replace(good, "CONFIG_A=y", "CONFIG_A=m", 1),
		"CONFIG_A=y (fragment a) is n":           strings.Replace(good, "CONFIG_A=y", "# CONFIG_A is not set", 1),
		"CONFIG_B=n (fragment b) is y":           good + "CONFIG_B=y\n",
		"CONFIG_C=n (fragment a) is y":           good + "CONFIG_C=y\n",
		"CONFIG_D=n (fragment a) is m":           good + "CONFIG_D=m\n",
		"CONFIG_N=8 (fragment a) is 88":          strings.Replace(good, "=8", "=88", 1),
	} {
		require.ErrorContains(t, checkConfig(symbols, text), want)
	}
}

func TestFragmentsThatAreNone(t *testing.T) {
	for _, text := range []string{"CONFIG A=y\n", "RING=y\n", "# optional:\nCONFIG_A=y\n"} {
		_, err := mergeFragments([]Fragment{{"bad", text}})
		require.ErrorContains(t, err, "bad", text)
	}
}

func TestMakeArgs(t *testing.T) {
	var b strings.Builder
	for _, name := range arch.Names() {
		a, err := arch.Lookup(name)
		require.NoError(t, err)
		for _, tool := range []toolchain{{prefix: a.CrossCompile, ccache: true}, {}, {prefix: a.CrossCompile, llvm: true, ccache: true}} {
			call := makeCall{arch: a, tool: tool, src: "/cache/trees/t/src", out: "/cache/tmp/o", jobs: 2, extra: []string{"KASAN_SANITIZE_ring.o=n"}, targets: []string{a.ImageTarget}}
			b.WriteString(strings.Join(call.args(), "\n") + "\n\n")
		}
	}
	goldentest.Check(t, "make-args", b.String()+strings.Join(makeEnv("/cache"), "\n")+"\n")
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
