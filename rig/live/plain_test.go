// SPDX-License-Identifier: Apache-2.0

package live

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"kcovrig/guest/wire"
	"kcovrig/rig/trial"
)

func TestLines(t *testing.T) {
	for verbose, want := range map[bool]string{
		false: "  build                       10 s so far (patched): 7 steps, Linux 6.1 took 90; CC b.o\n" +
			"  build                    12.34 s: 6.12\n" +
			"  boot                        20 s so far\n" +
			"  waiting for another\n" +
			"  boot                        30 s so far: waiting for another\n" +
			"  note: a note?[31m?\n" +
			"  stress                      10 s so far (a cell, patched): up to 3:10 more\n" +
			"  note: a cell: a note\n" +
			"  stress                   12.00 s (a cell, patched)\n" +
			"  stress                      20 s so far (a cell): up to 1:40 more\n" +
			"  boots                       30 s so far (another): 7 over, up to 5.0 s of stress left\n" +
			"  boots                       40 s so far (another): 8 over\n",
		true: "  build ...\n" +
			"    + make -j 'a b'\n" +
			"  build                       10 s so far (patched): 7 steps, Linux 6.1 took 90; CC b.o\n" +
			"  build                    12.34 s: 6.12\n" +
			"  boot                        20 s so far\n" +
			"  waiting for another\n" +
			"  boot                        30 s so far: waiting for another\n" +
			"    stale (patched): mode pc window 1 entry 2 of 3: 0x4, later 0x5\n" +
			"  note: a note?[31m?\n" +
			"  stress                      10 s so far (a cell, patched): up to 3:10 more\n" +
			"  note: a cell: a note\n" +
			"  stress                   12.00 s (a cell, patched)\n" +
			"  stress                      20 s so far (a cell): up to 1:40 more\n" +
			"  boots                       30 s so far (another): 7 over, up to 5.0 s of stress left\n" +
			"  boots                       40 s so far (another): 8 over\n",
	} {
		var out bytes.Buffer
		say := Lines(&out, verbose)
		for _, e := range []trial.Event{
			{Stage: &trial.StageEvent{Name: "build"}}, {Command: "make -j 'a b'"}, {Build: &trial.BuildEvent{Steps: 7, Doing: "CC b.o", Before: 90, Version: "6.1"}},
			{Boot: "patched", Stage: &trial.StageEvent{Name: "build", Seconds: 10}},
			{Stage: &trial.StageEvent{Name: "build", Done: true, Seconds: 12.34, Detail: "6.12"}},
			{Stage: &trial.StageEvent{Name: "boot", Seconds: 20}},
			{Waiting: "waiting for another"}, {Stage: &trial.StageEvent{Name: "boot", Seconds: 30}},
			{Boot: "patched", Hit: &wire.Detection{Mode: "pc", Window: 1, Index: 2, Count: 3, Seen: 4, Later: 5}},
			{Note: "a note\x1b[31m\r"},
			of("a cell", "unpatched", tallied(trial.Unpatched, 100*time.Second, 0)), of("a cell", "patched", tallied(trial.Patched, 90*time.Second, 0)),
			of("a cell", "patched", trial.Event{Stage: &trial.StageEvent{Name: "stress", Seconds: 10}}), {Task: "a cell", Note: "a note"},
			of("a cell", "patched", trial.Event{Stage: &trial.StageEvent{Name: "stress", Done: true, Seconds: 12}}),
			of("a cell", "", trial.Event{Stage: &trial.StageEvent{Name: "stress", Seconds: 20}}),
			of("another", "patched", trial.Event{Tally: &trial.TallyEvent{Again: true, Left: 5 * time.Second, Boots: make([]trial.Boot, 7)}}),
			of("another", "", trial.Event{Stage: &trial.StageEvent{Name: "boots", Seconds: 30}}),
			of("another", "patched", trial.Event{Tally: &trial.TallyEvent{Again: true, Boots: make([]trial.Boot, 8)}}),
			of("another", "", trial.Event{Stage: &trial.StageEvent{Name: "boots", Seconds: 40}}),
		} {
			say(e)
		}
		assert.Equal(t, want, out.String())
	}
}
