// SPDX-License-Identifier: Apache-2.0

package weakmem

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	wordStore = 0xf9000001 // str x1, [x0]
	wordLoad  = 0xf9400062 // ldr x2, [x3]
	wordRet   = 0xd65f03c0
)

// reporting is a guest whose vCPU 0 stores to D0 and whose vCPU 1 takes an exception
// at C1; E1 is the mark function and E2 the kernel's, which begins a report.
func reporting(t *testing.T, script ...string) []Mark {
	t.Helper()
	trace := filepath.Join(t.TempDir(), "trace")
	at := func(text string) string {
		return place.ReplaceAllStringFunc(text, func(p string) string { return fmt.Sprintf("%#x", address(t, p)) })
	}
	g := guest{plan: bodyPlan + fmt.Sprintf("trace %s 4\n", trace) + at("mark E1 E1+4\nreport E2\n")}
	g.script = codeLine(address(t, "C0"), []uint32{wordStore, wordStore, wordRet}) + codeLine(address(t, "C1"), []uint32{wordLoad, wordRet}) +
		codeLine(address(t, "E1"), []uint32{wordRet}) + codeLine(address(t, "E2"), []uint32{wordRet})
	g.script += at(strings.Join(append([]string{
		"page D1 absent", "reg 0 0 D0", "reg 0 1 7", "pc 0 C0", "step 0 2", // the first store makes the page known
		"reg 1 3 D1", "pc 1 C1", "step 1 1",
	}, script...), "\n") + "\n")
	g.run(t)
	marks, err := ReadMarks(trace)
	require.NoError(t, err)
	return marks
}

// marked calls the mark function for the events before what the kernel reported.
func marked(number int) string {
	return fmt.Sprintf("reg 1 0 0\nreg 1 1 1\nreg 1 3 %d\npc 1 E1\nrun 1", number)
}

// What the guest marks as the kernel's report shows the events before the exception,
// however long ago that was: the store of another vCPU that still waited then.
func TestAReportShowsTheEventsBeforeItsException(t *testing.T) {
	marks := reporting(t, "pc 1 E2", "run 1", "run 0", marked(9))
	require.Len(t, marks, 1)
	m := marks[0]
	assert.Equal(t, []any{uint64(9), 1, address(t, "C1")}, []any{m.Number, m.VCPU, m.PC})
	assert.True(t, m.Report)
	kinds := map[EventKind]int{}
	for _, e := range m.Events {
		assert.LessOrEqual(t, e.NS, m.NS)
		if e.VCPU == 0 {
			kinds[e.Kind]++
		}
	}
	assert.Equal(t, 1, kinds[EventDelayed], "%v", m.Events)
	assert.Zero(t, kinds[EventDrained], "it had not landed: %v", m.Events)
}

func TestWithoutAReportNothingIsMarkedAsOne(t *testing.T) {
	assert.Empty(t, reporting(t, marked(1)), "an exception that the kernel does not report")
	assert.Empty(t, reporting(t, "page D1 rw", "pc 1 C1", "run 1", marked(1)), "nor is any other's report")
}

// A report that follows before the guest has asked is a consequence of the first, and
// each is asked for once.
func TestTheFirstReportIsKeptUntilItIsAskedFor(t *testing.T) {
	again := []string{"reg 1 3 D1", "pc 1 C1", "step 1 1", "pc 1 E2", "run 1"}
	first := append([]string{"pc 1 E2", "run 1", "pc 0 C0", "reg 0 1 8", "step 0 2"}, again...)
	marks := reporting(t, append(first, marked(1), marked(2))...)
	require.Len(t, marks, 1)
	later := func(e Event) bool { return e.Value == 8 }
	assert.False(t, slices.ContainsFunc(marks[0].Events, later), "%v", marks[0].Events)
	assert.Empty(t, reporting(t, append(first, marked(0), marked(1))...), "it is let go of")
	marks = reporting(t, append(append(first, marked(1)), append(again, marked(2))...)...)
	require.Len(t, marks, 2)
	assert.Equal(t, uint64(2), marks[1].Number)
	assert.True(t, slices.ContainsFunc(marks[1].Events, later), "%v", marks[1].Events)
}
