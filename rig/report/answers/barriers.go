// SPDX-License-Identifier: Apache-2.0

package answers

import (
	"fmt"
	"io"
	"strings"

	"kcovrig/rig/barrier"
	"kcovrig/rig/barriers"
	"kcovrig/rig/report/format"
	"kcovrig/rig/report/words"
	"kcovrig/rig/result"
	"kcovrig/rig/trial"
)

// BarriersSchema is the version of the JSON of barriers.
const BarriersSchema = "kcovrig.barriers/1"

// Barriers are the writers of which barriers are needed, and where one would be enough.
var Barriers = format.Writers[barriers.Found]{
	{Format: format.Text, Write: barriersText}, {Format: format.JSON, Write: barriersJSON}, {Format: format.Markdown, Write: barriersMarkdown},
	{Format: format.Line, Write: func(w io.Writer, f barriers.Found) error {
		_, err := fmt.Fprintln(w, barriersSentence(f))
		return err
	}},
}

// BarriersFiles are what a run's folder holds beside its result.
func BarriersFiles(f barriers.Found) (map[string][]byte, error) {
	files := map[string][]byte{}
	for file, form := range map[string]format.Format{"barriers.json": format.JSON, "barriers.md": format.Markdown} {
		var b strings.Builder
		if err := Barriers.Render(&b, form, f); err != nil {
			return nil, err
		}
		files[file] = []byte(b.String())
	}
	return files, nil
}

// suggestions are what a search found; none where there was none.
func suggestions(f barriers.Found) []barrier.Suggestion {
	if f.Search == nil {
		return nil
	}
	return f.Search.Suggestions()
}

func barriersJSON(w io.Writer, f barriers.Found) error {
	type witnessed struct {
		Number int           `json:"number"` // of the alteration
		Of     trial.Witness `json:"witness"`
	}
	list := []witnessed{}
	for _, one := range f.Witnesses {
		list = append(list, witnessed{one.Number, one.Witness})
	}
	return result.Object(w, map[string]any{
		"schema": BarriersSchema, "version": f.Result.Version, "spec": f.Result.Spec, "kernel": f.Result.Kernel, "qemu": f.Result.QEMU, "host": f.Result.Host,
		"test": f.Test, "barriers": result.Full(f.Rows), "search": f.Search, "suggestions": result.Full(suggestions(f)), "witnesses": list,
		"notes": result.Full(f.Result.Notes), "timings": f.Result.Timings, "error": f.Result.Failure,
	})
}

// inWords are the answers as people read them.
var inWords = map[barrier.Answer]string{
	barrier.Needed: "needed", barrier.NotShownNeeded: "not shown to be needed", barrier.NeverCame: "not executed", barrier.NoAnswer: "no answer",
}

func barriersSentence(f barriers.Found) string {
	if f.Search != nil {
		found := suggestions(f)
		if len(found) == 0 {
			return "No place was found where one barrier is enough."
		}
		return fmt.Sprintf("Enough: %s; %d such in all.", partsInWords(found[0].Parts), len(found))
	}
	count := map[barrier.Answer]int{}
	for _, r := range f.Rows {
		count[r.Answer]++
	}
	s := fmt.Sprintf("%d needed, %d not shown to be needed, %d not executed", count[barrier.Needed], count[barrier.NotShownNeeded], count[barrier.NeverCame])
	if n := count[barrier.NoAnswer]; n > 0 {
		s += fmt.Sprintf(", %d without an answer", n)
	}
	return s + "."
}

func place(i trial.Instruction) string {
	text := fmt.Sprintf("%s+%#x", i.Symbol, i.Offset)
	if i.Source != "" {
		text += " (" + i.Source + ")"
	}
	return words.OneLine(text)
}

// grounds are what an answer rests on.
func grounds(f barriers.Found, r barrier.Row) string {
	if len(r.Forms) == 0 {
		return "nothing weaker is known of it"
	}
	first := r.Forms[0]
	var parts []string
	if r.Answer == barrier.NoAnswer {
		parts = append(parts, first.Result.Reason)
	} else {
		parts = append(parts, f.Result.Words.Tally(first.Seen.Hits(), first.Seen.Windows())+" without it")
	}
	if r.Answer == barrier.NotShownNeeded {
		parts = append(parts, fmt.Sprintf("as bad as the reference with probability %.1e at the most", first.Result.Miss))
	}
	for _, o := range r.Enough() {
		parts = append(parts, string(o)+" would do")
	}
	if r.Fix {
		parts = append(parts, "of the fix")
	}
	return words.OneLine(strings.Join(parts, "; "))
}

