// SPDX-License-Identifier: Apache-2.0

package histories

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"kcovrig/rig/report/format"
	"kcovrig/rig/report/words"
	"kcovrig/rig/result"
	"kcovrig/rig/trend"
)

// ShownTrend is a trend, and what it is shown in.
type ShownTrend struct {
	trend.Trend
	Width int // the terminal's, for text; 0: none is known
}

// Trends say how a cell's rates went.
var Trends = format.Writers[ShownTrend]{{Format: format.Text, Write: trendText}, {Format: format.JSON, Write: trendJSON}}

func trendJSON(w io.Writer, t ShownTrend) error {
	return result.Object(w, map[string]any{
		"schema": TrendSchema, "cell": t.Cell, "shiftError": t.ShiftError, "runs": result.Full(t.Runs), "series": result.Full(t.Series), "changes": result.Full(t.Changes()),
	})
}

func trendText(w io.Writer, shown ShownTrend) error {
	t := shown.Trend
	var b strings.Builder
	fmt.Fprintf(&b, "cell      %s\nruns      %d\n", t.Cell, len(t.Runs))
	fmt.Fprintf(&b, "verdicts  %s\n", verdicts(t.Runs))
	for _, s := range t.Series {
		writeSeries(&b, s, t, shown.Width)
	}
	b.WriteString("\n" + trendSentence(t) + "\n")
	for _, c := range changes(t) {
		fmt.Fprintf(&b, "  %s\n", c)
	}
	_, err := io.WriteString(w, words.Fitted(b.String(), shown.Width))
	return err
}

// verdicts counts how runs ended, in the order of first appearance.
func verdicts(runs []trend.Run) string {
	words := make([]string, 0, len(runs))
	for _, r := range runs {
		words = append(words, r.Word())
	}
	return counted(words)
}

// counted says how often each word is there, in the order of first appearance.
func counted(words []string) string {
	var list []string
	count := map[string]int{}
	for _, word := range words {
		if count[word]++; count[word] == 1 {
			list = append(list, word)
		}
	}
	for i, word := range list {
		list[i] = fmt.Sprintf("%s %d", word, count[word])
	}
	return strings.Join(list, ", ")
}

func writeSeries(b *strings.Builder, s trend.TrendSeries, of trend.Trend, width int) {
	said := of.Words()
	fmt.Fprintf(b, "\n%s: %s blocks of %d %s, oldest run first\n", s.Name(), said.Adjective(), s.BlockSize, said.Full().Windows)
	room := len(s.Points)
	if width > 0 {
		room = max(1, width-len("  "))
	}
	for points := range slices.Chunk(s.Points, max(1, room)) {
		line, marks := sparkline(points)
		fmt.Fprintf(b, "  %s\n", line)
		if strings.TrimSpace(marks) != "" {
			fmt.Fprintf(b, "  %s\n", marks)
		}
	}
	word := map[string]string{}
	for _, r := range of.Runs {
		word[r.ID] = says(r)
	}
	rows := [][]string{{"  run", "ended (UTC)", "says", said.Adjective() + " blocks", "share", "95 % interval", "p", ""}}
	for _, p := range s.Points {
		blocks, chance, flag := "-", "-", ""
		if p.Share != nil {
			blocks = fmt.Sprintf("%d of %d", p.HitBlocks, p.Blocks)
		}
		if p.Shift != nil {
			chance = fmt.Sprintf("%.2g", *p.Shift)
		}
		if p.Changed {
			flag = "CHANGED"
		}
		rows = append(rows, []string{"  " + words.ShortID(p.Run), words.Moment(p.At), word[p.Run], blocks, words.Percent(p.Share), words.Span(p.Interval), chance, flag})
	}
	words.Table(b, rows, 2, 0, width)
}

// sparkline draws shares from 0 to 100 % in eight heights, a dot where there is
// none, and below it a mark at each change.
func sparkline(points []trend.TrendPoint) (line, marks string) {
	heights := []rune("▁▂▃▄▅▆▇█")
	for _, p := range points {
		mark := " "
		if p.Changed {
			mark = "^"
		}
		marks += mark
		if p.Share == nil {
			line += "·"
			continue
		}
		line += string(heights[min(len(heights)-1, int(*p.Share*float64(len(heights))))])
	}
	return line, strings.TrimRight(marks, " ")
}

// trendSentence says in one sentence what the trend shows.
func trendSentence(t trend.Trend) string {
	tested := 0
	for _, s := range t.Series {
		for _, p := range s.Points {
			if p.Shift != nil {
				tested++
			}
		}
	}
	switch n := len(changes(t)); {
	case tested == 0:
		return fmt.Sprintf("Too few runs: a run is compared with %d earlier ones or more.", trend.ShiftRuns)
	case n == 0:
		return fmt.Sprintf("No change: no run differs from those before it by more than runs differ by themselves (false flags: %.0f %% of runs).", 100*t.ShiftError)
	case n == 1:
		return "1 significant change:"
	default:
		return fmt.Sprintf("%d significant changes:", n)
	}
}

// changes says of each series and stretch of flagged runs what changed.
func changes(t trend.Trend) []string {
	var list []string
	for _, s := range t.Series {
		for _, stretch := range stretches(s.Points) {
			first := stretch[0]
			text := fmt.Sprintf("%s: since %s, run %s, %s of blocks are %s (%s), %s before (p = %.1e)",
				s.Name(), words.Moment(first.At), words.ShortID(first.Run), words.Percent(first.Share), t.Words().Adjective(), words.Span(first.Interval), words.Percent(first.Expected), *first.Shift)
			if len(stretch) > 1 {
				text += fmt.Sprintf(", %d runs in a row", len(stretch))
			}
			if len(first.Differs) > 0 {
				text += "; made otherwise: " + strings.Join(first.Differs, "; ")
			}
			list = append(list, text)
		}
	}
	return list
}

// stretches are the runs of a series that are flagged one after the other; those
// that measured nothing do not part them.
func stretches(points []trend.TrendPoint) [][]trend.TrendPoint {
	var list [][]trend.TrendPoint
	within := false
	for _, p := range points {
		switch {
		case p.Share == nil:
			continue
		case p.Changed && within:
			list[len(list)-1] = append(list[len(list)-1], p)
		case p.Changed:
			list = append(list, []trend.TrendPoint{p})
		}
		within = p.Changed
	}
	return list
}
