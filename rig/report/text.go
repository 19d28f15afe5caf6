// SPDX-License-Identifier: Apache-2.0

package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"kcovrig/guest/wire"
	"kcovrig/rig/report/words"
	"kcovrig/rig/trial"
	"kcovrig/rig/verdict"
)

// Text writes r for people: what ran, the tallies, what the code says, the verdict. A
// terminal's width is kept; 0: none is known.
func Text(w io.Writer, r trial.Result, width int) error {
	var b strings.Builder
	writeKernel(&b, r)
	writeTallies(&b, r, width)
	writeReaders(&b, r, width)
	writeLedgers(&b, r)
	writeHits(&b, r)
	writeCode(&b, r)
	for _, n := range r.Notes {
		fmt.Fprintf(&b, "note: %s\n", n)
	}
	writeReplay(&b, r.Replay, r.Words)
	switch {
	case r.Judgement.Verdict == trial.DoesNotApply:
		writeVerdict(&b, r)
	case r.Command == trial.CommandCompare:
		writeVoices(&b, r, width)
		writeVerdict(&b, r)
	case r.Command == trial.CommandRun && r.Failure == nil:
		writeFindings(&b, r)
		b.WriteString("\nno verdict: one kernel alone gives a tally; kcovrig compare judges a patch\n")
	}
	_, err := io.WriteString(w, words.Fitted(b.String(), width))
	return err
}

func writeKernel(b *strings.Builder, r trial.Result) {
	k := r.Kernel
	if k.Version == "" {
		return
	}
	fmt.Fprintf(b, "kernel    Linux %s, %s, %s\n", k.Version, r.Spec.Arch, k.Compiler)
	if q := r.QEMU; q.Version != "" {
		fmt.Fprintf(b, "machine   QEMU %s, %s, memory model %s, seed %d\n", q.Version, q.Accel, q.MemoryModel, r.Spec.Seed)
	}
	for _, p := range r.Patches {
		fmt.Fprintf(b, "patch     %s\n", words.Patch(p))
	}
	if !r.Ended.IsZero() {
		fmt.Fprintf(b, "date      %s\n", words.Date(r.Started, r.Ended))
	}
	if r.Command == trial.CommandBuild {
		for _, i := range r.Images {
			how := fmt.Sprintf("built in %.1f s, %.1f s of CPU", float64(i.WallNS)/1e9, float64(i.CPUNS)/1e9)
			if i.Cached {
				how = "cached"
			}
			fmt.Fprintf(b, "%-10s%s (%s)\n", i.Variant, i.Path, how)
		}
	}
	b.WriteString("\n")
}

func writeTallies(b *strings.Builder, r trial.Result, width int) {
	if len(r.Observations) == 0 {
		return
	}
	said := r.Words.Full()
	row := func(unit string, before []string, last string) []string {
		if said.Unit != "" {
			before = append(before, unit)
		}
		return append(before, last)
	}
	rows := [][]string{row(said.Adjective()+" "+said.Units, []string{"kernel", "reader", "mode", "outcome", said.Windows, said.Column(), "share"}, "first "+said.Adjective())}
	for _, o := range r.Observations {
		kernel, reader, outcome := string(o.Variant), string(o.Reader), string(o.Outcome)
		if len(o.Tallies) == 0 {
			rows = append(rows, row("-", []string{kernel, reader, "-", outcome, "-", "-", "-"}, "-"))
		}
		for _, m := range o.Tallies {
			rows = append(rows, row(fmt.Sprint(m.HitUnits), []string{kernel, reader, m.Mode, outcome, fmt.Sprint(m.Windows), fmt.Sprint(m.HitWindows), share(m)}, first(m)))
		}
	}
	const outcomes = 3
	if ok := string(trial.OutcomeOK); !words.Fits(words.InColumns(rows, tabwriter.AlignRight), width) &&
		!slices.ContainsFunc(rows[1:], func(row []string) bool { return row[outcomes] != ok }) {
		for i := range rows {
			rows[i] = slices.Delete(rows[i], outcomes, outcomes+1)
		}
	}
	words.Table(b, rows, outcomes, tabwriter.AlignRight, width)
	b.WriteString("\n")
}

func share(t wire.Tally) string {
	if t.Windows == 0 {
		return "-"
	}
	return fmt.Sprintf("%.2f %%", 100*float64(t.HitWindows)/float64(t.Windows))
}

