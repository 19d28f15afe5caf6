// SPDX-License-Identifier: Apache-2.0

package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A page goes on where it ended.
func TestAPageGoesOn(t *testing.T) {
	table, err := Parse("")
	require.NoError(t, err)
	fix, wrong := Case{"b", "fix"}, Case{"a", "load-barrier"}
	for range 3 {
		require.NoError(t, table.Add(fix, "idle", "fixed"))
	}
	require.NoError(t, table.Add(fix, "idle", "inconclusive"))
	require.NoError(t, table.Add(wrong, "loaded", "not-fixed"))
	page := table.Page()
	assert.Contains(t, page, "|---|---|---|---|\n| a | load-barrier | - | 1 not-fixed |\n| b | fix | 3 fixed, 1 inconclusive | - |\n")
	again, err := Parse(page)
	require.NoError(t, err)
	assert.Equal(t, table, again)
	assert.Equal(t, 4, again.Answers(fix, "idle"))
	assert.Equal(t, 0, again.Answers(fix, "loaded"))
}

func TestWhatIsNoTable(t *testing.T) {
	rule := "|---|---|---|---|\n"
	for _, text := range []string{"words", rule + "| a | b | 1 fixed |\n", rule + "| a | b | fixed | - |\n", rule + "| a | b | 0 fixed | - |\n", rule + "| a | b | 3 | - |\n"} {
		_, err := Parse(text)
		assert.Error(t, err, text)
	}
	assert.Error(t, Table{}.Add(Case{"a", "b"}, "busy", "fixed"))
	assert.Error(t, Table{}.Add(Case{"a", "b|c"}, "idle", "fixed"))
	assert.Error(t, Table{}.Add(Case{"a", "b"}, "idle", ""))
}
