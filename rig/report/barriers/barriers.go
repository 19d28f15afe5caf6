// SPDX-License-Identifier: Apache-2.0

// Package barriers reports on a kernel's barriers: which are needed, and where one would
// be enough. Booting for that is left to rig/barriers, what boots mean to rig/barrier.
package barriers

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"kcovrig/rig/barrier"
	"kcovrig/rig/report/format"
	"kcovrig/rig/report/words"
	"kcovrig/rig/result"
	"kcovrig/rig/trial"
)

// Reports are on the barriers of one kernel.
var Reports = format.Writers[barrier.Report]{
	{Format: format.Text, Write: text}, {Format: format.Markdown, Write: markdown}, {Format: format.HTML, Write: html},
	{Format: format.JSON, Write: func(w io.Writer, r barrier.Report) error { return result.Object(w, r) }},
	{Format: format.Line, Write: func(w io.Writer, r barrier.Report) error {
		_, err := fmt.Fprintln(w, Sentence(r))
		return err
	}},
}

// Sentence says in one what was found.
func Sentence(r barrier.Report) string {
	said := Short(r.Summary())
	switch {
	case len(r.NotFor) > 0 || r.Altered != nil:
	case r.Suggested && len(r.Suggestions) > 0:
		return enough(r.Suggestions[0].Disagrees()) + named(r, r.Suggestions[0])
	case !r.Suggested:
		return counted(len(r.Rows), "ordering instruction") + ": " + said
	}
	return said
}

// Short is what a list says of a report.
func Short(s barrier.Summary) string {
	switch {
	case s.NotFor != "":
		return "not applicable: " + words.OneLine(s.NotFor)
	case s.Altered != nil:
		return alteredWords(*s.Altered)
	case s.Suggested && len(s.Enough) > 0:
		return enough(s.Doubted) + inC(s.Enough)
	case s.Suggested && s.CutShort:
		return "no place was found so far where a barrier is enough: the search did not come to its end"
	case s.Suggested:
		return "no place was found where a barrier is enough"
	}
	return fmt.Sprintf("%d needed, %d not shown to be needed, %d not executed, %d without an answer", s.Needed, s.NotShown, s.NotExecuted, s.NoAnswer)
}

// enough begins what names a suggestion that the model may leave the bug possible with.
func enough(doubted bool) string {
	if doubted {
		return "enough by measurement alone: "
	}
	return "enough: "
}

func counted(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}

func column(a barrier.Answer) int {
	switch a {
	case barrier.Needed:
		return 0
	case barrier.NotShownNeeded:
		return 1
	case barrier.NeverCame:
		return 2
	}
	return 3
}

func answer(a barrier.Answer) string {
	return [...]string{"needed", "not shown to be needed", "not executed", "no answer"}[column(a)]
}

// place is where an instruction is, in C where that is known.
func place(i trial.Instruction) string { return words.OneLine(cmp.Or(i.Source, i.Place())) }

// where is a row's place, with the function that it is compiled into: of a line of a header
// there are many.
func where(i trial.Instruction) string {
	if i.Source == "" || i.Symbol == "" {
		return place(i)
	}
	return place(i) + " in " + words.OneLine(i.Symbol)
}

// seen says by what a row's answer comes.
func seen(r barrier.Report, row barrier.Row) string {
	if len(row.Forms) == 0 {
		return "there is nothing weaker"
	}
	f := row.Forms[0]
	switch row.Answer {
	case barrier.Needed:
		text := r.Words.Showed(f.Seen.Hits(), f.Seen.Windows()) + " without it"
		if enough := row.Enough(); len(enough) > 0 {
			text += fmt.Sprintf("; %s would do", joined(enough))
		}
		return text
	case barrier.NotShownNeeded:
		return fmt.Sprintf("%s without it, and it was executed %d times; one as bad as the reference stays so silent with probability %.0e%s", r.Words.Seen(0, f.Seen.Windows()), f.Seen.Executed, f.Result.Miss, restsOn(f.Result.Modes))
	case barrier.NeverCame:
		return fmt.Sprintf("not once in %d windows; what runs only when a boot begins may have run before them", f.Seen.Windows())
	}
	return words.OneLine(f.Result.Reason)
}

