// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestFamilyTable(t *testing.T) {
	families, err := ReadFamilies(strings.NewReader("basic/MP.litmus\nbasic/LB.litmus\nordered/SB+polas.litmus\n"))
	require.NoError(t, err)
	report, err := ReadReport(strings.NewReader(reportText))
	require.NoError(t, err)
	table := FamilyTable(report, families)
	assert.Contains(t, table, "| basic | 2 | 20 | 0 | 0 | 0 | 3 of 8 | 37.5 % | 1 of 2 |\n| ordered | 1 | 30 | 1 | 0 | 1 | 1 of 3 | 33.3 % | 0 of 0 |\n", "load buffering is allowed, in reach or not")
	assert.Contains(t, table, "|  | 1 | 9 | 0 | 0 | 0 | 1 of 2 | 50.0 % | 0 of 1 |\n", "a test that the list does not have")
	assert.Contains(t, table, "| **all** | 4 | 9 | 1 | 0 | 1 | 5 of 13 | 38.5 % | 1 of 3 |\n")
	assert.Contains(t, table, "- UNSOUND: SB+polas showed [\"x\"]\n")
	assert.NotContains(t, table, "inconclusive:")
}

func TestWhatIsNoListOfFamilies(t *testing.T) {
	for _, text := range []string{"MP.litmus\n", "basic/MP\n", "\n"} {
		_, err := ReadFamilies(strings.NewReader(text))
		assert.Error(t, err, text)
	}
}
