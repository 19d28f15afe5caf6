// SPDX-License-Identifier: Apache-2.0

package verdict

import (
	"cmp"
	"fmt"
	"math"
	"strings"

	"kcovrig/guest/wire"
	"kcovrig/rig/trial"
)

// share is the part of the meetings in which the emulator could have spoken; 1 of none.
func share(e trial.Earned) float64 {
	all := e.Order + e.Passed + e.Caution
	if all == 0 {
		return 1
	}
	return float64(e.Order+e.Passed) / float64(all)
}

// caution is the most frequent place of the emulator's caution, in words.
func caution(e trial.Earned) string {
	for _, s := range e.Stops {
		if word, ok := strings.CutPrefix(s.Why, "caution-"); ok {
			return fmt.Sprintf("what stopped the emulator there most often was %s: %s", where(s), whyCautious(word))
		}
	}
	return "the place is not known"
}

func where(s trial.Stop) string {
	text := s.Text
	if text == "" {
		text = "code that was not listed"
	}
	place := fmt.Sprintf("%s at %s", text, cmp.Or(s.Place(), "an unknown place"))
	if s.Source != "" {
		place += " (" + s.Source + ")"
	}
	return place
}

// cautions say why a place stops the emulator.
var cautions = map[string]string{
	"atomic":       "an atomic by which Arm orders less than the emulator does",
	"system":       "before a system instruction the emulator makes every waiting store visible",
	"call":         "the code leaves the emulator's scope, and nothing waits outside of it",
	"exception":    "an interrupt or an exception came, and nothing waits during one",
	"unprivileged": "an access with user space's rights to a page not yet known to be its own, before which the emulator makes every waiting store visible",
	"full":         "as many stores waited as the emulator can hold",
	"page":         "the emulator did not know the store's page yet, so the store could not wait",
	"simd":         "an access of vector registers that the emulator does not delay",
	"unaligned":    "an access that is unaligned, or reaches over a page's end, does not wait",
	"unknown":      "an instruction that the emulator does not know",
	"bound":        "the store had waited as long as the emulator lets one wait",
	"maintenance":  "another CPU changed its page tables, and nothing waits while one does",
	"code":         "the page holds code that was translated, so the store could not wait",
	"partial":      "a load took more than one waiting store has, or what a waiting atomic leaves, so that these had to become visible",
	"walk":         "the load's page tables were walked, after which it reads what is newest",
	"writer":       "the memory was last written by code that the emulator does not follow",
	"lost":         "the emulator's table of places was full",
}

func whyCautious(word string) string {
	if text, ok := cautions[word]; ok {
		return text
	}
	return "a caution of the emulator that this version does not know"
}

// weight is what the emulator's notes make of the patched kernel's clean blocks.
type weight struct {
	factor float64 // of the blocks count; at most 1
	doubt  string  // why none does
	passed bool    // ... because the second write did overtake the first
	mostly string  // what lowered the factor most, in words
}

const reasonNoNotes = "the memory emulator noted nothing of the two writes, so its silence says nothing"

// weigh compares the kernels' notes: a patched kernel in which the emulator could speak
// less often than in the unpatched one, which showed the bug so many times, has shown
// that much less.
func weigh(unpatched, patched *trial.Silence, shown shown, emulated bool) weight {
	if !emulated {
		return weight{factor: 1}
	}
	if unpatched != nil && patched != nil && (unpatched.Pairs != nil || patched.Pairs != nil) {
		return weighPairs(*unpatched, *patched, shown)
	}
	if unpatched == nil || meetings(unpatched.Stores) == 0 {
		return weight{doubt: reasonNoNotes}
	}
	return worth(patched, *unpatched, "with the patch ")
}

