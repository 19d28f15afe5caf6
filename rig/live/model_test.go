// SPDX-License-Identifier: Apache-2.0

package live

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/guest/wire"
	"kcovrig/rig/goldentest"
	"kcovrig/rig/trial"
	"kcovrig/rig/verdict"
)

// feed is what happens to a model, by second.
type feed struct {
	m     *Model
	start time.Time
}

func newFeed(cfg Config) feed {
	start := time.Unix(1_000_000, 0)
	return feed{NewModel(cfg, start), start}
}

func (f feed) at(seconds float64) time.Time {
	return f.start.Add(time.Duration(seconds * float64(time.Second)))
}

func (f feed) begin(at float64, kernel, name string) {
	f.m.Take(trial.Event{Boot: kernel, Stage: &trial.StageEvent{Name: name}}, f.at(at))
}

func (f feed) end(at float64, kernel, name, detail string, took float64) {
	f.m.Take(trial.Event{Boot: kernel, Stage: &trial.StageEvent{Name: name, Done: true, Seconds: took, Detail: detail}}, f.at(at))
}

func (f feed) tally(reader trial.Reader, v trial.Variant, tallies ...wire.Tally) {
	f.m.Take(trial.Event{Tally: &trial.TallyEvent{Variant: v, Reader: reader, Tallies: tallies}}, f.at(0))
}

func counted(mode string, blocks, stale uint64) wire.Tally {
	return wire.Tally{Mode: mode, Blocks: blocks, HitBlocks: stale, Windows: 16 * blocks, HitWindows: 2 * stale, StressNS: int64(blocks) * 1e7}
}

// show draws at some widths, with the width of each line checked.
func (f feed) show(t *testing.T, at float64, widths ...int) string {
	t.Helper()
	var b strings.Builder
	for _, width := range widths {
		fmt.Fprintf(&b, "%s %d\n", strings.Repeat("-", 30), width)
		for _, l := range f.m.Text(f.at(at), width) {
			assert.LessOrEqual(t, ansi.StringWidth(l.Text), width)
			assert.Equal(t, printable(l.Text), l.Text)
			fmt.Fprintf(&b, "%d %s\n", l.Role, l.Text)
		}
	}
	return b.String()
}

func TestBuild(t *testing.T) {
	f := newFeed(Config{Title: "compare, arm64", Compared: true})
	f.begin(0, "", "source")
	f.begin(0, "", "initramfs")
	f.end(1, "", "source", "", 1)
	f.begin(1, "unpatched", "build unpatched")
	f.end(2, "", "initramfs", "", 2)
	f.m.Take(trial.Event{Note: "a note that is rather long, so that it does not fit into one line of a narrow terminal\x1b[2J"}, f.at(3))
	f.m.Take(trial.Event{Build: &trial.BuildEvent{Steps: 1203, Doing: "CC kernel/\x1bfork.o", Before: 2714, Version: "6.12.117"}}, f.at(62))
	goldentest.Check(t, "build.txt", f.show(t, 62.5, 100, 40))
	f.m.Take(trial.Event{Boot: "unpatched", Stage: &trial.StageEvent{Name: "build unpatched", Seconds: 62}}, f.at(63))
	assert.Contains(t, f.show(t, 3663, 100), "1:01:03", "a reminder changes nothing")
	goldentest.Check(t, "build-final.txt", strings.Join(f.m.Final(f.at(64)), "\n")+"\n")
}

func stressed(f feed) {
	for _, kernel := range []string{"unpatched", "patched"} {
		f.begin(0, kernel, "boot")
		f.end(1, kernel, "boot", "", 1)
		f.begin(1, kernel, "stress")
	}
}

func TestStress(t *testing.T) {
	f := newFeed(Config{Title: "compare, arm64", Compared: true})
	stressed(f)
	f.tally(trial.Acquire, trial.Patched, counted("pc", 90, 0), counted("cmp", 3, 0))
	f.tally(trial.Acquire, trial.Unpatched, counted("pc", 120, 110), counted("cmp", 4, 1))
	goldentest.Check(t, "stress.txt", f.show(t, 2, 100, 40))
	f.tally(trial.Acquire, trial.Patched, counted("pc", 150, 0), counted("cmp", 3, 1))
	f.tally(trial.Relaxed, trial.Unpatched, counted("pc", 5, 1))
	f.m.Interrupt()
	goldentest.Check(t, "interrupted.txt", f.show(t, 3, 100, 40))
}

// The figure is trial's, and promises no verdict: what counts is not known yet.
func TestTheViewPromisesNoVerdict(t *testing.T) {
	f := newFeed(Config{Title: "compare, arm64", Compared: true})
	u, p := counted("pc", 150, 145), counted("pc", 70, 0)
	f.tally(trial.Acquire, trial.Unpatched, u)
	f.tally(trial.Acquire, trial.Patched, p)
	need, ok := verdict.Required(u.HitBlocks, u.Blocks)
	require.True(t, ok)
	for _, width := range []int{40, 120} {
		shown := f.show(t, 1, width)
		assert.Contains(t, shown, fmt.Sprintf(" %d of %d ", need, p.Blocks))
		for _, word := range []string{"needed", "missed", "fixed", "enough"} {
			assert.NotContains(t, shown, word)
		}
	}
}

