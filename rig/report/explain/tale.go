// SPDX-License-Identifier: Apache-2.0

package explain

import (
	"fmt"

	"kcovrig/rig/result"
	"kcovrig/rig/trial"
	"kcovrig/rig/witness"
	"kcovrig/rig/wording"
)

// tale is a witness as it is shown, whatever was seen.
type tale struct {
	rows    []row
	left    string // heads of the columns
	right   string
	summary string
	window  string           // what the drawn window is; empty: none is drawn
	old     func(i int) bool // a load that read an old value
}

func taleOf(d result.Document, n int, all bool) tale {
	if d.Witnesses[n-1].OfProgram() {
		return hitTale(hitStoryOf(d, n, all))
	}
	s := storyOf(d, n, all)
	t := tale{
		rows: s.complete(), left: "kernel", right: fmt.Sprintf("vCPU %d: reader", s.ReaderCPU), summary: s.summary(),
		old: func(i int) bool { return i == s.Stale },
	}
	if s.WriterCPU >= 0 {
		t.left = fmt.Sprintf("vCPU %d: kernel", s.WriterCPU)
	}
	if s.rows != nil && len(s.Stores) > 0 && s.Events[s.Stores[0]].Kind == trial.Delayed {
		t.window = "The window, between the + signs: from where the store was held back to where it landed."
	}
	return t
}

func hitTale(s *hitStory) tale {
	t := tale{rows: s.complete(), summary: s.summary(), old: s.isOld}
	t.left, t.right = s.heads()
	if p, ok := s.mainPassing(); ok {
		t.window = "The window, between the + signs: from where the store was held back to where it landed."
		if p.Landed < 0 {
			t.window = "The window, from the + sign on: the store was held back, and had not landed at the end."
		}
	}
	return t
}

// Told is a witness in words: what it shows, and which of its loads read an old value.
func Told(w trial.Witness, code trial.Code, said wording.Words) (summary string, old func(i int) bool) {
	if w.OfProgram() {
		s := hitStoryOf(result.Document{Witnesses: []trial.Witness{w}, Code: []trial.Code{code}}, 1, false)
		return s.summary(), s.isOld
	}
	r := witness.Read(w, code)
	return (&story{Reading: r, said: said}).summary(), func(i int) bool { return i == r.Stale }
}
