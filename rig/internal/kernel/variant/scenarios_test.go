// SPDX-License-Identifier: Apache-2.0

package variant

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/mailpatch"
	"kcovrig/rig/scenario"
	"kcovrig/rig/trial"
)

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
	for _, name := range scenario.Names() {
		s, err := scenario.Load(name)
		require.NoError(t, err)
		t.Run(name, func(t *testing.T) { goOnAndComeOffAgain(t, s) })
	}
}

func goOnAndComeOffAgain(t *testing.T, s scenario.Scenario) {
	c := Choice{Objects: s.Objects}
	for _, p := range s.Patches {
		c.Series = append(c.Series, Series{Files: p.FS, Reverse: p.Reverse, Kernels: p.Kernels})
	}
	set, err := c.Read(t.Context())
	require.NoError(t, err)
	require.NotEmpty(t, set.Units())
	for _, one := range set.series {
		tree := lacking(one.patches)
		on, err := set.Content(t.Context(), trial.Patched, tree.read)
		require.NoError(t, err)
		require.NotEmpty(t, on.Changes)
		patched := files{}
		for name, text := range on.Changes {
			patched[name] = *text
		}
		none, err := set.Content(t.Context(), trial.Patched, patched.read)
		require.NoError(t, err)
		assert.Empty(t, none.Changes, "it is in")
		off, err := set.Content(t.Context(), trial.Unpatched, patched.read)
		require.NoError(t, err)
		for name, text := range off.Changes {
			assert.Equal(t, tree[name], *text)
		}
		assert.Len(t, off.Changes, len(on.Changes))
	}
}