// Where a hit ends a boot, pairs of boots are what is counted, from the first boot on.
func TestPairsOfBootsAreCountedWhereThereAreSome(t *testing.T) {
	f := newFeed(Config{Title: "compare, arm64", Compared: true})
	of := func(v trial.Variant, ends ...trial.BootEnd) {
		e := trial.TallyEvent{Variant: v, Reader: trial.InKernel, Again: true, Tallies: []wire.Tally{{Mode: "m", Windows: 40}}}
		for _, end := range ends {
			e.Boots = append(e.Boots, trial.Boot{End: end})
		}
		f.m.Take(trial.Event{Tally: &e}, f.at(0))
	}
	of(trial.Unpatched)
	of(trial.Patched)
	assert.Contains(t, f.show(t, 1, 120), "30 left, or more: 0 of 30 pairs of boots in which the unpatched kernel alone showed it")
	of(trial.Unpatched, trial.BootHit, trial.BootClean, trial.BootHit)
	of(trial.Patched, trial.BootClean, trial.BootClean)
	assert.Contains(t, f.show(t, 1, 120), "29 left, or more: 1 of 30 pairs of boots")
	assert.Contains(t, f.show(t, 1, 40), "29 left: 1 of 30 pairs")

	lone := newFeed(Config{Title: "run, arm64"})
	lone.begin(0, "", "boots")
	lone.m.Take(trial.Event{Tally: &trial.TallyEvent{Variant: trial.Unpatched, Again: true, Left: 70 * time.Second, Boots: make([]trial.Boot, 3), Tallies: []wire.Tally{{Mode: "m"}}}}, lone.at(0))
	assert.Contains(t, lone.show(t, 1, 80), "boots                     1 s  3 over, up to 70.0 s of stress left")
	assert.Contains(t, lone.show(t, 1, 80), fmt.Sprintf("%d left, or more: 3 of %d boots", verdict.LoneBoots-3, verdict.LoneBoots))
}

func TestLoneArm(t *testing.T) {
	f := newFeed(Config{Title: "run, arm64"})
	f.begin(0, "patched", "stress")
	f.tally(trial.Acquire, trial.Patched, counted("pc", 12, 0))
	goldentest.Check(t, "lone.txt", f.show(t, 2, 80))
	timed := newFeed(Config{Title: "run, arm64", Duration: time.Minute})
	timed.tally(trial.Acquire, trial.Patched, counted("pc", 12, 0))
	assert.NotContains(t, timed.show(t, 2, 80), "enough")
}

func TestNoWidthIsTooSmall(t *testing.T) {
	f := newFeed(Config{Title: "compare, arm64", Compared: true})
	stressed(f)
	f.m.Take(trial.Event{Note: "a note"}, f.at(1))
	f.tally(trial.Acquire, trial.Unpatched, counted("pc", 120, 110))
	f.tally(trial.Acquire, trial.Patched, counted("pc", 90, 0))
	f.show(t, 2, 0, 1, 2, 7, 39)
}

func TestChoose(t *testing.T) {
	terminal := Setting{Stderr: true, Stdout: true, Term: "xterm-256color"}
	with := func(change func(*Setting)) Setting { s := terminal; change(&s); return s }
	for name, c := range map[string]struct {
		s    Setting
		want Kind
	}{
		"a terminal":                {terminal, Drawn},
		"a pipe":                    {with(func(s *Setting) { s.Stderr = false }), Plain},
		"the result in a file":      {with(func(s *Setting) { s.Stdout = false }), Drawn},
		"a dumb terminal":           {with(func(s *Setting) { s.Term = "dumb" }), Plain},
		"no terminal type":          {with(func(s *Setting) { s.Term = "" }), Plain},
		"CI":                        {with(func(s *Setting) { s.CI = true }), Plain},
		"verbose":                   {with(func(s *Setting) { s.Verbose = true }), Plain},
		"quiet":                     {with(func(s *Setting) { s.Quiet = true }), Silent},
		"quiet in a pipe":           {Setting{Quiet: true}, Silent},
		"JSON in a file":            {with(func(s *Setting) { s.JSON, s.Stdout = true, false }), Drawn},
		"JSON on the same terminal": {with(func(s *Setting) { s.JSON = true }), Plain},
		"nothing known":             {Setting{}, Plain},
	} {
		assert.Equal(t, c.want, Choose(c.s), name)
	}
	assert.False(t, IsTerminal(&strings.Builder{}))
	null, err := os.Open(os.DevNull)
	require.NoError(t, err)
	defer null.Close()
	assert.False(t, IsTerminal(null))
}

func tallies(blocks, stale uint64) []wire.Tally { return []wire.Tally{counted("pc", blocks, stale)} }

func TestAWaitIsShownWhileItLasts(t *testing.T) {
	f := newFeed(Config{Title: "new"})
	f.m.Take(trial.Event{Waiting: "waiting for another kcovrig, which uses the same tree"}, f.at(0))
	assert.Contains(t, f.show(t, 1, 80), "    waiting for another kcovrig, which uses the same tree\n")
}
