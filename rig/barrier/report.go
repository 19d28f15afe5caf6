// SPDX-License-Identifier: Apache-2.0

package barrier

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"kcovrig/rig/trial"
	"kcovrig/rig/wording"
)

// Schema names the JSON form of a Report.
const Schema = "kcovrig.barriers/1"

// Report is what is said of a kernel's barriers. Reports are rendered from it alone.
type Report struct {
	Schema  string        `json:"schema"`
	Version string        `json:"version"` // the rig's own
	Variant trial.Variant `json:"-"`       // see trial.SavedVariant
	Spec    trial.Spec    `json:"spec"`
	Words   wording.Words `json:"words,omitzero"`
	Kernel  trial.Kernel  `json:"kernel"`
	QEMU    trial.QEMU    `json:"qemu"`
	Host    trial.Host    `json:"host"`

	Error     float64   `json:"error"`     // that any silence is wrong, over all alterations together
	Tried     int       `json:"tried"`     // alterations that had windows
	Median    float64   `json:"median"`    // seconds that one of them took
	AsItIs    Counts    `json:"asItIs"`    // the code as it is
	Reference Reference `json:"reference"` // what silence is held against

	Altered     *Altered     `json:"altered,omitempty"` // what a user named, alone; nil: nothing was
	Rows        []Row        `json:"rows"`              // the ordering instructions, by address
	Suggested   bool         `json:"suggested"`
	Suggestions []Suggestion `json:"suggestions"` // weakest first
	Stages      []string     `json:"stages"`      // of the search, those that ran
	// CutShort: time, a fault or the user ended the search, or the test, before all was tried.
	CutShort bool `json:"cutShort,omitempty"`

	NotFor  []string       `json:"notApplicable,omitempty"` // why the scenario is not for the tree or the architecture: nothing was tried
	Notes   []string       `json:"notes"`
	Failure *trial.Failure `json:"failure"`
}

type plainReport Report // without its methods

// MarshalJSON writes the saved form.
func (r Report) MarshalJSON() ([]byte, error) {
	return trial.WriteSaved(struct {
		Schema  string `json:"schema"` // the variant stands behind these
		Version string `json:"version"`
		trial.SavedVariant
		plainReport
	}{r.Schema, r.Version, r.Variant.Saved(), plainReport(r)})
}

// UnmarshalJSON reads it.
func (r *Report) UnmarshalJSON(text []byte) error {
	return trial.ReadVariant(text, &r.Variant, (*plainReport)(r))
}

// Counts are windows of all modes.
type Counts struct {
	Windows uint64 `json:"windows"`
	Hits    uint64 `json:"hits"`
}

// Reference is the alteration that showed the bug.
type Reference struct {
	Counts
	Number  int    `json:"number"` // NoReference: none did
	What    string `json:"what"`
	Adopted bool   `json:"adopted,omitempty"` // it was the first that showed the bug
}

// NewReport puts together what was found: the rows of a test that Weaken made, or with
// search, what that found.
func NewReport(r trial.Result, v trial.Variant, test Test, rows []Row, search *Search) Report {
	out := Report{
		Schema: Schema, Version: r.Version, Variant: v, Spec: r.Spec, Words: r.Words, Kernel: r.Kernel, QEMU: r.QEMU, Host: r.Host,
		Rows: rows, Suggestions: []Suggestion{}, Stages: []string{}, Notes: r.Notes, Failure: r.Failure,
	}
	tests := []Test{test}
	if r.Judgement.Verdict == trial.DoesNotApply {
		out.NotFor = r.Judgement.Reasons
	}
	if search != nil {
		tests, out.Suggested, out.Rows = nil, true, nil
		out.CutShort = !search.Ended && len(out.NotFor) == 0
		for _, s := range search.Stages {
			tests, out.Stages = append(tests, s.Test), append(out.Stages, s.Name)
		}
		out.Stages = slices.Compact(out.Stages)
		out.Suggestions = append(out.Suggestions, search.Suggestions()...)
		out.Error = search.Limits.Error
		out.Notes = append(slices.Clone(out.Notes), search.inVain()...)
		if search.Untried > 0 {
			out.Notes = append(slices.Clone(out.Notes), fmt.Sprintf("%d pairs of places are possible, of which the first %d were tried", search.Untried+mostPairs, mostPairs))
		}
		test = search.Stages[0].Test
	} else {
		out.Error = test.Limits.Error
		if len(test.Trials) > 0 && len(out.NotFor) == 0 {
			_, out.CutShort = test.Next()
		}
	}
	out.Tried, out.Median = tried(tests)
	out.AsItIs = countsOf(test.of(0))
	out.Reference = Reference{Number: test.Reference, Adopted: test.Adopted}
	if test.Reference != NoReference {
		out.Reference.Counts = countsOf(test.of(test.Reference))
		out.Reference.What = whatOf(test, rows)
	}
	if out.Rows == nil {
		out.Rows = []Row{}
	}
	if out.Notes == nil {
		out.Notes = []string{}
	}
	return out
}

func countsOf(s Seen) Counts { return Counts{Windows: s.Windows(), Hits: s.Hits()} }

// whatOf names the reference.
func whatOf(t Test, rows []Row) string {
	if t.Reference == 0 {
		return "the code as it is"
	}
	for _, r := range rows {
		for _, f := range r.Forms {
			if f.Number == t.Reference {
				return fmt.Sprintf("%s at %s without its order", r.Text, r.Place())
			}
		}
	}
	return "all instructions of the fix without their order"
}

// tried counts the alterations that had windows, and is the median of their seconds.
func tried(tests []Test) (n int, median float64) {
	var seconds []float64
	for _, t := range tests {
		for i, s := range t.Seen {
			if i > 0 && s.Turns > 0 {
				seconds = append(seconds, s.Seconds)
			}
		}
	}
	slices.Sort(seconds)
	if len(seconds) > 0 {
		median = seconds[len(seconds)/2]
	}
	return len(seconds), median
}

// Parse reads the JSON form of a report.
func Parse(text []byte) (Report, error) {
	var r Report
	if err := json.Unmarshal(text, &r); err != nil {
		return r, fmt.Errorf("no report on barriers: %w", err)
	}
	if r.Schema != Schema {
		return r, fmt.Errorf("its schema is %q, not %q", r.Schema, Schema)
	}
	return r, r.Words.Validate()
}

// AddModels puts to suggestions, in their order, what the memory model says of them; those
// that leave the bug possible by it are the last from then on.
func (r *Report) AddModels(models []Model) {
	for i := range min(len(models), len(r.Suggestions)) {
		r.Suggestions[i].Model = models[i]
	}
	slices.SortStableFunc(r.Suggestions, func(a, b Suggestion) int {
		switch {
		case a.Disagrees() == b.Disagrees():
			return 0
		case b.Disagrees():
			return -1
		}
		return 1
	})
}

// AddDiffs puts to suggestions of one place what they amount to in C, of files whose
// lines, as they were compiled, are at hand.
func (r *Report) AddDiffs(sources map[string][]string) {
	for i := range r.Suggestions {
		s := &r.Suggestions[i]
		if len(s.Parts) != 1 {
			continue
		}
		p := s.Parts[0]
		source := ""
		switch {
		case p.Position != nil:
			source = p.Position.Before.Source
		case p.Access != nil:
			source = p.Access.Source
		}
		if file, _, ok := strings.Cut(source, ":"); ok {
			s.Diff = p.Diff(file, sources[file])
		}
	}
}
