// SPDX-License-Identifier: Apache-2.0

package trial

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"kcovrig/guest/wire"
)

// Signature says what kind of stale read a witness is: which accesses were
// reordered, by whom. It is what replay means by "the same". Times, addresses,
// values and the number of the window are no part of it. A Place that the
// witness did not record is empty.
//
// The names are those of message passing: the writer stores the data, then the
// flag that covers it; the reader loads the flag, then the data. A hit of a program's
// scenario has none of them: its Kind and the place that the kernel named say which it
// is, since which accesses led to it need not be known.
type Signature struct {
	Variant   Variant `json:"-"` // see SavedVariant
	Reader    Reader  `json:"reader"`
	Mode      string  `json:"mode"`
	Reordered Reorder `json:"reordered"`
	DataStore Place   `json:"dataStore"` // what the reader missed
	FlagStore Place   `json:"flagStore"` // ... and what passed it; only with ReorderStores
	DataLoad  Place   `json:"dataLoad"`  // what missed it; empty where the reader's loads were not followed

	Kind wire.Kind `json:"kind,omitempty"` // of a hit of a program's scenario; empty: a stale read
	At   Place     `json:"at,omitzero"`    // where the kernel says that it was
}

type plainSignature Signature // without its methods

// MarshalJSON writes the saved form.
func (s Signature) MarshalJSON() ([]byte, error) {
	return WriteSaved(struct {
		SavedVariant
		plainSignature
	}{s.Variant.Saved(), plainSignature(s)})
}

// UnmarshalJSON reads it.
func (s *Signature) UnmarshalJSON(text []byte) error {
	return ReadVariant(text, &s.Variant, (*plainSignature)(s))
}

// Reorder says on which side the accesses changed places. The zero value is unknown.
type Reorder string

// The sides.
const (
	// ReorderStores: the data's store landed after the flag's, or had not landed
	// when the reader looked. A load that was satisfied early adds nothing to that.
	ReorderStores Reorder = "stores"
	// ReorderLoads: it landed in time, and the reader's load was satisfied before that.
	ReorderLoads Reorder = "loads"
)

// Place is an instruction: Offset bytes into the function Symbol. Without a
// Symbol it is not known.
type Place struct {
	Symbol string `json:"symbol"`
	Offset uint64 `json:"offset"`
}

func (p Place) String() string {
	if p.Symbol == "" {
		return "an unknown place"
	}
	return fmt.Sprintf("%s+%#x", p.Symbol, p.Offset)
}

// kindNames are the kinds of hits in words.
var kindNames = map[wire.Kind]string{
	wire.KindTold: "the program's own word", wire.KindOops: "an oops", wire.KindWarn: "a warning", wire.KindBug: "a BUG",
	wire.KindKASAN: "a KASAN report", wire.KindHang: "a hang", wire.KindPanic: "a panic", wire.KindExit: "the program's end",
}

// behind is the place behind a word; nothing where it is not known.
func (p Place) behind(word string) string {
	if p.Symbol == "" {
		return ""
	}
	return word + p.String()
}

// ReportedAt is where the kernel says that a hit was: the instruction, or after a jump to
// address 0 where that was called from.
func ReportedAt(d wire.Detection) Place {
	for _, name := range []string{"pc", "lr"} {
		symbol, rest, ok := strings.Cut(d.Fields[name], "+0x")
		offset, _, _ := strings.Cut(rest, "/")
		if n, err := strconv.ParseUint(offset, 16, 64); ok && err == nil {
			return Place{Symbol: symbol, Offset: n}
		}
	}
	return Place{}
}

// Same says whether other is a stale read of the kind s: in the same kernel, reader
// and mode the same side was reordered, and each place that s has is other's.
func (s Signature) Same(other Signature) bool {
	place := func(mine, its Place) bool { return mine.Symbol == "" || mine == its }
	return s.Variant == other.Variant && s.Reader == other.Reader && s.Mode == other.Mode && s.Reordered == other.Reordered &&
		s.Kind == other.Kind && s.At == other.At && place(s.DataStore, other.DataStore) && place(s.FlagStore, other.FlagStore) && place(s.DataLoad, other.DataLoad)
}

