// SPDX-License-Identifier: Apache-2.0

// Package wording holds what reports call a hit of a bug and a window, in which one
// could be seen: the words, their limits, and phrases made of them. Which words a bug
// has it leaves to rig/scenario, the sentences to rig/verdict and the reports.
package wording

import (
	"cmp"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Words are what reports call a bug's sights and the chances to see it. They come
// from a scenario's file, and travel in the documents. The zero value is that of a
// document from before they did, which was about stale reads.
type Words struct {
	Hit     string `json:"hit"`             // one sight of the bug: "stale read"
	Hits    string `json:"hits"`            // several
	Window  string `json:"window"`          // one chance to see it: "try"
	Windows string `json:"windows"`         // several
	State   string `json:"state,omitempty"` // what a window is in which it was seen: "stale"; empty: there is no such word
	Unit    string `json:"unit,omitempty"`  // what is read: "entry"; empty: hits are not counted by such
	Units   string `json:"units,omitempty"` // several
}

// staleReads are the words of documents that have none.
var staleReads = Words{Hit: "stale read", Hits: "stale reads", Window: "window", Windows: "windows", State: "stale", Unit: "entry", Units: "entries"}

// MaxWord is the longest word, in characters: a hit may name a function of the kernel.
const MaxWord = 240

// Full is w, or the words of stale reads in the place of none.
func (w Words) Full() Words {
	if w == (Words{}) {
		return staleReads
	}
	return w
}

// Common are the words of all, and words that fit any bug where they differ.
func Common(all ...Words) Words {
	for _, w := range all {
		if w.Full() != all[0].Full() {
			return Words{}.Completed()
		}
	}
	if len(all) == 0 {
		return Words{}
	}
	return all[0]
}

// Completed fills in what w leaves out: the plurals, and a try for a window.
func (w Words) Completed() Words {
	w.Window = cmp.Or(w.Window, "try")
	w.Windows = cmp.Or(w.Windows, plural(w.Window))
	w.Hit = cmp.Or(w.Hit, "hit")
	w.Hits = cmp.Or(w.Hits, plural(w.Hit))
	if w.Unit != "" {
		w.Units = cmp.Or(w.Units, plural(w.Unit))
	}
	return w
}

// Validate says what is wrong with words that came from elsewhere.
func (w Words) Validate() error {
	if w == (Words{}) {
		return nil
	}
	for _, one := range []struct {
		name, text string
		needed     bool
	}{
		{"hit", w.Hit, true}, {"hits", w.Hits, true}, {"window", w.Window, true}, {"windows", w.Windows, true},
		{"state", w.State, false}, {"unit", w.Unit, false}, {"units", w.Units, w.Unit != ""},
	} {
		switch {
		case one.text == "" && !one.needed:
		case strings.TrimSpace(one.text) == "":
			return fmt.Errorf("words: %s: there is none", one.name)
		case utf8.RuneCountInString(one.text) > MaxWord:
			return fmt.Errorf("words: %s: it has more than %d characters", one.name, MaxWord)
		case !utf8.ValidString(one.text) || strings.ContainsFunc(one.text, func(r rune) bool { return !unicode.IsPrint(r) }):
			return fmt.Errorf("words: %s: %q is not one line of printable characters", one.name, one.text)
		}
	}
	return nil
}

// Adjective is what a window or block is in which the bug was seen.
func (w Words) Adjective() string { return cmp.Or(w.Full().State, "hit") }

// Column heads the numbers of windows in which the bug was seen.
func (w Words) Column() string { return cmp.Or(w.Full().State, "hits") }

// One is a window or block in which the bug was seen, with its article.
func (w Words) One() string { return article(w.Adjective() + " one") }

// A is a hit with its article.
func (w Words) A() string { return article(w.Full().Hit) }

// Seen says in how many of all windows the bug was seen, as a sentence.
func (w Words) Seen(n, all uint64) string {
	w = w.Full()
	if w.State == "" {
		return w.number(n) + fmt.Sprintf(" in %d %s", all, w.windows(all))
	}
	verb := "were"
	if n == 0 {
		return fmt.Sprintf("none of %d %s was %s", all, w.Windows, w.State)
	}
	if n == 1 && all == 1 {
		verb = "was"
	}
	return fmt.Sprintf("%d of %d %s %s %s", n, all, w.windows(all), verb, w.State)
}

// Among names all windows of a kernel that showed nothing, behind "none".
func (w Words) Among(all uint64) string {
	if w = w.Full(); w.State == "" {
		return fmt.Sprintf("in %d", all)
	}
	return fmt.Sprintf("of %d", all)
}

// Short says the same where words like it stand beside one another.
func (w Words) Short(n, all uint64) string {
	w = w.Full()
	if w.State == "" {
		return w.number(n) + fmt.Sprintf(" in %d", all)
	}
	return fmt.Sprintf("%d of %d %s", n, all, w.State)
}

// Tally says the same as a line of its own.
func (w Words) Tally(n, all uint64) string {
	w = w.Full()
	if w.State == "" {
		return w.Seen(n, all)
	}
	return fmt.Sprintf("%d of %d %s %s", n, all, w.windows(all), w.State)
}

// Showed says what a kernel showed, behind "the kernel showed".
func (w Words) Showed(n, all uint64) string {
	w = w.Full()
	if w.State == "" {
		return w.number(n) + fmt.Sprintf(" in %d %s", all, w.windows(all))
	}
	return fmt.Sprintf("%d %s of %d %s", n, w.State, all, w.windows(all))
}

func (w Words) number(n uint64) string {
	switch n {
	case 0:
		return "no " + w.Hit
	case 1:
		return "1 " + w.Hit
	}
	return fmt.Sprintf("%d %s", n, w.Hits)
}

func (w Words) windows(n uint64) string {
	if n == 1 {
		return w.Window
	}
	return w.Windows
}

// article puts "a" or "an" before words, by their first sound as far as letters tell.
func article(text string) string {
	low := strings.ToLower(text)
	for _, glide := range []string{"use", "uni", "eu", "one"} { // as in "use after free"
		if strings.HasPrefix(low, glide) {
			return "a " + text
		}
	}
	if low != "" && strings.ContainsRune("aeiou", rune(low[0])) {
		return "an " + text
	}
	return "a " + text
}

// plural is that of words: the noun is what comes before a preposition.
func plural(text string) string {
	noun, rest := text, ""
	for _, p := range []string{" in ", " of ", " at ", " with ", " by "} {
		if at := strings.Index(noun, p); at >= 0 {
			noun, rest = text[:at], text[at:]
		}
	}
	switch stem, isY := strings.CutSuffix(noun, "y"); {
	case isY && stem != "" && !strings.ContainsRune("aeiou", rune(stem[len(stem)-1])):
		return stem + "ies" + rest
	case strings.HasSuffix(noun, "s"), strings.HasSuffix(noun, "x"), strings.HasSuffix(noun, "ch"), strings.HasSuffix(noun, "sh"):
		return noun + "es" + rest
	}
	return noun + "s" + rest
}