// Worth says which part of the clean blocks counts of a kernel that was silent, beside the
// notes on one that showed the bug so often; doubt says why none does. Both ran under the
// emulator.
func Worth(showed, silent *trial.Silence, hits uint64) (part float64, doubt string) {
	var w weight
	switch {
	case showed == nil:
		return 0, reasonNoNotes
	case showed.Pairs != nil || silent != nil && silent.Pairs != nil:
		w = weigh(showed, silent, shown{hits: hits}, true)
	default:
		w = worth(silent, *showed, "")
	}
	if w.doubt != "" {
		return 0, w.doubt
	}
	return w.factor, ""
}

// weighAlone is what the silence of a kernel is worth that nothing is compared with:
// of its blocks that part counts in which the emulator could have spoken.
func weighAlone(s *trial.Silence, emulated bool) weight {
	switch {
	case !emulated:
		return weight{factor: 1}
	case s != nil && s.Pairs != nil:
		return weight{doubt: doubtAlone}
	}
	return worth(s, trial.Silence{}, "")
}

// worth says how much of a kernel's silence counts by the emulator's notes on it, held
// against the notes of the other kernel: all of it where that is empty. opening
// begins the reasons.
func worth(s *trial.Silence, other trial.Silence, opening string) weight {
	switch {
	case s == nil || meetings(s.Stores) == 0:
		return weight{doubt: reasonNoNotes}
	case s.Stores.Passed > 0:
		return weight{passed: true, doubt: fmt.Sprintf("%sthe second write overtook the first %d times, although no reader saw it", opening, s.Stores.Passed)}
	case s.Stores.Order == 0:
		return weight{doubt: opening + "no instruction that Arm orders stores by came between the two writes; " + caution(s.Stores)}
	}
	stores := ratio(share(s.Stores), share(other.Stores))
	loads := ratio(shareOfMany(s.Loads), shareOfMany(other.Loads))
	w := weight{factor: stores * loads}
	switch {
	case w.factor == 1:
	case loads < stores:
		w.mostly = caution(s.Loads)
	default:
		w.mostly = caution(s.Stores)
	}
	return w
}

// fewMeetings say nothing of a share. Loads meet older values seldom, and in a
// kernel that orders its stores hardly ever.
const fewMeetings = 32

func shareOfMany(e trial.Earned) float64 {
	if meetings(e) < fewMeetings {
		return 1
	}
	return share(e)
}

func meetings(e trial.Earned) uint64 { return e.Order + e.Passed + e.Caution }

func ratio(patched, unpatched float64) float64 {
	if unpatched == 0 {
		return 1
	}
	return min(1, patched/unpatched)
}

// leastHits is how often the bug was seen in the mode that showed it least, if it did.
func leastHits(tallies []wire.Tally) uint64 {
	var least uint64
	for _, t := range tallies {
		if t.HitWindows > 0 && (least == 0 || t.HitWindows < least) {
			least = t.HitWindows
		}
	}
	return least
}

// of is how many of clean blocks count.
func (w weight) of(clean uint64) uint64 {
	if w.doubt != "" {
		return 0
	}
	return uint64(math.Floor(float64(clean) * w.factor))
}

// reserve is kept while a comparison runs: the emulator's counts still move when
// the kernels are asked to stop.
const reserve = 0.95

// Settled says, as Certain, whether two kernels may stop, by the blocks that count
// once the emulator's notes are read. Where the second write overtook the first and
// no reader saw it yet, one may still come. Where no instruction ordered the
// two, more windows change nothing.
func Settled(unpatched, patched trial.Seen) bool {
	if !Certain(unpatched.Tallies, patched.Tallies) {
		return false
	}
	silent := func(t wire.Tally) bool { return t.HitWindows == 0 }
	if every(unpatched.Tallies, silent) || !every(patched.Tallies, silent) {
		return true
	}
	w := weigh(unpatched.Silence, patched.Silence, shownBy(unpatched.Tallies, nil), true)
	if w.doubt != "" {
		return !w.passed
	}
	return promised.certain(unpatched.Tallies, patched.Tallies, w.factor*reserve)
}
