// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/arch"
	"kcovrig/rig/goldentest"
	"kcovrig/rig/mailpatch"
	"kcovrig/rig/scenario"
	"kcovrig/rig/trial"
)

// configure makes of a scenario that comes with kcovrig what is particular to its kernels.
func configure(s scenario.Scenario, architecture string) Config {
	c := Config{MakeArgs: s.MakeArgs, Objects: s.Objects, Versions: s.Kernels, Fragments: []Fragment{
		{"all", s.Fragments["all"]}, {architecture, s.Fragments[architecture]},
	}}
	for _, p := range s.Patches {
		c.Series = append(c.Series, Series{Files: p.FS, Reverse: p.Reverse, Kernels: p.Kernels})
	}
	return c
}

func eachScenario(t *testing.T, check func(*testing.T, scenario.Scenario)) {
	t.Helper()
	for _, name := range scenario.Names() {
		s, err := scenario.Load(name)
		require.NoError(t, err)
		t.Run(name, func(t *testing.T) { check(t, s) })
	}
}

func TestConfigurationsOfTheScenarios(t *testing.T) {
	eachScenario(t, func(t *testing.T, s scenario.Scenario) {
		for _, name := range arch.Names() {
			symbols, err := mergeFragments(configure(s, name).Fragments)
			require.NoError(t, err)
			goldentest.Check(t, "../../../../scenarios/"+s.Name+"/testdata/config-"+name, configText(symbols))
		}
	})
}

// lacking is the files that patches look for, made of their own context.
func lacking(patches []mailpatch.Patch) files {
	lines := map[string][]string{}
	for _, p := range patches {
		for _, f := range p.Files(files{}.has) {
			for _, h := range f.TextFragments {
				from, at := sides(h, false)
				have := lines[f.OldName]
				for len(have) < at {
					have = append(have, "\n")
				}
				lines[f.OldName] = append(have, from...)
			}
		}
	}
	tree := files{}
	for name, all := range lines {
		tree[name] = strings.Join(all, "")
	}
	return tree
}

func TestSeriesOfTheScenariosGoOnAndComeOffAgain(t *testing.T) {
	eachScenario(t, func(t *testing.T, s scenario.Scenario) {
		set, err := configure(s, "arm64").patches(t.Context())
		require.NoError(t, err)
		require.NotEmpty(t, set.units())
		for _, one := range set.series {
			tree := lacking(one.patches)
			on, err := set.content(t.Context(), trial.Patched, tree.read)
			require.NoError(t, err)
			require.NotEmpty(t, on.changes)
			patched := files{}
			for name, text := range on.changes {
				patched[name] = *text
			}
			none, err := set.content(t.Context(), trial.Patched, patched.read)
			require.NoError(t, err)
			assert.Empty(t, none.changes, "it is in")
			off, err := set.content(t.Context(), trial.Unpatched, patched.read)
			require.NoError(t, err)
			for name, text := range off.changes {
				assert.Equal(t, tree[name], *text)
			}
			assert.Len(t, off.changes, len(on.changes))
		}
	})
}
