// SPDX-License-Identifier: Apache-2.0

package yamlfile

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func read(t *testing.T, text string) error {
	t.Helper()
	r := &Reader{File: "a.yaml"}
	root, ok := r.Root([]byte(text), "a thing")
	require.True(t, ok, text)
	for _, p := range r.Pairs(root, "a thing", []string{"name", "list", "word"}) {
		switch p.Key {
		case "name":
			r.Text(p.Value, p.Key)
		case "list":
			r.Items(p.Value, p.Key)
		default:
			r.Word(p.Value, p.Key, []string{"one", "two"})
		}
	}
	return r.Err("read", "")
}

// What a message repeats of a file is short, and nothing that a terminal would obey.
func TestMessagesRepeatNothingThatSteersOrFloods(t *testing.T) {
	long := strings.Repeat("x", MaxBytes/2)
	for text, want := range map[string]string{
		"\"\\e[2J\": 1\n":                  `a.yaml:1:1: unknown key "\x1b[2J"; have: name, list, word`,
		"\"\\u202e\": 1\n\"\\u202e\": 2\n": `a.yaml:2:1: a thing: "\u202e" is given twice`,
		"word: \"\\u202etwo\"\n":           `a.yaml:1:7: unknown word "\u202etwo"; did you mean "two"?`,
		"word: " + long + "\n":             `a.yaml:1:7: unknown word "` + long[:80] + `"...; have: one, two`,
		long[:900] + ": 1\n":               `a.yaml:1:1: unknown key "` + long[:80] + `"...; have: name, list, word`,
		"name: 2026-11-29\n":               `a.yaml:1:7: name: want a text, not a date; did you mean "2026-11-29", in quotes?`,
		"name: !evil x\n":                  `a.yaml:1:7: name: want a text, not a value of the kind "!evil"; did you mean "x", in quotes?`,
		"list: one\n":                      `a.yaml:1:7: list: want a list, not a text; did you mean [one]?`,
		"list: {a: b}\n":                   `a.yaml:1:7: list: want a list, not a mapping; put it in [ ], also where it is the only one`,
		"list:\n":                          `a.yaml:1:6: list: want a list, not nothing`,
		"list: \"\\u202eone\"\n":           `a.yaml:1:7: list: want a list, not a text; did you mean ["\u202eone"]?`,
		"<<: {name: x}\n":                  `a.yaml:1:1: a thing: << is not read: write the members themselves`,
		"? [a]\n: b\n":                     `a.yaml:1:3: a thing: a key is a word`,
		"list: " + strings.Repeat("[", 50) + strings.Repeat("]", 50) + "\nname: {}\n": `a.yaml:2:7: name: want a text, not a mapping`,
	} {
		began := time.Now()
		err := read(t, text)
		require.Error(t, err, "%.80s", text)
		assert.ErrorContains(t, err, want)
		assert.Less(t, len(err.Error()), 2000)
		assert.Less(t, time.Since(began), 5*time.Second)
	}
}

func TestAPlaceIsTheNearestThatThereIs(t *testing.T) {
	places := Places([]byte("a: 1\nfix:\n  - {patches: &p [x]}\n  - {patches: *p}\n"))
	assert.Equal(t, Place{3, 19}, PlaceIn(places, "fix[0].patches[0]"))
	assert.Equal(t, Place{4, 15}, PlaceIn(places, "fix[1].patches[0]"), "an alias has its own place, and nothing below it")
	assert.Equal(t, Place{3, 3}, PlaceIn(places, "fix[7].patches"))
	assert.Equal(t, Place{}, PlaceIn(places, "none.such"))
}