func (s Signature) String() string {
	if s.Kind != "" {
		return fmt.Sprintf("%s kernel, mode %s: %s%s", s.Variant, s.Mode, kindNames[s.Kind], s.At.behind(" at "))
	}
	text := fmt.Sprintf("%s kernel, %s reader, mode %s: ", s.Variant, s.Reader, s.Mode)
	load := "a load"
	if s.DataLoad.Symbol != "" {
		load = "the load at " + s.DataLoad.String()
	}
	switch {
	case s.Reordered == ReorderLoads:
		return text + fmt.Sprintf("%s was satisfied before the store at %s had landed", load, s.DataStore)
	case s.FlagStore.Symbol != "":
		return text + fmt.Sprintf("the store at %s was passed by the one at %s, and missed by %s", s.DataStore, s.FlagStore, load)
	}
	return text + fmt.Sprintf("the store at %s was held back, and missed by %s", s.DataStore, load)
}

// SignatureOf finds the kind of a witness. An error says what the witness does
// not show; it has no kind then, and nothing is the same as it.
func SignatureOf(w Witness) (Signature, error) {
	s := Signature{Variant: w.Variant, Reader: w.Reader, Mode: w.Detection.Mode}
	if w.OfProgram() {
		s.Kind, s.At = w.Detection.Kind, ReportedAt(w.Detection)
		if len(w.Events) == 0 {
			return s, errors.New("it shows nothing")
		}
		return s, nil
	}
	mark := lastEvent(w.Events, func(e WitnessEvent) bool { return e.Kind == Mark })
	if mark < 0 {
		return s, errors.New("it does not show when the reader had looked")
	}
	stale, looked := w.Events[mark], mark
	load := lastEvent(w.Events[:mark], func(e WitnessEvent) bool {
		return e.VCPU == stale.VCPU && e.Address == stale.Address && e.Kind == Load && e.Value == w.Detection.Seen
	})
	if load >= 0 {
		looked, s.DataLoad = load, placeOf(w.Events[load])
	}
	// What the writer stored after that belongs to a later window.
	store := lastEvent(w.Events[:looked], func(e WitnessEvent) bool {
		return e.VCPU != stale.VCPU && e.Address == stale.Address && (e.Kind == Delayed || e.Kind == Executed)
	})
	if store < 0 || w.Events[store].Symbol == "" {
		return s, errors.New("it does not show the store that the reader missed")
	}
	s.DataStore = placeOf(w.Events[store])
	lands := landing(w.Events, store)
	flag := passing(w, store, lands)
	switch {
	case flag >= 0:
		s.Reordered, s.FlagStore = ReorderStores, placeOf(w.Events[flag])
	case lands > looked:
		s.Reordered = ReorderStores
	case load >= 0:
		s.Reordered = ReorderLoads
	default:
		return s, errors.New("it does not show whether the store or the load came late")
	}
	return s, nil
}

// passing returns the last store of the flag that the writer made after the
// store at index store and that landed before the event at end; -1 where there is none.
func passing(w Witness, store, end int) int {
	data := w.Events[store]
	for i := len(w.Events) - 1; i > store; i-- {
		e := w.Events[i]
		made := e.Kind == Executed || e.Kind == Delayed
		if made && e.VCPU == data.VCPU && e.Address != data.Address && e.Value == w.Detection.Count && landing(w.Events, i) < end {
			return i
		}
	}
	return -1
}

// landing returns the index at which the store at index i became visible; one
// past the last event where it did not.
func landing(events []WitnessEvent, i int) int {
	store := events[i]
	if store.Kind == Executed {
		return i
	}
	for n := i + 1; n < len(events); n++ {
		if e := events[n]; e.Kind == Drained && e.VCPU == store.VCPU && e.Address == store.Address && e.Version == store.Version {
			return n
		}
	}
	return len(events)
}

func lastEvent(events []WitnessEvent, is func(WitnessEvent) bool) int {
	for i := len(events) - 1; i >= 0; i-- {
		if is(events[i]) {
			return i
		}
	}
	return -1
}

func placeOf(e WitnessEvent) Place { return Place{Symbol: e.Symbol, Offset: e.Offset} }