// disagreements are the rows on which model and measurement do not agree, in words.
func disagreements(f barriers.Found) (out []string) {
	for _, r := range f.Rows {
		if r.Disagrees() {
			out = append(out, fmt.Sprintf("the memory model and the measurement disagree on %s at %s: it is %s, and without it the model says of the bug: %s",
				words.OneLine(r.Text), place(r.Instruction), inWords[r.Answer], r.Model.Says))
		}
	}
	return out
}

func barriersText(w io.Writer, f barriers.Found) error {
	var b strings.Builder
	for _, line := range disagreements(f) {
		words.Paragraph(&b, line, "  ", 80)
	}
	for _, r := range f.Rows {
		fmt.Fprintf(&b, "%-22s  %s at %s\n", inWords[r.Answer], words.OneLine(r.Text), place(r.Instruction))
		if r.SourceText != "" {
			fmt.Fprintf(&b, "%24s%s\n", "", words.Cut(words.OneLine(strings.TrimSpace(r.SourceText)), 56))
		}
		for _, line := range words.Wrap(strings.Repeat(" ", 24)+grounds(f, r), 80) {
			fmt.Fprintln(&b, line)
		}
		if r.Model.Says != "" {
			fmt.Fprintf(&b, "%24sthe model says of the bug without it: %s\n", "", r.Model.Says)
		}
	}
	for _, s := range suggestions(f) {
		words.Paragraph(&b, suggestionInWords(f, s), "  ", 80)
	}
	for _, n := range f.Result.Notes {
		words.Paragraph(&b, "note: "+words.OneLine(n), "  ", 80)
	}
	fmt.Fprintf(&b, "\n%s\n", barriersSentence(f))
	_, err := io.WriteString(w, b.String())
	return err
}

var kinds = map[trial.Order]string{
	trial.OrderLoads: "DMB ISHLD (smp_rmb(), and more)", trial.OrderStores: "DMB ISHST (smp_wmb())", trial.OrderAll: "DMB ISH (smp_mb())",
	trial.OrderRelease: "the store as release (smp_store_release())", trial.OrderAcquire: "the load as acquire (LDAR)", trial.OrderAcquirePC: "the load as acquire (smp_load_acquire())",
}

func partsInWords(parts []barrier.Part) string {
	var out []string
	for _, p := range parts {
		switch {
		case p.Position != nil && p.Position.After.Text != "":
			out = append(out, fmt.Sprintf("%s between %s and %s", kinds[p.Change.To], place(p.Position.After), place(p.Position.Before)))
		case p.Position != nil:
			out = append(out, fmt.Sprintf("%s before %s", kinds[p.Change.To], place(p.Position.Before)))
		case p.Access != nil:
			out = append(out, fmt.Sprintf("%s at %s", kinds[p.Change.To], place(p.Access.Instruction)))
		}
	}
	return strings.Join(out, ", and ")
}

func suggestionInWords(f barriers.Found, s barrier.Suggestion) string {
	text := fmt.Sprintf("enough: %s: %s", partsInWords(s.Parts), f.Result.Words.Tally(0, s.Windows))
	if s.Least {
		text += "; all that does less there was seen to be too little"
	}
	return text
}

func barriersMarkdown(w io.Writer, f barriers.Found) error {
	var b strings.Builder
	for _, line := range disagreements(f) {
		fmt.Fprintf(&b, "%s.\n\n", words.Plain(words.Capital(line)))
	}
	if len(f.Rows) > 0 {
		b.WriteString("| instruction | place | answer | grounds |\n|---|---|---|---|\n")
	}
	for _, r := range f.Rows {
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", words.Plain(r.Text), words.Plain(place(r.Instruction)), inWords[r.Answer], words.Plain(grounds(f, r)))
	}
	for _, s := range suggestions(f) {
		fmt.Fprintf(&b, "- %s\n", words.Plain(suggestionInWords(f, s)))
	}
	fmt.Fprintf(&b, "\n%s\n", words.Plain(barriersSentence(f)))
	_, err := io.WriteString(w, b.String())
	return err
}
