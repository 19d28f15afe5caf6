// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"io"
	"strings"
	"sync"

	"kcovrig/rig/trial"
)

// Progress returns a sink that writes one plain line per finished stage and
// note, and one now and then while a stage lasts; verbose adds the tools' output and every stale entry reported.
func Progress(w io.Writer, verbose bool) trial.Sink {
	var mu sync.Mutex
	var last string // line of a tool
	return func(e trial.Event) {
		mu.Lock()
		defer mu.Unlock()
		if e.Line != "" {
			last = ": " + strings.TrimSpace(e.Line)
		}
		arm := ""
		if e.Arm != "" {
			arm = " (" + e.Arm + ")"
		}
		switch {
		case e.Stage != nil && !e.Stage.Done && e.Stage.Seconds > 0:
			fmt.Fprintf(w, "  %-22s %7.0f s so far%s%.80s\n", e.Stage.Name, e.Stage.Seconds, arm, last)
		case e.Stage != nil && e.Stage.Done:
			last = ""
			detail := e.Stage.Detail
			if detail != "" {
				detail = ": " + detail
			}
			fmt.Fprintf(w, "  %-22s %7.2f s%s%s\n", e.Stage.Name, e.Stage.Seconds, arm, detail)
		case e.Stage != nil && verbose:
			fmt.Fprintf(w, "  %s%s ...\n", e.Stage.Name, arm)
		case e.Note != "":
			fmt.Fprintf(w, "  note: %s\n", e.Note)
		case e.Line != "" && verbose:
			fmt.Fprintf(w, "    %s\n", e.Line)
		case e.Hit != nil && verbose:
			fmt.Fprintf(w, "    stale%s: mode %s window %d entry %d of %d: %#x, later %#x\n", arm, e.Hit.Mode, e.Hit.Window, e.Hit.Index, e.Hit.Count, e.Hit.Seen, e.Hit.Later)
		}
	}
}
