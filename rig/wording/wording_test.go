// SPDX-License-Identifier: Apache-2.0

package wording

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestCountsReadAsSentences(t *testing.T) {
	oops := Words{Hit: "oops in ring_read"}.Completed()
	for want, got := range map[string]string{
		"37 oopses in ring_read in 1024 tries": oops.Seen(37, 1024),
		"1 oops in ring_read in 1 try":         oops.Seen(1, 1),
		"no oops in ring_read in 1024 tries":   oops.Showed(0, 1024),
		"2 oopses in ring_read in 9 tries":     oops.Tally(2, 9),
		"2 oopses in ring_read in 9":           oops.Short(2, 9),
		"an oops in ring_read":                 oops.A(),
		"in 1024":                              oops.Among(1024),
		"240 of 6400 windows were stale":       Words{}.Seen(240, 6400),
		"none of 6400 windows was stale":       Words{}.Seen(0, 6400),
		"3 stale of 6400 windows":              Words{}.Showed(3, 6400),
		"240 of 6400 windows stale":            Words{}.Tally(240, 6400),
		"240 of 6400 stale":                    Words{}.Short(240, 6400),
		"a stale read":                         Words{}.A(),
		"a stale one":                          Words{}.One(),
		"an overwritten one":                   Words{Hit: "x", State: "overwritten"}.One(),
		"a use-after-free":                     Words{Hit: "use-after-free"}.A(),
		"of 6400":                              Words{}.Among(6400),
	} {
		assert.Equal(t, want, got)
	}
}

func TestWordsOfSeveralBugsFitAny(t *testing.T) {
	oops, told := Words{Hit: "oops"}.Completed(), Words{}.Completed()
	assert.Equal(t, oops, Common(oops, oops))
	assert.Equal(t, told, Common(oops, Words{}))
	assert.Equal(t, "hit", Common(Words{}, oops).Hit)
	assert.Equal(t, Words{}, Common())
	assert.Equal(t, "stale reads", Common(Words{}, Words{}.Full()).Full().Hits)
}

func TestPluralsAreMadeOfTheNoun(t *testing.T) {
	for one, several := range map[string]string{
		"try": "tries", "stale read": "stale reads", "oops in f": "oopses in f", "NULL dereference in ring_read": "NULL dereferences in ring_read",
		"death of the program": "deaths of the program", "delay": "delays", "BUG at f in g": "BUGs at f in g", "glitch": "glitches", "y": "ys",
	} {
		assert.Equal(t, several, plural(one))
	}
	assert.Equal(t, "mice", Words{Hit: "mouse", Hits: "mice"}.Completed().Hits)
}

func TestWordsOfADocumentWithoutAnyAreThoseOfStaleReads(t *testing.T) {
	assert.Equal(t, "stale reads", Words{}.Full().Hits)
	assert.NoError(t, Words{}.Validate())
	assert.NoError(t, Words{}.Full().Validate())
}

func TestWordsThatATerminalWouldObeyAreRefused(t *testing.T) {
	good := Words{}.Completed()
	assert.NoError(t, good.Validate())
	for name, bad := range map[string]func(*Words){
		"escape":        func(w *Words) { w.Hit = "a\x1b[2Jb" },
		"two lines":     func(w *Words) { w.Windows = "a\nb" },
		"right to left": func(w *Words) { w.State = "a\u202eb" },
		"no text":       func(w *Words) { w.Hits = "" },
		"blank":         func(w *Words) { w.State = " " },
		"bytes":         func(w *Words) { w.Hit = "a\xff" },
		"long":          func(w *Words) { w.Unit, w.Units = strings.Repeat("x", MaxWord+1), "x" },
		"half a unit":   func(w *Words) { w.Unit = "entry" },
	} {
		w := good
		bad(&w)
		assert.Error(t, w.Validate(), name)
	}
}
