// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/result"
	"kcovrig/rig/trial"
)

func TestNothingBesideADocument(t *testing.T) {
	e := Of(result.Saved{})
	assert.True(t, e.Empty())
	assert.False(t, Of(result.Saved{Attachments: result.Attachments{Consoles: []result.File{{}}}}).Empty())
}

func TestAPatchIsToldApartByItsLines(t *testing.T) {
	text := "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n a\n-b\n+c\n"
	e := Of(result.Saved{Attachments: result.Attachments{Patches: []result.File{{Variant: trial.Patched, Name: "patched/made-by.patch", Text: text, Left: 9}}}})
	require.Len(t, e.Patches, 1)
	p := e.Patches[0]
	assert.Equal(t, "The patch: the patched kernel is the tree with this", p.Title)
	assert.Equal(t, "Its beginning; 9 more bytes are in the file.", p.Note)
	var classes []string
	for _, l := range p.Lines {
		classes = append(classes, l.Class)
	}
	assert.Equal(t, []string{"faint", "faint", "faint", "faint", "", "removed", "added"}, classes)
}

// Of a console that is cut, no half line is shown, and not one of its line's ends.
func TestTheEndOfAConsole(t *testing.T) {
	of := func(text string, left int64) Text {
		return Of(result.Saved{Attachments: result.Attachments{Consoles: []result.File{{Variant: trial.Unpatched, Name: "unpatched/console.log", Text: text, Left: left}}}}).Consoles[0]
	}
	whole := of("a\r\nb\r\n", 0)
	assert.Equal(t, []Line{{"", "a"}, {"", "b"}}, whole.Lines)
	assert.Equal(t, "Console of the unpatched kernel", whole.Title)
	empty := of("", 0)
	assert.Empty(t, empty.Lines)
	assert.Equal(t, "It is empty: the kernel wrote nothing there.", empty.Note)
	relaxed := Of(result.Saved{Attachments: result.Attachments{Consoles: []result.File{{Variant: trial.Unpatched, Name: "unpatched-relaxed/console.log"}}}})
	assert.Equal(t, "Console of the unpatched kernel (unpatched-relaxed)", relaxed.Consoles[0].Title)
	cut := of("a\r\nb\r\n", 7)
	assert.Equal(t, []Line{{"", "b"}}, cut.Lines)
	assert.Equal(t, "Its end; the 7 bytes before are in the file.", cut.Note)
	assert.Equal(t, []Line{{"", "one line"}}, of("one line", 7).Lines, "where there is no other, half a line is better than none")
}

// compiled is a function of so many alike instructions, a barrier among them or none, and
// a branch behind it; with what the document says of the barrier.
func compiled(v trial.Variant, before, behind int, barrier bool) (result.File, trial.Code) {
	var b strings.Builder
	n := 0
	line := func(text string) {
		fmt.Fprintf(&b, "%#x\tf+%#x\t%s\tkernel/ring.c:%d\tx = %d;\n", 0xffff800080000000+uint64(4*n), 4*n, text, 10+n/2, n/2)
		n++
	}
	for i := range before {
		line(fmt.Sprintf("mov x%d, x1", i%20))
	}
	c := trial.Code{Variant: v}
	if barrier {
		c.Barriers = []string{fmt.Sprintf("%#x dmb ishst", 0xffff800080000000+uint64(4*n))}
		line("dmb ishst")
	}
	line("str x2, [x1]")
	line(fmt.Sprintf("b.ne f+%#x", 4*n+8))
	for i := range behind {
		line(fmt.Sprintf("add x%d, x1, #1", i%20))
	}
	return result.File{Variant: v, Text: b.String()}, c
}

func compared(before, behind int, barrier bool) *Code {
	var s result.Saved
	for _, v := range trial.Pair() {
		f, c := compiled(v, before, behind, barrier && v == trial.Patched)
		s.Attachments.Listings, s.Document.Code = append(s.Attachments.Listings, f), append(s.Document.Code, c)
	}
	return Of(s).Code
}

