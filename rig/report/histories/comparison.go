// SPDX-License-Identifier: Apache-2.0

package histories

import (
	"fmt"
	"io"
	"strings"

	"kcovrig/rig/report"
	"kcovrig/rig/report/format"
	"kcovrig/rig/report/words"
	"kcovrig/rig/result"
	"kcovrig/rig/trend"
	"kcovrig/rig/trial"
	"kcovrig/rig/wording"
)

// Comparison sets two runs beside one another: in what they were made
// differently, and what each kernel showed to each reader in each mode.
type Comparison struct {
	Schema  string           `json:"schema"`
	Words   wording.Words    `json:"words,omitzero"` // what both call what was seen
	A       ComparedRun      `json:"a"`
	B       ComparedRun      `json:"b"`
	Differs []ComparedFact   `json:"differs"` // provenance that is not the same
	Rates   []ComparedCounts `json:"rates"`
	Width   int              `json:"-"` // the terminal's, for text; 0: none is known
}

// ComparedRun names one of the two runs.
type ComparedRun struct {
	Name     string `json:"name"`
	Sentence string `json:"sentence"` // the verdict in words
}

// ComparedFact is one line of provenance; empty where a run does not know it.
type ComparedFact struct {
	Name string `json:"name"`
	A    string `json:"a"`
	B    string `json:"b"`
}

// ComparedCounts is one kernel, reader and mode; a cell is null where a run lacks it.
// The tests are Fisher's, on blocks: Differ two-sided, Lower that B's share is
// no lower than A's, Higher that it is no higher. Null unless both were measured.
type ComparedCounts struct {
	A      *report.Count `json:"a"`
	B      *report.Count `json:"b"`
	Differ *float64      `json:"differ"`
	Lower  *float64      `json:"lower"`
	Higher *float64      `json:"higher"`
}

// Compare sets a and b beside one another.
func Compare(a, b result.Saved) Comparison {
	return Comparison{
		Schema: ComparisonSchema, Words: wording.Common(a.Document.Words, b.Document.Words), A: ComparedRun{a.Name, report.SentenceOf(a.Document)}, B: ComparedRun{b.Name, report.SentenceOf(b.Document)},
		Differs: differences(a.Document, b.Document), Rates: comparedRates(report.Rows(a.Document), report.Rows(b.Document)),
	}
}

func differences(a, b result.Document) []ComparedFact {
	var list []ComparedFact
	place := map[string]int{}
	for i, facts := range [][]words.Fact{provenance(a), provenance(b)} {
		for _, f := range facts {
			n, ok := place[f.Name]
			if !ok {
				n = len(list)
				place[f.Name] = n
				list = append(list, ComparedFact{Name: f.Name})
			}
			if i == 0 {
				list[n].A = f.Value
			} else {
				list[n].B = f.Value
			}
		}
	}
	differ := []ComparedFact{}
	for _, f := range list {
		if f.A != f.B {
			differ = append(differ, f)
		}
	}
	return differ
}

// provenance is the provenance, and what was asked for beside it.
func provenance(d result.Document) []words.Fact {
	facts := []words.Fact{{Name: "asked", Value: trial.CellName(d.Result())}}
	return append(facts, words.Provenance(d)...)
}

func comparedRates(a, b []report.Row) []ComparedCounts {
	list := []ComparedCounts{}
	add := func(a, b *report.Count) {
		if a == nil && b == nil {
			return
		}
		c := ComparedCounts{A: a, B: b}
		if a != nil && b != nil && a.BlockInterval != nil && b.BlockInterval != nil && a.BlockSize == b.BlockSize {
			differ := trend.Differ(trend.Counts{Hit: a.HitBlocks, Blocks: a.Blocks}, trend.Counts{Hit: b.HitBlocks, Blocks: b.Blocks})
			lower := trial.FewerHits(a.HitBlocks, a.Blocks, b.HitBlocks, b.Blocks)
			higher := trial.FewerHits(b.HitBlocks, b.Blocks, a.HitBlocks, a.Blocks)
			c.Differ, c.Lower, c.Higher = &differ, &lower, &higher
		}
		list = append(list, c)
	}
	taken := map[int]bool{}
	for _, r := range a {
		var other report.Row
		for i, o := range b {
			if o.Reader == r.Reader && o.Mode == r.Mode && !taken[i] {
				other, taken[i] = o, true
				break
			}
		}
		add(r.Unpatched, other.Unpatched)
		add(r.Patched, other.Patched)
	}
	for i, o := range b {
		if !taken[i] {
			add(nil, o.Unpatched)
			add(nil, o.Patched)
		}
	}
	return list
}

// Comparisons are of two runs.
var Comparisons = format.Writers[Comparison]{{Format: format.Text, Write: comparisonText}, {Format: format.JSON, Write: comparisonJSON}}

func comparisonJSON(w io.Writer, c Comparison) error { return result.Object(w, c) }

func comparisonText(w io.Writer, c Comparison) error {
	var b strings.Builder
	fmt.Fprintf(&b, "A  %s: %s\nB  %s: %s\n\n", c.A.Name, c.A.Sentence, c.B.Name, c.B.Sentence)
	for _, f := range c.Differs {
		fmt.Fprintf(&b, "%s differs\n  A  %s\n  B  %s\n", f.Name, words.Dash(f.A), words.Dash(f.B))
	}
	if len(c.Differs) == 0 {
		fmt.Fprintln(&b, "Both were made with the same kernel, tools and host, and the same was asked.")
	}
	blocks := c.Words.Adjective() + " blocks"
	rows := [][]string{{"kernel, reader, mode", "A: " + blocks, "B: " + blocks, "p, differs", "p, B lower", "p, B higher"}}
	for _, r := range c.Rates {
		rows = append(rows, []string{cellName(r), blocksOf(r.A), blocksOf(r.B), words.Chance(r.Differ), words.Chance(r.Lower), words.Chance(r.Higher)})
	}
	b.WriteString("\n")
	words.Table(&b, rows, 1, 0, c.Width)
	b.WriteString("\nExact 95 % intervals, and Fisher's exact test, of blocks as if independent: it knows nothing of how runs differ by themselves, which --trend does.\n")
	_, err := io.WriteString(w, words.Fitted(b.String(), c.Width))
	return err
}

func cellName(r ComparedCounts) string {
	c := r.A
	if c == nil {
		c = r.B
	}
	return fmt.Sprintf("%s, %s, %s", c.Variant, c.Reader, c.Mode)
}

func blocksOf(c *report.Count) string {
	switch {
	case c == nil:
		return "not run"
	case c.BlockInterval == nil:
		return "nothing counted"
	}
	return fmt.Sprintf("%d of %d: %s (%s)", c.HitBlocks, c.Blocks, words.Percent(c.BlockShare), words.Span(c.BlockInterval))
}
