// SPDX-License-Identifier: Apache-2.0

package searches

import (
	"fmt"
	"io"
	"strings"

	"kcovrig/rig/bisect"
	"kcovrig/rig/disk"
	"kcovrig/rig/report/explain"
	"kcovrig/rig/report/words"
	"kcovrig/rig/trial"
)

// diffLines is how much of a commit's diff is shown.
const diffLines = 120

// bisectMarkdown writes r for a mail or an issue: the commit, the line that
// names it in a fix, the grounds, and every step.
func bisectMarkdown(w io.Writer, r bisect.Report) error {
	var b strings.Builder
	b.WriteString("# Bisecting an ordering regression\n\n")
	for _, line := range strings.Split(strings.TrimRight(bisectWords(r), "\n"), "\n") {
		fmt.Fprintf(&b, "%s.\n", line)
	}
	for _, c := range r.First {
		fmt.Fprintf(&b, "\n## %.12s %s\n\n%s, %s\n", c.Hash, words.Plain(c.Subject), words.Plain(c.Author), c.Date)
		if c.Fixes != "" && r.Outcome == "found" {
			words.Fence(&b, "", c.Fixes)
		}
		words.Fence(&b, "", c.Files)
		words.Fence(&b, "diff", words.Head(c.Diff, diffLines))
	}
	if r.HitCode != nil || r.CleanCode != nil {
		b.WriteString("\n## What the binaries say\n\n")
	}
	for _, side := range []struct {
		name string
		code *trial.Code
	}{{words.Plain(r.Words.Adjective()), r.HitCode}, {"clean", r.CleanCode}} {
		if side.code == nil {
			continue
		}
		fmt.Fprintf(&b, "- %s side: `%s`, ordered between the two writes: %s", side.name, side.code.Container, side.code.Ordered)
		if len(side.code.Barriers) > 0 {
			fmt.Fprintf(&b, " (`%s`)", strings.Join(side.code.Barriers, "`, `"))
		}
		b.WriteString("\n")
	}
	if r.Witness != nil {
		code := trial.Code{}
		if r.HitCode != nil {
			code = *r.HitCode
		}
		bisectWitness(&b, r, code)
	}
	fmt.Fprintf(&b, "\n## Steps\n\n| round | commit | subject | mark | %s | %s | miss | seconds | how | log |\n|---|---|---|---|---|---|---|---|---|---|\n",
		words.Plain(r.Words.Full().Windows), words.Plain(r.Words.Column()))
	for _, s := range r.Steps {
		c := bisectRow(r, s)
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s | %s | %s | %s |\n",
			c.round, c.commit, words.Plain(s.Subject), c.mark, c.windows, c.hits, c.miss, c.seconds, c.how, words.Plain(disk.Below(r.Folder, s.Log)))
	}
	for _, s := range r.Steps {
		if s.Finding != trial.FindingHit && s.Finding != trial.FindingClean {
			fmt.Fprintf(&b, "\n%.12s: %s\n", s.Commit, words.Plain(s.Reason))
		}
	}
	fmt.Fprintf(&b, "\nkernel %s, %s, %s; QEMU %s, memory model %s; %s\n", r.Kernel.Version, r.Spec.Arch, words.Plain(r.Kernel.Compiler), r.QEMU.Version, r.QEMU.MemoryModel, words.Plain(r.Host.System))
	if r.Error != nil {
		fmt.Fprintf(&b, "\nIt ended with an error: %s\n", words.Plain(r.Error.Message))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func bisectWitness(b *strings.Builder, r bisect.Report, code trial.Code) {
	w := *r.Witness
	summary, old := explain.Told(w, code, r.Words)
	fmt.Fprintf(b, "\n## %s on the %s side\n\n%s\n\n", words.Plain(words.Capital(r.Words.A())), words.Plain(r.Words.Adjective()), words.Plain(explain.Title(w, r.Words)))
	fmt.Fprintf(b, "%s\n", words.Plain(summary))
	rows := [][]string{explain.EventColumns}
	for i, e := range w.Events {
		row := explain.EventRow(e, old(i))
		for n := range row {
			row[n] = words.Plain(row[n])
		}
		rows = append(rows, row)
	}
	b.WriteString("\n")
	words.Aligned(b, rows)
}
