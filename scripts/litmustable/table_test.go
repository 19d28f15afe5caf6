// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const reachText = `# test, verdict, ...
MP        Sometimes strong 3/4  buffer 4/4  views 4/4  both 4/4
LB        Sometimes strong 3/4  buffer 3/4  views 3/4  both 3/4
IRIW      Sometimes strong 1/2  buffer 1/2  views 2/2  both 2/2
SB+polas  Never     strong 3/3  buffer 3/3  views 3/3  both 3/3
`

const reportText = `{"schema": "kcovrig.litmus/1", "seed": 7, "kernel": "6.12", "qemu": "11.1.3", "tests": [
 {"name": "IRIW", "threads": 4, "outcome": "sound", "outcomes": 9, "states": {"a": 9}, "allowed": ["a", "b"], "verdict": "Sometimes"},
 {"name": "LB", "threads": 2, "outcome": "sound", "outcomes": 20, "states": {"a": 20}, "allowed": ["a", "b", "c", "d"], "verdict": "Sometimes"},
 {"name": "MP", "threads": 2, "outcome": "sound", "outcomes": 30, "states": {"a": 10, "b": 20}, "allowed": ["a", "b", "c", "d"], "verdict": "Sometimes", "target": true},
 {"name": "SB+polas", "threads": 2, "outcome": "unsound", "outcomes": 30, "states": {"a": 10, "x": 20}, "allowed": ["a", "b", "c"], "forbidden": ["x"], "verdict": "Never", "target": true}
]}`

func TestTable(t *testing.T) {
	reach, err := ReadReach(strings.NewReader(reachText))
	require.NoError(t, err)
	report, err := ReadReport(strings.NewReader(reportText))
	require.NoError(t, err)
	table := Table(report, reach)
	assert.Contains(t, table, "| 3 of two threads | 20 | 1 | 0 | 1 | 4 of 11 | 1 of 1 |\n", "LB is out of the model's reach; a forbidden state is not an allowed one seen")
	assert.Contains(t, table, "| 1 of three and four | 9 | 0 | 0 | 0 | 1 of 2 | 0 of 1 |\n")
	assert.Contains(t, table, "Targets in reach, not seen: IRIW.")
	assert.Contains(t, table, "out of reach")
	assert.Contains(t, table, "Linux 6.12 in the guest, QEMU 11.1.3, seed 7.")
}

func TestWhatIsNoReport(t *testing.T) {
	for _, text := range []string{"", "{}", `{"schema": "kcovrig.litmus/1", "tests": []}`, `{"schema": "other", "tests": [{}]}`} {
		_, err := ReadReport(strings.NewReader(text))
		assert.Error(t, err, text)
	}
	_, err := ReadReach(strings.NewReader("MP Sometimes all"))
	assert.Error(t, err)
}