// restsOn says of which modes a silence is, where it is not of all.
func restsOn(modes []string) string {
	if len(modes) == 0 {
		return ""
	}
	return "; that is of mode " + words.OneLine(strings.Join(modes, ", ")) + " alone, since the reference was silent in the others"
}

// seenWith says what was seen with a suggestion.
func seenWith(r barrier.Report, s barrier.Suggestion) string {
	return r.Words.Seen(0, s.Windows) + restsOn(s.Modes)
}

func joined(orders []trial.Order) string {
	var out []string
	for _, o := range orders {
		out = append(out, string(o))
	}
	return strings.Join(out, " or ")
}

// disagreements say in words where measurement and model disagree.
func disagreements(r barrier.Report) (out []string) {
	if a := r.Altered; a != nil && a.Disagrees() {
		said := "what was seen cannot be"
		if a.Model.Says == trial.Sometimes {
			said = r.Words.A() + " is possible with it"
		}
		out = append(out, fmt.Sprintf("measurement and model disagree: it is %s; and by the model %s (%s)", alteredWords(a.Verdict()), said, words.OneLine(a.Model.Why)))
	}
	for _, row := range r.Rows {
		if row.Disagrees() {
			said := "cannot be without it"
			if row.Model.Says == trial.Sometimes {
				said = "is possible without it"
			}
			out = append(out, fmt.Sprintf("measurement and model disagree on %s at %s: it is %s, and by the model %s %s (%s)",
				words.OneLine(row.Text), where(row.Instruction), answer(row.Answer), r.Words.A(), said, words.OneLine(row.Model.Why)))
		}
	}
	for _, g := range together(r.Suggestions) {
		if s := g.First; s.Disagrees() {
			also := ""
			if n := len(g.More); n > 0 {
				also = "; so with " + counted(n, "more place") + " beside the first of these"
			}
			out = append(out, fmt.Sprintf("measurement and model disagree on %s: it is enough by measurement, and by the model %s is possible with it (%s)%s",
				named(r, s), r.Words.A(), words.OneLine(s.Model.Why), also))
		}
	}
	return out
}

// modelWithout is what the model says of the bug without an instruction; empty: nothing.
func modelWithout(r barrier.Report, row barrier.Row) string {
	switch {
	case row.Model.Says != "":
		return fmt.Sprintf("model: %s without it: %s", r.Words.A(), words.OneLine(string(row.Model.Says)))
	case row.Answer == barrier.Needed:
		return unasked(row.Model)
	}
	return ""
}

// modelWith is what it says of the bug with order that was added; empty: nothing.
func modelWith(r barrier.Report, m barrier.Model) string {
	switch {
	case m.Says == trial.Never && m.OneSided:
		return fmt.Sprintf("model: certified of this side: %s is possible without it, and not with it as long as the other side keeps its accesses in order", r.Words.A())
	case m.Says == trial.Never:
		return fmt.Sprintf("model: certified: %s is possible without it, and not with it", r.Words.A())
	case m.Says == trial.Sometimes:
		return fmt.Sprintf("model: %s is still possible with it", r.Words.A())
	}
	return unasked(m) + ofOwn(r, m)
}

// ofOwn is what the model says of the scenario's own test; empty: nothing.
func ofOwn(r barrier.Report, m barrier.Model) string {
	if m.Own == nil {
		return ""
	}
	is := map[trial.Expectation]string{trial.Never: "is not possible", trial.Sometimes: "is possible"}[m.Own.Allowed]
	if is == "" {
		return ""
	}
	if m.OneSided {
		is += " as long as the other side has its part of the fix, and possible without that"
	}
	return fmt.Sprintf("; in the scenario's own test, in the place of its fix: %s %s", r.Words.A(), is)
}

// modelUnder is what it says of an alteration that the user named.
func modelUnder(r barrier.Report) string {
	a := *r.Altered
	switch {
	case a.Result.Effect != barrier.Showed:
		return modelWith(r, a.Model)
	case a.Model.Says == trial.Never:
		return "model: what was seen is not possible"
	case a.Model.Says == trial.Sometimes:
		return "model: what was seen is possible"
	}
	return unasked(a.Model)
}

// unasked says why the model says nothing.
func unasked(m barrier.Model) string {
	switch {
	case m.Why == "":
		return ""
	case m.Test == nil:
		return "model: no test: " + words.OneLine(m.Why)
	}
	return "model: no answer: " + words.OneLine(m.Why)
}

