// SPDX-License-Identifier: Apache-2.0

package matrix

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestShardsAreDisjointCompleteAndBalanced(t *testing.T) {
	f := parse(t, "version: 1\naxes: {tree: [a, b, c], arch: [arm64, x86_64], reader: [acquire, relaxed], mode: [pc, cmp, both]}")
	for of := 1; of <= 40; of++ {
		seen := map[string]int{}
		least, most := len(f.Cells), 0
		for part := 1; part <= of; part++ {
			cells, err := f.Choose(Shard{part, of}, nil)
			require.NoError(t, err)
			again, _ := f.Choose(Shard{part, of}, nil)
			require.Equal(t, cells, again)
			for i, c := range cells {
				seen[c.ID]++
				require.True(t, i == 0 || cells[i-1].Number < c.Number, "in the file's order")
			}
			least, most = min(least, len(cells)), max(most, len(cells))
		}
		require.Len(t, seen, len(f.Cells), of)
		require.LessOrEqual(t, most-least, 1, of)
		for id, n := range seen {
			require.Equal(t, 1, n, id)
		}
	}
}

func TestShardsKeepImagesTogether(t *testing.T) {
	f := parse(t, "version: 1\naxes: {tree: [a, b], arch: [arm64, x86_64], reader: [acquire, relaxed], mode: [pc, cmp]}")
	for part := 1; part <= 4; part++ {
		cells, err := f.Choose(Shard{part, 4}, nil)
		require.NoError(t, err)
		kernels := map[Kernels]bool{}
		for _, c := range cells {
			kernels[c.Kernels()] = true
		}
		assert.Len(t, kernels, 1)
	}
}

func TestParseShard(t *testing.T) {
	for _, bad := range []string{"0/2", "3/2", "1", "1/0", "-1/2", "1/2/3", "a/b", "01/2", "1/2 ", "+1/2"} {
		_, err := ParseShard(bad)
		assert.Error(t, err, bad)
	}
	s, err := ParseShard("2/3")
	require.NoError(t, err)
	assert.Equal(t, Shard{2, 3}, s)
}

func TestCellsByName(t *testing.T) {
	f := parse(t, "version: 1\naxes: {arch: [arm64, x86_64], reader: [acquire, relaxed]}")
	cells, err := f.Choose(Shard{}, []string{f.Cells[3].ID, "arm64/compare/acquire"})
	require.NoError(t, err)
	require.Len(t, cells, 2)
	assert.Equal(t, 1, cells[0].Number)
	_, err = f.Choose(Shard{}, []string{"arm64/compare/aquire"})
	assert.ErrorContains(t, err, "did you mean arm64/compare/acquire?")
	_, err = f.Choose(Shard{1, 2}, []string{f.Cells[0].ID})
	assert.Error(t, err)
}

func TestGitHub(t *testing.T) {
	f := parse(t, "version: 1\naxes: {arch: [arm64, x86_64]}")
	text, err := GitHub(f.Cells)
	require.NoError(t, err)
	var got struct{ Include []map[string]string }
	require.NoError(t, json.Unmarshal(text, &got))
	require.Len(t, got.Include, 2)
	assert.Equal(t, map[string]string{"id": f.Cells[1].ID, "name": "x86_64/compare/acquire", "arch": "x86_64", "expect": "no-effect-possible"}, got.Include[1])
	seeds := ""
	for i := range 257 {
		seeds += fmt.Sprintf("%d,", i)
	}
	_, err = GitHub(parse(t, "version: 1\naxes: {seed: ["+seeds+"]}").Cells)
	assert.ErrorContains(t, err, "256")
}

func TestTheHashKnowsWhatDecides(t *testing.T) {
	const text = "version: 1\naxes: {arch: arm64}\n"
	base := Hash(parse(t, text).Cells, nil)
	assert.Equal(t, base, Hash(parse(t, "# a comment\nname: other\n"+text).Cells, nil))
	for _, other := range []string{"duration: 3s\n", "clean-share: 0.1\n", "expectations: [{arch: arm64, expect: not-fixed}]\n", "include: [{arch: x86_64}]\n"} {
		assert.NotEqual(t, base, Hash(parse(t, text+other).Cells, nil), other)
	}
	assert.NotEqual(t, base, Hash(parse(t, text).Cells, []string{"a patch"}))
}
