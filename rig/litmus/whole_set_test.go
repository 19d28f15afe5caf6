// SPDX-License-Identifier: Apache-2.0

package litmus_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/litmus"
	"kcovrig/rig/litmus/litmustest"
)

// diy has the tests that diy7 made, and herd7's log.
const diy = "testdata/diy"

// names are the files of the whole set.
func names(t *testing.T) []string {
	t.Helper()
	list, err := os.ReadFile(filepath.Join(diy, "@all"))
	require.NoError(t, err)
	all := strings.Fields(string(list))
	require.Len(t, all, 213)
	return all
}

// read gives a test of the set, and its text.
func read(t *testing.T, name string) (*litmustest.Test, string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(diy, name))
	require.NoError(t, err)
	test, err := litmustest.Parse(string(text))
	require.NoError(t, err, name)
	return test, string(text)
}

func herdAnswers(t *testing.T) map[string]litmus.Allowed {
	t.Helper()
	f, err := os.Open(filepath.Join(diy, "herd.log"))
	require.NoError(t, err)
	defer f.Close()
	answers, err := litmus.ParseHerdLog(f)
	require.NoError(t, err)
	return answers
}

// Every test of the set parses, herd7 has a verdict on each, and evaluating the
// condition on herd7's states gives herd7's own answer.
func TestWholeSet(t *testing.T) {
	answers := herdAnswers(t)
	assert.Len(t, answers, 213)
	for _, name := range names(t) {
		test, _ := read(t, name)
		v, ok := answers[test.Name]
		require.True(t, ok, test.Name)
		assert.Equal(t, test.Name+".litmus", name)
		holding := 0
		for _, state := range v.States {
			values, err := litmustest.Values(state)
			require.NoError(t, err)
			for _, term := range test.Observed() {
				assert.Contains(t, values, term, test.Name)
			}
			assert.Len(t, values, len(test.Observed()), test.Name)
			ok, err := test.Holds(state)
			require.NoError(t, err)
			if ok {
				holding++
			}
		}
		want := map[string]bool{"Never": holding == 0, "Always": holding == len(v.States),
			"Sometimes": holding > 0 && holding < len(v.States)}
		assert.True(t, want[v.Observation], "%s: %s, but the condition holds in %d of %d states", name, v.Observation, holding, len(v.States))
		assert.Len(t, v.Hash, 32, name)
	}
}

func TestHeadsOfTheWholeSet(t *testing.T) {
	for _, name := range names(t) {
		want, text := read(t, name)
		h, err := litmus.ReadHead(text, name)
		require.NoError(t, err, name)
		assert.Equal(t, litmus.Head{Name: want.Name, Threads: len(want.Threads)}, h)
	}
}

// worded renders a state as a program of litmus7 does: locations bare, its
// terms in an order of its own, here reversed, and numbers in hex.
func worded(t *testing.T, s litmus.State) string {
	values, err := litmustest.Values(s)
	require.NoError(t, err)
	names := slices.Sorted(maps.Keys(values))
	slices.Reverse(names)
	var out []string
	for _, name := range names {
		out = append(out, fmt.Sprintf("%s=%#x;", strings.Trim(name, "[]"), values[name]))
	}
	return strings.Join(out, " ")
}

func TestEveryTestCompares(t *testing.T) {
	answers := herdAnswers(t)
	for _, name := range names(t) {
		test, _ := read(t, name)
		v := answers[test.Name]
		require.NotEmpty(t, v.States, test.Name)

		head, fulfilled := litmus.Head{Name: test.Name, Threads: len(test.Threads)}, uint64(0)
		counted := map[string]uint64{}
		for _, s := range v.States {
			counted[worded(t, s)] = 2
			ok, err := test.Holds(s)
			require.NoError(t, err)
			if ok {
				fulfilled += 2
			}
		}
		c, err := litmus.Compare(head, v, litmus.Counted{States: counted, Fulfilled: fulfilled})
		require.NoError(t, err, test.Name)
		assert.Equal(t, litmus.Sound, c.Outcome, test.Name)
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
		c, err = litmus.Compare(head, less, litmus.Counted{States: counted})
		require.NoError(t, err)
		assert.Equal(t, litmus.Unsound, c.Outcome, test.Name)
		assert.Equal(t, v.States[:1], c.Forbidden, test.Name)
		delete(counted, worded(t, v.States[0]))
		c, err = litmus.Compare(head, v, litmus.Counted{States: counted, Fulfilled: fulfilled})
		require.NoError(t, err)
		assert.Equal(t, litmus.Sound, c.Outcome, test.Name)
		assert.Equal(t, v.States[:1], c.Unseen, test.Name)
	}
}

// What diy7 made, read and written and read again, is the same test.
func TestTextIsReadAgain(t *testing.T) {
	for _, file := range names(t) {
		want, _ := read(t, file)
		got, err := litmustest.Parse(want.Text("made of "+file, "with {braces} and *) what would end it"))
		require.NoError(t, err, file)
		for i := range got.Threads {
			for name, v := range want.Threads[i].Regs {
				assert.Equal(t, v, got.Threads[i].Regs[name], "%s: %d:%s", file, i, name)
			}
			assert.Equal(t, want.Threads[i].Code, got.Threads[i].Code, file)
		}
		assert.Equal(t, want.Memory, got.Memory, file)
		assert.Equal(t, want.Condition, got.Condition, file)
		assert.Equal(t, want.Name, got.Name)
	}
}
