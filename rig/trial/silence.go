// SPDX-License-Identifier: Apache-2.0

package trial

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"kcovrig/guest/wire"
)

// Silence is what the memory emulator noted of why a boot showed no stale read,
// or could have: silence counts only where the emulator could have spoken.
type Silence struct {
	Stores Earned `json:"stores"` // of the copy, before the stores that publish it
	Loads  Earned `json:"loads"`  // of the reader
}

// Earned counts how often two accesses met in the emulator.
type Earned struct {
	Order   uint64 `json:"order"`           // an instruction that Arm orders them by stood between
	Passed  uint64 `json:"passed"`          // the second overtook the first, or could have; a load had an older value to choose
	Caution uint64 `json:"caution"`         // the emulator's own caution kept them in order, which says nothing of the kernel
	Stops   []Stop `json:"stops,omitempty"` // at which places, the most frequent first
}

// Stop is a place that kept two accesses in order.
type Stop struct {
	Instruction
	Why   string `json:"why"` // order-WORD or caution-WORD
	Count uint64 `json:"count"`
}

// StopsShown is how many places of orders, and of cautions, are kept of each arm.
const StopsShown = 8

// Add counts a stop. Instructions of one place are one.
func (e *Earned) Add(s Stop) {
	switch {
	case strings.HasPrefix(s.Why, "order-"):
		e.Order += s.Count
	default:
		e.Caution += s.Count
	}
	at := slices.IndexFunc(e.Stops, func(o Stop) bool { return o.Instruction == s.Instruction && o.Why == s.Why })
	if at < 0 {
		e.Stops = append(e.Stops, s)
	} else {
		e.Stops[at].Count += s.Count
	}
}

// Sort puts the most frequent stops first, and keeps StopsShown of the orders and of the cautions.
func (e *Earned) Sort() {
	slices.SortFunc(e.Stops, func(a, b Stop) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Place(), b.Place()), cmp.Compare(a.Text, b.Text), cmp.Compare(a.Why, b.Why))
	})
	shown := map[bool]int{}
	e.Stops = slices.DeleteFunc(e.Stops, func(s Stop) bool {
		order := strings.HasPrefix(s.Why, "order-")
		shown[order]++
		return shown[order] > StopsShown
	})
}

// share is the part of the meetings in which the emulator could have spoken; 1 of none.
func (e Earned) share() float64 {
	all := e.Order + e.Passed + e.Caution
	if all == 0 {
		return 1
	}
	return float64(e.Order+e.Passed) / float64(all)
}

// caution is the most frequent place of the emulator's caution, in words.
func (e Earned) caution() string {
	for _, s := range e.Stops {
		if word, ok := strings.CutPrefix(s.Why, "caution-"); ok {
			return fmt.Sprintf("what stopped the emulator there most often was %s: %s", s.where(), whyCautious(word))
		}
	}
	return "the place is not known"
}

func (s Stop) where() string {
	text := s.Text
	if text == "" {
		text = "code that was not listed"
	}
	where := fmt.Sprintf("%s at %s", text, cmp.Or(s.Place(), "an unknown place"))
	if s.Source != "" {
		where += " (" + s.Source + ")"
	}
	return where
}

