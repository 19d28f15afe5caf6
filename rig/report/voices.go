// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"strings"

	"kcovrig/rig/report/words"
	"kcovrig/rig/result"
	"kcovrig/rig/trial"
)

// voiceRows is the table of what model, binary and run say, its head first; empty
// where nothing was asked.
func voiceRows(voices []trial.Voice) [][]string {
	if len(voices) == 0 {
		return nil
	}
	rows := [][]string{{"voice", string(trial.Unpatched), string(trial.Patched), "how"}}
	for _, v := range voices {
		rows = append(rows, []string{v.Name, said(v.Unpatched), said(v.Patched), v.How})
	}
	return rows
}

// said is what a voice says of one kernel, and what that means for the bug.
func said(s trial.Saying) string {
	if s.Answer == "" {
		return words.OneLine(s.Words)
	}
	return fmt.Sprintf("%s (%s)", s.Answer, words.OneLine(s.Words))
}

// writeVoices shows what each voice says of the bug.
func writeVoices(b *strings.Builder, r trial.Result, width int) {
	rows := voiceRows(r.Judgement.Voices)
	if rows == nil {
		return
	}
	fmt.Fprintf(b, "\n%s is, by\n", r.Words.A())
	for i := range rows {
		rows[i][0] = "  " + rows[i][0]
	}
	writeTable(b, rows, 1, 0, width)
}

// markdownVoices is the same table.
func markdownVoices(b *strings.Builder, runs []result.Saved) {
	if len(runs) != 1 {
		return
	}
	rows := voiceRows(runs[0].Document.Voices)
	for _, r := range rows {
		for i := range r {
			r[i] = words.Plain(r[i])
		}
	}
	if rows != nil {
		words.Aligned(b, rows)
		b.WriteString("\n")
	}
}

// voiceLines is the same as sentences.
func voiceLines(d result.Document) []string {
	var list []string
	for _, v := range d.Voices {
		list = append(list, fmt.Sprintf("%s: %s is, unpatched: %s; patched: %s; by %s", v.Name, d.Words.A(), said(v.Unpatched), said(v.Patched), v.How))
	}
	return list
}
