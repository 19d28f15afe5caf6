// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"strings"
	"time"

	"kcovrig/rig/trial"
	"kcovrig/rig/wording"
)

// replayed says how often the bug was reached again.
func replayed(r trial.Replay, said wording.Words) string {
	text := fmt.Sprintf("the %s was reached again in %d of %d tries", said.Full().Hit, r.Reached, r.Reached+r.Missed)
	if r.Reached+r.Missed > 0 {
		text += fmt.Sprintf(" (95 %% interval: %.1f to %.1f %%)", 100*r.Interval.Low, 100*r.Interval.High)
	}
	if r.Faults > 0 {
		text += fmt.Sprintf(", beside %d that failed and say nothing", r.Faults)
	}
	if left := r.Asked - len(r.Tries); left > 0 {
		text += fmt.Sprintf("; %d were not made", left)
	}
	return text
}

// repeatReplay is the arguments of the same replay.
func repeatReplay(r trial.Replay) []string {
	argv := []string{r.Run, fmt.Sprint(r.Witness), fmt.Sprintf("--tries=%d", r.Asked), "--limit=" + time.Duration(r.LimitNS).String()}
	if !r.Focused {
		argv = append(argv, "--plain")
	}
	if len(r.Differences) > 0 {
		argv = append(argv, "--force")
	}
	return argv
}

func writeReplay(b *strings.Builder, r *trial.Replay, said wording.Words) {
	if r == nil {
		return
	}
	fmt.Fprintf(b, "\nwitness %d of %s\n  %s\n", r.Witness, r.Run, r.Signature)
	for i, t := range r.Tries {
		fmt.Fprintf(b, "  try %2d  %s (boot %.1f s)\n", i+1, t.Words(said), float64(t.BootNS)/1e9)
	}
	how := "the emulator held back the witness's store alone"
	if !r.Focused {
		how = "the seed alone chose what the emulator held back"
	}
	fmt.Fprintf(b, "\nreplay: %d of %d\n  %s\n  %s, for at most %.0f s of stress a try\n", r.Reached, r.Reached+r.Missed, replayed(*r, said), how, float64(r.LimitNS)/1e9)
	if r.Reached > 0 {
		b.WriteString("  the tally is of the last try that reached it, and ends there\n")
	}
}
