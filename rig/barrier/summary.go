// SPDX-License-Identifier: Apache-2.0

package barrier

// Summary is what a list says of a report, and no more.
type Summary struct {
	NotFor string `json:"notApplicable,omitempty"` // as a Report's, the first
	// Ordering instructions, by the answer on each.
	Needed      int `json:"needed"`
	NotShown    int `json:"notShown"`
	NotExecuted int `json:"notExecuted"`
	NoAnswer    int `json:"noAnswer"`

	Suggested bool   `json:"suggested,omitempty"`
	Enough    []Part `json:"enough,omitempty"`  // the first suggestion
	Doubted   bool   `json:"doubted,omitempty"` // the model leaves the bug possible with it
	CutShort  bool   `json:"cutShort,omitempty"`

	Altered *Verdict `json:"altered,omitempty"` // on what a user named, alone; nil: nothing was
}

// Verdict is what an Altered came to.
type Verdict struct {
	What   string `json:"what"`
	Adds   bool   `json:"adds,omitempty"`
	Places int    `json:"places"`
	Effect Effect `json:"finding"`
	Reason string `json:"reason,omitempty"`
}

// Verdict is a's.
func (a Altered) Verdict() Verdict {
	return Verdict{What: a.What, Adds: a.Adds, Places: a.Places, Effect: a.Result.Effect, Reason: a.Result.Reason}
}

// Summary is r's.
func (r Report) Summary() Summary {
	s := Summary{Suggested: r.Suggested, CutShort: r.CutShort}
	if len(r.NotFor) > 0 {
		s.NotFor = r.NotFor[0]
	}
	for _, row := range r.Rows {
		switch row.Answer {
		case Needed:
			s.Needed++
		case NotShownNeeded:
			s.NotShown++
		case NeverCame:
			s.NotExecuted++
		default:
			s.NoAnswer++
		}
	}
	if len(r.Suggestions) > 0 {
		s.Enough, s.Doubted = r.Suggestions[0].Parts, r.Suggestions[0].Disagrees()
	}
	if r.Altered != nil {
		said := r.Altered.Verdict()
		s.Altered = &said
	}
	return s
}
