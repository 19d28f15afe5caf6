// SPDX-License-Identifier: Apache-2.0

package explain

import (
	"io"

	"kcovrig/rig/fault"
	"kcovrig/rig/result"
	"kcovrig/rig/trial"
	"kcovrig/rig/witness"
)

// explained is the JSON form of an explanation (docs/json.md).
type explained struct {
	Schema      string             `json:"schema"`
	Run         string             `json:"run"`
	Number      int                `json:"number"` // 0: the run holds none
	Witnesses   int                `json:"witnesses"`
	Witness     *trial.Witness     `json:"witness"`
	Summary     string             `json:"summary"` // what it shows, in words
	Shape       string             `json:"shape"`   // of a program's hit: what its events amount to; empty: nothing that is known here
	Window      *window            `json:"window"`
	Code        []trial.Code       `json:"code"`
	Readers     []trial.ReaderCode `json:"readers"`
	Certificate *trial.Certificate `json:"certificate"` // null: not asked for
}

// window is when what happened, in the events' time; null where it is not known.
type window struct {
	Reordered string `json:"reordered"` // whose accesses: "writer" or "reader"; "": not known
	HeldNS    *int64 `json:"heldNS"`    // the store of the old word was held back
	VisibleNS *int64 `json:"visibleNS"` // what publishes it could be seen
	LookedNS  *int64 `json:"lookedNS"`  // the guest reported the hit
	LandedNS  *int64 `json:"landedNS"`  // the store landed
}

// explainJSON writes the same as one JSON object.
func explainJSON(w io.Writer, of Explanation) error {
	s, o := of.Run, of.Options
	n, err := o.Chosen(s)
	if err != nil {
		return err
	}
	d := s.Document
	e := explained{
		Schema: Schema, Run: s.Name, Number: n, Witnesses: len(d.Witnesses),
		Code: result.Full(d.Code), Readers: result.Full(d.Readers), Certificate: o.Certificate,
	}
	if n > 0 {
		e.Witness, e.Summary = &d.Witnesses[n-1], taleOf(d, n, false).summary
		if e.Witness.OfProgram() {
			h := hitStoryOf(d, n, false)
			e.Window, e.Shape = windowOfHit(h), string(h.shape.Kind)
		} else {
			e.Window = windowOf(readingOf(d, n))
		}
	}
	return fault.Wrap(fault.Rig, "write the explanation", result.Object(w, e))
}

// windowOfHit is that of the passing that is told of. Whose accesses were
// reordered is said where the events show who missed what.
func windowOfHit(h *hitStory) *window {
	w := &window{Reordered: map[witness.ShapeKind]string{witness.StoresPassed: "writer", witness.LoadsPassed: "reader"}[h.shape.Kind]}
	if h.End >= 0 {
		w.LookedNS = &h.Events[h.End].AtNS
	}
	if p, ok := h.mainPassing(); ok {
		w.HeldNS, w.VisibleNS = &h.Events[p.Store].AtNS, &h.Events[p.Seen].AtNS
		if p.Landed >= 0 {
			w.LandedNS = &h.Events[p.Landed].AtNS
		}
	}
	return w
}

func windowOf(r witness.Reading) *window {
	at := func(i int) *int64 {
		if i < 0 {
			return nil
		}
		return &r.Events[i].AtNS
	}
	w := &window{VisibleNS: at(r.Visible), LookedNS: at(r.Mark), LandedNS: at(r.Landed)}
	if len(r.Stores) == 0 {
		return w
	}
	w.Reordered = "reader"
	if r.Held() {
		w.Reordered = "writer"
	}
	if r.Events[r.Stores[0]].Kind == trial.Delayed {
		w.HeldNS = at(r.Stores[0])
	}
	if r.Landed < 0 {
		landed := r.Events[r.Mark].AtNS + r.Detection.LastedNS
		w.LandedNS = &landed
	}
	return w
}