// calls is what an order is called in C.
var calls = map[trial.Order]string{
	trial.OrderLoads: "smp_rmb()", trial.OrderStores: "smp_wmb()", trial.OrderAll: "smp_mb()", trial.OrderRelease: "smp_store_release()",
	trial.OrderAcquire: "smp_load_acquire()", trial.OrderAcquirePC: "smp_load_acquire(), even as LDAPR",
}

// inC says what parts amount to.
func inC(parts []barrier.Part) string {
	var out []string
	for _, p := range parts {
		switch {
		case p.Position != nil && p.Position.After.Source != "" && p.Position.After.Source != p.Position.Before.Source:
			out = append(out, fmt.Sprintf("%s between %s and %s", calls[p.Change.To], place(p.Position.After), line(p.Position.Before)))
		case p.Position != nil:
			out = append(out, fmt.Sprintf("%s before %s", calls[p.Change.To], place(p.Position.Before)))
		case p.Access != nil:
			out = append(out, fmt.Sprintf("%s at %s", calls[p.Change.To], place(p.Access.Instruction)))
		}
	}
	if len(out) == 0 {
		return "nothing"
	}
	return strings.Join(out, ", and ")
}

// named says what a suggestion amounts to, with the places in the binary where the lines
// are those of another suggestion too.
func named(r barrier.Report, s barrier.Suggestion) string {
	text, alike := inC(s.Parts), 0
	for _, other := range r.Suggestions {
		if inC(other.Parts) == text {
			alike++
		}
	}
	if alike < 2 {
		return text
	}
	return text + " (" + words.OneLine(instructions(s.Parts)) + ")"
}

// line is the line of a place whose file was just named.
func line(i trial.Instruction) string {
	if at := strings.LastIndexByte(i.Source, ':'); at >= 0 {
		return words.OneLine(i.Source[at:])
	}
	return place(i)
}

// lessWords say what came of what does less.
func lessWords(l barrier.Less) string {
	switch {
	case l.Effect == barrier.Unknown && l.Reason != "":
		return inC(l.Parts) + ": not known: " + words.OneLine(l.Reason)
	case l.Effect != barrier.Showed:
		return inC(l.Parts) + ": not known"
	case l.Implied:
		return inC(l.Parts) + ": too little, since what holds more is"
	}
	return fmt.Sprintf("%s: too little, %d of %d windows", inC(l.Parts), l.Hits, l.Windows)
}

// grounds are the sentences on what was held against what.
func grounds(r barrier.Report) []string {
	if len(r.NotFor) > 0 {
		return notFor(r)
	}
	out := []string{
		fmt.Sprintf("The code as it is: %s.", r.Words.Seen(r.AsItIs.Hits, r.AsItIs.Windows)),
	}
	switch {
	case r.Reference.Number == barrier.NoReference:
		out = append(out, "No alteration showed the bug, so that silence says nothing.")
	case r.Reference.Number > 0:
		out = append(out, fmt.Sprintf("The reference, %s: %s.", words.OneLine(r.Reference.What), r.Words.Seen(r.Reference.Hits, r.Reference.Windows)))
	}
	if r.CutShort && !r.Suggested {
		out = append(out, "The run did not come to its end: more time may answer what has no answer.")
	}
	if r.Tried == 0 {
		return append(out[:1], "No alteration had windows, so that nothing is said of any barrier.")
	}
	if r.CutShort && len(r.Suggestions) > 0 {
		out = append(out, "The search did not come to its end: what is not named here may be enough, too, and less may do.")
	}
	compiled := "What a compiler would do otherwise is no part of it."
	if r.Altered != nil {
		compiled = "Nothing was built anew: smp_wmb() and its like are a barrier() to the compiler, too, and other source may become other code, which is no part of this."
	}
	return append(out,
		fmt.Sprintf("That any silence here is wrong, of one as bad as the reference, has probability %.0e or less, all together.", r.Error),
		fmt.Sprintf("%s, in the median %.1f s each, on one built kernel. %s", counted(r.Tried, "alteration"), r.Median, compiled))
}

// notFor says why the scenario does not apply, beside its first reason, and that nothing is said.
func notFor(r barrier.Report) []string {
	var out []string
	for _, why := range r.NotFor[1:] {
		out = append(out, words.OneLine(why))
	}
	return append(out, "Nothing was built, and nothing is said of any barrier.")
}
