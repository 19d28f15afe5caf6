// SPDX-License-Identifier: Apache-2.0

package live

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"kcovrig/guest/wire"
	"kcovrig/rig/goldentest"
	"kcovrig/rig/trial"
)

// of is an event of a task.
func of(task, variant string, e trial.Event) trial.Event {
	e.Task, e.Boot = task, variant
	return e
}

func begun(name string) trial.Event { return trial.Event{Stage: &trial.StageEvent{Name: name}} }

func tallied(v trial.Variant, left time.Duration, need uint64, tallies ...wire.Tally) trial.Event {
	return trial.Event{Tally: &trial.TallyEvent{Variant: v, Reader: trial.Acquire, Tallies: tallies, Left: left, Need: need}}
}

// A search, a matrix and a worker show which commits and cells are under way, and in each
// its stage, what make does, for how long it goes on at the most, and how far it is.
func TestManyTasks(t *testing.T) {
	const cell = "arm64/compare,tree=debian:6.12/acquire/pc"
	f := newFeed(Config{Title: "matrix", Tasks: true})
	take := func(at float64, all ...trial.Event) {
		for _, e := range all {
			f.m.Take(e, f.at(at))
		}
	}
	take(0, trial.Event{Progress: &trial.ProgressEvent{Done: 3, Of: 16, What: "cells"}}, of("1a2b3c4d5e6f", "", begun("check out")))
	take(2, of("1a2b3c4d5e6f", "", trial.Event{Stage: &trial.StageEvent{Name: "check out", Done: true, Seconds: 2}}), of("1a2b3c4d5e6f", "as-is", begun("build as-is")))
	take(3, of("1a2b3c4d5e6f", "as-is", trial.Event{Build: &trial.BuildEvent{Steps: 1203, Doing: "CC kernel/\x1bfork.o", Before: 2714, Version: "6.12.117"}}))
	take(10, of(cell, "unpatched", begun("stress")), of(cell, "patched", begun("stress")), trial.Event{Note: "it stays above"})
	take(20, of(cell, "unpatched", tallied(trial.Unpatched, 58*time.Second, 0, counted("pc", 120, 110))), of(cell, "patched", tallied(trial.Patched, 57*time.Second, 0, counted("pc", 45, 0))))
	take(20, of("0f0f0f0f0f0f", "as-is", begun("stress")), of("0f0f0f0f0f0f", "as-is", tallied(trial.AsIs, 17*time.Second, 690, counted("pc", 90, 0), counted("cmp", 30, 0))))
	goldentest.Check(t, "tasks.txt", f.show(t, 30, 100, 40))

	assert.Contains(t, strings.Join(f.m.Final(f.at(30)), "\n"), cell+": not finished")
	take(31, of(cell, "unpatched", trial.Event{Stage: &trial.StageEvent{Name: "stress", Done: true, Seconds: 21}}))
	assert.Contains(t, f.show(t, 31, 100), "up to 0:57 more", "one kernel is left")
	take(32, of(cell, "", trial.Event{Over: true}), of("1a2b3c4d5e6f", "", trial.Event{Over: true}), of("0f0f0f0f0f0f", "", trial.Event{Over: true}))
	assert.NotContains(t, f.show(t, 32, 100), ">", "nothing is under way")
	take(33, of(cell, "", trial.Event{Line: "a late word"}))
	assert.Empty(t, f.m.Final(f.at(33)), "what is over stays so")
}

// A kernel that shows the bug where it should show none is an alarm in a task too.
func TestATaskWhosePatchedKernelShowsTheBug(t *testing.T) {
	f := newFeed(Config{Title: "matrix", Tasks: true})
	for _, e := range []trial.Event{
		of("c", "patched", begun("stress")), of("c", "patched", tallied(trial.Patched, 0, 0, counted("pc", 9, 1))), of("c", "unpatched", tallied(trial.Unpatched, 0, 0, counted("pc", 9, 8))),
	} {
		f.m.Take(e, f.at(0))
	}
	assert.Contains(t, f.show(t, 1, 100), "3     unpatched 16 of 144 stale, patched 2 of 144 stale\n")
}

// Of a stress it is said for how long it goes on at the most: both kernels' turns together.
func TestWhatIsLeftOfTheStress(t *testing.T) {
	f := newFeed(Config{Title: "compare, arm64", Compared: true})
	stressed(f)
	for _, v := range trial.Pair() {
		f.m.Take(of("", string(v), tallied(v, 118*time.Second, 0, counted("pc", 3, 0))), f.at(2))
	}
	assert.Contains(t, f.show(t, 3, 80), "> stress                    2 s  up to 3:56 more\n")
	assert.Contains(t, f.show(t, 3, 40), "> stress            2 s  up to 3:56 more\n")
	f.end(4, "patched", "stress", "", 3)
	assert.Contains(t, f.show(t, 5, 80), "up to 1:58 more")
}

// Bounds that are still anything are not shown as if they were known.
func TestABoundIsShownOnceItIsOne(t *testing.T) {
	line := func(have, need uint64) string {
		return bound{name: "pc", have: have, need: need, of: "clean blocks", count: true}.line(80).Text
	}
	assert.Equal(t, "  pc   [....................] 3 clean blocks, no bound yet", line(3, 5395780))
	assert.Equal(t, "  pc   [....................] 67 left: 0 of 67 clean blocks", line(0, 67))
	assert.Equal(t, "  pc   [###################.] 1 left: 66 of 67 clean blocks", line(66, 67))
	assert.Equal(t, "  pc   [####################] 67 of 90 clean blocks have to count", line(90, 67))
}

// The views of docs/running.md are those that are drawn.
func TestTheViewsOfTheDocumentation(t *testing.T) {
	drawn := func(f feed, at float64) (text string) {
		for _, l := range f.m.Text(f.at(at), 80) {
			text += l.Text + "\n"
		}
		return text
	}
	f := newFeed(Config{Title: "compare, arm64", Compared: true})
	f.end(0, "unpatched", "build unpatched", "6.12.117, cached", 0.05)
	f.end(3, "unpatched", "boot", "", 2)
	for v, c := range map[trial.Variant]wire.Tally{trial.Unpatched: counted("pc", 120, 110), trial.Patched: counted("pc", 30, 0)} {
		f.begin(3, string(v), "stress")
		f.m.Take(of("", string(v), tallied(v, 113500*time.Millisecond, 0, c)), f.at(9))
	}
	const page = "../../docs/running.md"
	assert.Equal(t, goldentest.Block(t, page, "kcovrig compare, arm64 "), drawn(f, 9))

	f = newFeed(Config{Title: "matrix", Tasks: true})
	f.m.Take(trial.Event{Progress: &trial.ProgressEvent{Done: 3, Of: 16, What: "cells"}}, f.at(0))
	const cell = "arm64/compare/acquire"
	f.m.Take(of(cell, "", begun("boot")), f.at(740))
	f.m.Take(of(cell, "", trial.Event{Stage: &trial.StageEvent{Name: "boot", Done: true}}), f.at(741))
	for _, v := range trial.Pair() {
		f.m.Take(of(cell, string(v), begun(stress)), f.at(741))
	}
	f.m.Take(of(cell, "unpatched", tallied(trial.Unpatched, 100*time.Second, 0, counted("pc", 120, 110))), f.at(760))
	f.m.Take(of(cell, "patched", tallied(trial.Patched, 100*time.Second, 0, counted("pc", 34, 0))), f.at(760))
	assert.Equal(t, goldentest.Block(t, page, "kcovrig matrix "), drawn(f, 760))
}
