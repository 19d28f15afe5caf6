// SPDX-License-Identifier: Apache-2.0

package kbuild

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/arch"
	"kcovrig/rig/goldentest"
	"kcovrig/rig/scenario"
)

func TestCheckConfig(t *testing.T) {
	symbols, err := MergeFragments([]Fragment{
		{"a", "CONFIG_A=y\nCONFIG_B=y\nCONFIG_C=n\n# CONFIG_D is not set\nCONFIG_N=8\n"},
		{"b", "# optional: not before 6.9\nCONFIG_E=y\nCONFIG_B=n\n"},
	})
	require.NoError(t, err)
	good := "CONFIG_A=y\n# CONFIG_B is not set\nCONFIG_N=8\n"
	require.NoError(t, CheckConfig(LostSettings(symbols, good)))
	for want, text := range map[string]string{
		"CONFIG_A=y (fragment a) is not offered": strings.Replace(good, "CONFIG_A=y\n", "", 1),
		"CONFIG_A=y (fragment a) is m":           strings.Replace(good, "CONFIG_A=y", "CONFIG_A=m", 1),
		"CONFIG_A=y (fragment a) is n":           strings.Replace(good, "CONFIG_A=y", "# CONFIG_A is not set", 1),
		"CONFIG_B=n (fragment b) is y":           good + "CONFIG_B=y\n",
		"CONFIG_C=n (fragment a) is y":           good + "CONFIG_C=y\n",
		"CONFIG_D=n (fragment a) is m":           good + "CONFIG_D=m\n",
		"CONFIG_N=8 (fragment a) is 88":          strings.Replace(good, "=8", "=88", 1),
	} {
		require.ErrorContains(t, CheckConfig(LostSettings(symbols, text)), want)
	}
}

func TestFragmentsThatAreNone(t *testing.T) {
	for _, text := range []string{"CONFIG A=y\n", "RING=y\n", "# optional:\nCONFIG_A=y\n"} {
		_, err := MergeFragments([]Fragment{{"bad", text}})
		require.ErrorContains(t, err, "bad", text)
	}
}

func TestMakeArgs(t *testing.T) {
	var b strings.Builder
	for _, name := range arch.Names() {
		a, err := arch.Lookup(name)
		require.NoError(t, err)
		for _, tool := range []Toolchain{{Prefix: a.CrossCompile, Ccache: true}, {}, {Prefix: a.CrossCompile, llvm: true, Ccache: true}} {
			call := Call{Arch: a, Tool: tool, Src: "/cache/trees/t/src", Out: "/cache/tmp/o", Jobs: 2, Extra: []string{"KASAN_SANITIZE_ring.o=n"}, Targets: []string{a.ImageTarget}}
			b.WriteString(strings.Join(call.Args(), "\n") + "\n\n")
		}
	}
	goldentest.Check(t, "make-args", b.String()+strings.Join(Env("/cache"), "\n")+"\n")
}

func TestConfigurationsOfTheScenarios(t *testing.T) {
	for _, scenarioName := range scenario.Names() {
		s, err := scenario.Load(scenarioName)
		require.NoError(t, err)
		for _, name := range arch.Names() {
			symbols, err := MergeFragments([]Fragment{{"all", s.Fragments["all"]}, {name, s.Fragments[name]}})
			require.NoError(t, err)
			goldentest.Check(t, "../../../../../scenarios/"+s.Name+"/testdata/config-"+name, ConfigText(symbols))
		}
	}
}

func TestALostSettingIsToldWithWhatItBecame(t *testing.T) {
	symbols, err := MergeFragments([]Fragment{{Name: "a", Text: "CONFIG_A=y\nCONFIG_B=y\n# optional: old\nCONFIG_C=y\n"}})
	require.NoError(t, err)
	lost := LostSettings(symbols, "CONFIG_A=m\n")
	assert.Equal(t, []Lost{{Name: "CONFIG_A", Value: "y", Fragment: "a", Is: "m"}, {Name: "CONFIG_B", Value: "y", Fragment: "a"}}, lost)
}