func TestTheCodeAroundTheBarrier(t *testing.T) {
	code := compared(50, 30, true)
	require.NotNil(t, code)
	require.Len(t, code.Rows, 2*around+1+2, "the barrier, what is around it, and two counts")
	assert.Equal(t, "... 42 instructions, alike in both", code.Rows[0].Skipped)
	assert.Equal(t, "... 24 instructions, alike in both", code.Rows[len(code.Rows)-1].Skipped)
	at := code.Rows[1+around]
	assert.Nil(t, at.Left, "only the patched kernel has it")
	assert.Equal(t, "dmb ishst", at.Right.Text)
	assert.True(t, at.Right.Orders && at.Differs)
	branch := code.Rows[1+around+2]
	assert.Equal(t, "b.ne f+0xd4", branch.Left.Text)
	assert.Equal(t, "b.ne f+0xd8", branch.Right.Text)
	assert.False(t, branch.Differs, "it goes to the same instruction")
	assert.Equal(t, "ring.c:31  x = 21;", code.Rows[1].Left.Source)
	assert.Empty(t, code.Rows[2].Left.Source, "a line of source is shown once")
}

// Barriers of a scenario that names no two writes are those near the patch.
func TestTheCodeNearThePatch(t *testing.T) {
	l := readListing("0x1\tf+0x4\tdmb ish\t\t\n", trial.Code{Stops: []trial.ScopeStop{
		{Kind: "barrier", Near: true, Instruction: trial.Instruction{Symbol: "f", Offset: 4}},
		{Kind: "barrier", Instruction: trial.Instruction{Symbol: "f", Offset: 8}},
		{Kind: "call", Near: true, Instruction: trial.Instruction{Symbol: "f", Offset: 12}},
	}})
	assert.True(t, l.orders(0))
	assert.Equal(t, map[string]bool{"f+0x4": true}, l.ordering)
}

func TestCodeThatIsAlike(t *testing.T) {
	code := compared(50, 30, false)
	require.NotNil(t, code)
	assert.Empty(t, code.Rows)
	assert.Equal(t, "No instruction differs, and none near the patch orders accesses.", code.Note)
	f, c := compiled(trial.Patched, 5, 5, true)
	assert.Nil(t, Of(result.Saved{Document: result.Document{Code: []trial.Code{c}}, Attachments: result.Attachments{Listings: []result.File{f}}}).Code, "of one kernel")
}

// However long the listings and whatever differs, so many rows are shown, and the barrier
// is among them.
func TestTheCodeIsBounded(t *testing.T) {
	left, _ := compiled(trial.Unpatched, 3000, 10, false)
	right, c := compiled(trial.Patched, 3000, 10, true)
	right.Text = strings.ReplaceAll(right.Text, ", x1\t", ", x2\t")
	right.Left = 5
	code := Of(result.Saved{Document: result.Document{Code: []trial.Code{c}}, Attachments: result.Attachments{Listings: []result.File{left, right}}}).Code
	instructions, barriers, differ := 0, 0, ""
	for _, r := range code.Rows {
		if r.Skipped != "" {
			differ += r.Skipped
			continue
		}
		instructions++
		if r.Right != nil && r.Right.Orders {
			barriers++
		}
	}
	assert.LessOrEqual(t, instructions, maxShown)
	assert.Equal(t, 1, barriers)
	assert.Contains(t, differ, "of which differ")
	assert.Contains(t, code.Note, "only the beginning was compared")
}

func TestListingsOfAnything(t *testing.T) {
	for _, text := range []string{"", "\n", "a\tb\tc", "\t\t\t\t\n\t\t\t\t", "x\tf+0xzz\tnop\t\t\n", strings.Repeat("\t", 100)} {
		for _, other := range []string{"", "0x1\tf+0x4\tnop\t\t\n"} {
			s := result.Saved{Attachments: result.Attachments{Listings: []result.File{{Variant: trial.Unpatched, Text: text}, {Variant: trial.Patched, Text: other}}}}
			assert.NotNil(t, Of(s).Code, "%q", text)
		}
	}
}
