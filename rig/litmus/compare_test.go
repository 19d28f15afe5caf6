// SPDX-License-Identifier: Apache-2.0

package litmus

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// worded renders a state as a program of litmus7 does: locations bare, its
// terms in an order of its own, here reversed, and numbers in hex.
func worded(t *testing.T, s State) string {
	values, err := s.Values()
	require.NoError(t, err)
	names := terms(s)
	slices.Reverse(names)
	var out []string
	for _, name := range names {
		out = append(out, fmt.Sprintf("%s=%#x;", strings.Trim(name, "[]"), values[name]))
	}
	return strings.Join(out, " ")
}

func TestEveryTestCompares(t *testing.T) {
	files, err := filepath.Glob("testdata/diy/*.litmus")
	require.NoError(t, err)
	require.Len(t, files, 213)
	log, err := os.Open("testdata/diy/herd.log")
	require.NoError(t, err)
	defer log.Close()
	verdicts, err := ParseHerdLog(log)
	require.NoError(t, err)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		test, err := Parse(string(text))
		require.NoError(t, err)
		v := verdicts[test.Name]
		require.NotEmpty(t, v.States, test.Name)

		counted := map[string]uint64{}
		for _, s := range v.States {
			counted[worded(t, s)] = 2
		}
		c, err := Compare(test, v, counted)
		require.NoError(t, err, test.Name)
		assert.Equal(t, Sound, c.Outcome, test.Name)
		assert.Empty(t, c.Unseen, test.Name)
		assert.Len(t, c.States, len(v.States), test.Name)
		assert.Equal(t, uint64(2*len(v.States)), c.Outcomes, test.Name)
		assert.Equal(t, v.Observation != "Never", c.Target, test.Name)

		// One state less in the log makes it forbidden, one less seen unseen.
		if len(v.States) < 2 {
			continue
		}
		less := v
		less.States = v.States[1:]
		c, err = Compare(test, less, counted)
		require.NoError(t, err)
		assert.Equal(t, Unsound, c.Outcome, test.Name)
		assert.Equal(t, v.States[:1], c.Forbidden, test.Name)
		delete(counted, worded(t, v.States[0]))
		c, err = Compare(test, v, counted)
		require.NoError(t, err)
		assert.Equal(t, Sound, c.Outcome, test.Name)
		assert.Equal(t, v.States[:1], c.Unseen, test.Name)
	}
}

func TestWhatCannotBeComparedIsAnError(t *testing.T) {
	text, err := os.ReadFile("testdata/diy/MP.litmus")
	require.NoError(t, err)
	test, err := Parse(string(text))
	require.NoError(t, err)
	v := Verdict{States: []State{"1:X0=0; 1:X2=0;"}}
	for _, counted := range []map[string]uint64{
		{}, {"1:X0=0;": 1}, {"1:X0=0; 1:X2=0; 1:X9=0;": 1}, {"nonsense": 1},
	} {
		_, err := Compare(test, v, counted)
		assert.Error(t, err, counted)
	}
}
