// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"kcovrig/rig/trial"
)

// writeReaders shows the windows of all modes in which the bug was seen, kernel by reader, and
// beside each what the memory model says; only where there are several readers.
func writeReaders(b *strings.Builder, r trial.Result) {
	if len(r.Spec.Readers) < 2 {
		return
	}
	t := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	said := r.Words.Full()
	kernels := trial.Pair()
	if slices.ContainsFunc(r.Observations, func(o trial.Observation) bool { return o.Variant() == trial.AsIs }) {
		kernels = []trial.Variant{trial.AsIs} // nobody knows which of the pair it is
	}
	fmt.Fprintf(t, "%s %s (memory model)", said.Adjective(), said.Windows)
	for _, v := range kernels {
		fmt.Fprintf(t, "\t%s", v)
	}
	fmt.Fprintln(t)
	for _, reader := range r.Spec.Readers {
		fmt.Fprintf(t, "%s reader", reader)
		for _, v := range kernels {
			fmt.Fprintf(t, "\t%s", readerCell(r, reader, v))
		}
		fmt.Fprintln(t)
	}
	_ = t.Flush() // a Builder never fails
	b.WriteString("\n")
}

func readerCell(r trial.Result, reader trial.Reader, v trial.Variant) string {
	i := slices.IndexFunc(r.Observations, func(o trial.Observation) bool { return o.Reader == reader && o.Variant() == v })
	if i < 0 {
		return "not run"
	}
	o := r.Observations[i]
	if !o.Outcome.Counts() {
		return fmt.Sprintf("not counted: %s (%s)", o.Outcome, o.Expected)
	}
	var stale, windows uint64
	for _, t := range o.Tallies {
		stale, windows = stale+t.HitWindows, windows+t.Windows
	}
	return fmt.Sprintf("%d of %d (%s)", stale, windows, o.Expected)
}