// cautions say why a place stops the emulator.
var cautions = map[string]string{
	"atomic":       "an atomic by which Arm orders less than the emulator does",
	"system":       "before a system instruction the emulator makes every waiting store visible",
	"call":         "the code leaves the emulator's scope, and nothing waits outside of it",
	"exception":    "an interrupt or an exception came, and nothing waits during one",
	"unprivileged": "an access with user space's rights, before which the emulator makes every waiting store visible",
	"full":         "as many stores waited as the emulator can hold",
	"page":         "the emulator did not know the store's page yet, so the store could not wait",
	"simd":         "an access of vector registers that the emulator does not delay",
	"unaligned":    "an access that is unaligned, or reaches over a page's end, does not wait",
	"unknown":      "an instruction that the emulator does not know",
	"bound":        "the store had waited as long as the emulator lets one wait",
	"maintenance":  "another CPU changed its page tables, and nothing waits while one does",
	"code":         "the page holds code that was translated, so the store could not wait",
	"partial":      "a load took a part of a waiting store, which then had to become visible",
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

// weight is what the emulator's notes make of the patched arm's clean blocks.
type weight struct {
	factor float64 // of the blocks count; at most 1
	doubt  string  // why none does
	passed bool    // ... because the publication did overtake the copy
	mostly string  // what lowered the factor most, in words
}

const reasonNoNotes = "the memory emulator noted nothing of the copy and the stores that publish it, so its silence says nothing"

// weigh compares the arms' notes: a patched arm in which the emulator could speak
// less often than in the unpatched one has shown that much less.
func weigh(unpatched, patched *Silence, emulated bool) weight {
	if !emulated {
		return weight{factor: 1}
	}
	if unpatched == nil || unpatched.Stores.all() == 0 {
		return weight{doubt: reasonNoNotes}
	}
	return worth(patched, *unpatched, "with the patch ")
}

// weighAlone is what the silence of an arm is worth that nothing is compared with:
// of its blocks that part counts in which the emulator could have spoken.
func weighAlone(s *Silence, emulated bool) weight {
	if !emulated {
		return weight{factor: 1}
	}
	return worth(s, Silence{}, "")
}

// worth is what notes are worth beside those of an arm in which the emulator could
// speak as often as beside says: always, where that is empty. where opens the reasons.
func worth(s *Silence, beside Silence, where string) weight {
	switch {
	case s == nil || s.Stores.all() == 0:
		return weight{doubt: reasonNoNotes}
	case s.Stores.Passed > 0:
		return weight{passed: true, doubt: fmt.Sprintf("%sthe publication overtook the copy %d times, although no reader saw it", where, s.Stores.Passed)}
	case s.Stores.Order == 0:
		return weight{doubt: where + "no instruction that Arm orders stores by came between the copy and the store that publishes it; " + s.Stores.caution()}
	}
	stores := ratio(s.Stores.share(), beside.Stores.share())
	loads := ratio(s.Loads.shareOfMany(), beside.Loads.shareOfMany())
	w := weight{factor: stores * loads}
	switch {
	case w.factor == 1:
	case loads < stores:
		w.mostly = s.Loads.caution()
	default:
		w.mostly = s.Stores.caution()
	}
	return w
}

// fewMeetings say nothing of a share. Loads meet older values seldom, and in a
// kernel that orders its stores hardly ever.
const fewMeetings = 32

func (e Earned) shareOfMany() float64 {
	if e.all() < fewMeetings {
		return 1
	}
	return e.share()
}

func (e Earned) all() uint64 { return e.Order + e.Passed + e.Caution }

func ratio(patched, unpatched float64) float64 {
	if unpatched == 0 {
		return 1
	}
	return min(1, patched/unpatched)
}

// of is how many of clean blocks count.
func (w weight) of(clean uint64) uint64 {
	if w.doubt != "" {
		return 0
	}
	return uint64(math.Floor(float64(clean) * w.factor))
}

// Seen is what an arm under way has shown so far.
type Seen struct {
	Tallies []wire.Tally
	Silence *Silence
}

// reserve is kept while a comparison runs: the emulator's counts still move when
// the arms are asked to stop.
const reserve = 0.95

// Settled says, as Certain, whether two arms may stop, by the blocks that count
// once the emulator's notes are read. Where the publication overtook the copy and
// no stale read came yet, one may still come. Where no instruction ordered the
// two, more windows change nothing.
func Settled(unpatched, patched Seen) bool {
	if !Certain(unpatched.Tallies, patched.Tallies) {
		return false
	}
	silent := func(t wire.Tally) bool { return t.StaleWindows == 0 }
	if every(unpatched.Tallies, silent) || !every(patched.Tallies, silent) {
		return true
	}
	w := weigh(unpatched.Silence, patched.Silence, true)
	if w.doubt != "" {
		return !w.passed
	}
	return promised.certain(unpatched.Tallies, patched.Tallies, w.factor*reserve)
}
