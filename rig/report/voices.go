// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"strings"

	"kcovrig/rig/report/words"
	"kcovrig/rig/result"
	"kcovrig/rig/trial"
	"kcovrig/rig/verdict"
)

// speaking are the voices that say something of a kernel, and in a line each why others
// could not be had of either.
func speaking(voices []trial.Voice) (had []trial.Voice, others []string) {
	var reasons []string
	names := map[string][]string{}
	for _, v := range voices {
		why, not := verdict.WhyNotHad(v.Unpatched)
		if !not || v.Patched != v.Unpatched {
			had = append(had, v)
			continue
		}
		if names[why] == nil {
			reasons = append(reasons, why)
		}
		names[why] = append(names[why], words.OneLine(v.Name))
	}
	for _, why := range reasons {
		others = append(others, fmt.Sprintf("not had: %s (%s)", strings.Join(names[why], ", "), words.OneLine(why)))
	}
	return had, others
}

// voiceRows is the table of what model, binary and run say, its head first; empty
// where none says anything.
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
	had, others := speaking(r.Judgement.Voices)
	rows := voiceRows(had)
	if rows != nil {
		fmt.Fprintf(b, "\n%s is, by\n", r.Words.A())
		for i := range rows {
			rows[i][0] = "  " + rows[i][0]
		}
		words.Table(b, rows, 1, 0, width)
	}
	for _, line := range others {
		fmt.Fprintf(b, "  %s\n", line)
	}
}

// markdownVoices is the same table.
func markdownVoices(b *strings.Builder, runs []result.Saved) {
	if len(runs) != 1 {
		return
	}
	had, others := speaking(runs[0].Document.Voices)
	rows := voiceRows(had)
	for _, r := range rows {
		for i := range r {
			r[i] = words.Plain(r[i])
		}
	}
	if rows != nil {
		words.Aligned(b, rows)
		b.WriteString("\n")
	}
	for _, line := range others {
		b.WriteString(words.Plain(line) + "\n\n")
	}
}

// voiceLines is the same as sentences.
func voiceLines(d result.Document) []string {
	var list []string
	had, others := speaking(d.Voices)
	for _, v := range had {
		list = append(list, fmt.Sprintf("%s: %s is, unpatched: %s; patched: %s; by %s", v.Name, d.Words.A(), said(v.Unpatched), said(v.Patched), v.How))
	}
	return append(list, others...)
}
