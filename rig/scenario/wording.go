// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"slices"

	"kcovrig/guest/wire"
	"kcovrig/rig/wording"
)

// sights are what the ways in which a bug shows are called.
var sights = map[wire.Kind]string{
	wire.KindTold: "hit", wire.KindOops: "oops", wire.KindWarn: "warning", wire.KindBug: "BUG",
	wire.KindKASAN: "KASAN report", wire.KindHang: "hang", wire.KindPanic: "panic", wire.KindExit: "death of the program",
}

// words are the file's, and where it has none those that follow from what is detected:
// one sign with its function, several of a kind without one.
func (f file) words() wording.Words {
	w := f.Words
	if w.Hit == "" {
		w.Hit = sightOf(f.Detect)
	}
	return w.Completed()
}

func sightOf(signs []sign) string {
	first := signs[0]
	name := sights[first.Kind]
	for _, s := range signs[1:] {
		if s.Kind != first.Kind {
			return sights[wire.KindTold]
		}
	}
	switch {
	case len(signs) > 1:
	case first.Function != "":
		name += " in " + first.Function
	case first.Exit == anySignal:
		name += " by a signal"
	case slices.Contains(signals, first.Exit):
		name += " by " + first.Exit
	case first.Exit != "":
		name += " with status " + first.Exit
	}
	return name
}
