// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"kcovrig/rig/result"
	"kcovrig/rig/trial"
)

// writeLedgers shows what a soak's ledgers counted and what the emulator did
// meanwhile, a line per name, a column per kernel.
func writeLedgers(b *strings.Builder, r trial.Result) {
	if r.Command != trial.CommandSoak || len(r.Observations) == 0 {
		return
	}
	t := tabwriter.NewWriter(b, 0, 0, 2, ' ', tabwriter.AlignRight)
	column := func(title string, of func(trial.Observation) map[string]uint64) {
		names := map[string]bool{}
		fmt.Fprintf(t, "%s\t", title)
		for _, o := range r.Observations {
			fmt.Fprintf(t, "%s\t", o.Variant)
			for name := range of(o) {
				names[name] = true
			}
		}
		fmt.Fprintln(t)
		for _, name := range slices.Sorted(maps.Keys(names)) {
			fmt.Fprintf(t, "%s\t", name)
			for _, o := range r.Observations {
				fmt.Fprintf(t, "%d\t", of(o)[name])
			}
			fmt.Fprintln(t)
		}
	}
	column("ledgers", func(o trial.Observation) map[string]uint64 { return o.Ledgers })
	column("emulator", func(o trial.Observation) map[string]uint64 { return o.Counters })
	_ = t.Flush() // a Builder never fails
	if d := result.NewDocument(r); soundSoak(d) {
		fmt.Fprintf(b, "\n%s\n", SentenceOf(d))
	}
	b.WriteString("\n")
}