func first(t wire.Tally) string {
	if t.HitWindows == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f ms", float64(t.FirstHitNS)/1e6)
}

// writeHits shows one sight of the bug per kernel and mode: what was seen, and what came later.
func writeHits(b *strings.Builder, r trial.Result) {
	for _, o := range r.Observations {
		seen := map[string]bool{}
		for _, d := range o.Detections {
			if seen[d.Mode] {
				continue
			}
			seen[d.Mode] = true
			if d.Kind != "" {
				fmt.Fprintf(b, "%s, %s, %s: %s: %s\n", o.Variant, o.Reader, d.Mode, d.Kind, words.OneLine(d.Text))
				continue
			}
			fmt.Fprintf(b, "%s, %s, %s: %s %d of %d read as %#x, %.1f us later it was %#x\n",
				o.Variant, o.Reader, d.Mode, words.OneLine(cmp.Or(r.Words.Full().Unit, "number")), d.Index, d.Count, d.Seen, float64(d.LastedNS)/1e3, d.Later)
		}
	}
}

func writeCode(b *strings.Builder, r trial.Result) {
	for _, c := range r.Code {
		kernel := string(c.Variant)
		if len(c.Publish) == 0 && len(c.Scope) > 0 {
			fmt.Fprintf(b, "code      %s: in scope: %s\n", kernel, scopeNames(c))
			continue
		}
		fmt.Fprintf(b, "code      %s: %s: ordered between the two writes: %s", kernel, c.Container, c.Ordered)
		if len(c.Barriers) > 0 {
			fmt.Fprintf(b, " (%s)", strings.Join(c.Barriers, ", "))
		}
		b.WriteString("\n")
	}
	switch {
	case r.CodeElsewhere:
		b.WriteString("code      the two kernels' code is the same where the bug is, and differs elsewhere\n")
	case r.CodeDiffers != nil && !*r.CodeDiffers:
		b.WriteString("code      the two kernels' code is the same\n")
	}
}

// scopeNames are the functions that the emulator works in, where no two writes are known.
func scopeNames(c trial.Code) string {
	var names []string
	for _, f := range c.Scope {
		names = append(names, f.Symbol)
	}
	return words.OneLine(strings.Join(names, ", "))
}

// writeFindings says what each boot of one kernel showed, where that was asked.
func writeFindings(b *strings.Builder, r trial.Result) {
	if r.Spec.CleanShare == 0 {
		return
	}
	for _, o := range r.Observations {
		j := verdict.JudgeAlone(r, o, r.Spec.CleanShare)
		fmt.Fprintf(b, "\nfinding: %s, %s: %s\n  %s\n", o.Variant, o.Reader, j.Finding, j.Reason)
	}
}

func writeVerdict(b *strings.Builder, r trial.Result) {
	j, said := r.Judgement, r.Words.Full()
	if j.Verdict == trial.VerdictUnknown {
		b.WriteString("\nno verdict: the kernels were not compared\n")
		return
	}
	fmt.Fprintf(b, "\nverdict: %s\n", strings.ToUpper(string(j.Verdict)))
	for _, reason := range j.Reasons {
		fmt.Fprintf(b, "  %s\n", reason)
	}
	if j.Verdict != trial.Fixed {
		return
	}
	fmt.Fprintf(b, "  a kernel as bad as the unpatched one would have been missed with probability %.1e\n", *j.MissProbability)
	for _, m := range j.Modes {
		fmt.Fprintf(b, "  mode %s: with 95 %% confidence at most %.2g %% of the patched kernel's %s are %s\n", m.Mode, 100*m.PatchedUpper95, said.Windows, said.Adjective())
	}
}

// Failure writes an error for people: what failed, where its log is, the log's
// last lines, and what to try.
func Failure(w io.Writer, f trial.Failure) {
	fmt.Fprintf(w, "kcovrig: %s\n", f.Message)
	if f.Log != "" {
		fmt.Fprintf(w, "  log: %s\n", f.Log)
	}
	if f.Tail != "" {
		fmt.Fprintf(w, "  last lines:\n    %s\n", strings.ReplaceAll(f.Tail, "\n", "\n    "))
	}
	if f.Try != "" {
		fmt.Fprintf(w, "  try: %s\n", f.Try)
	}
}
