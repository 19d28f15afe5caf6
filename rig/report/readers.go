// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"slices"
	"strings"

	"kcovrig/rig/report/words"
	"kcovrig/rig/trial"
)

// writeReaders shows the windows of all modes in which the bug was seen, kernel by reader, and
// beside each what the memory model says; only where there are several readers.
func writeReaders(b *strings.Builder, r trial.Result, width int) {
	if len(r.Spec.Readers) < 2 {
		return
	}
	said := r.Words.Full()
	kernels := trial.Pair()
	if slices.ContainsFunc(r.Observations, func(o trial.Observation) bool { return o.Variant == trial.AsIs }) {
		kernels = []trial.Variant{trial.AsIs} // nobody knows which of the pair it is
	}
	rows := [][]string{{said.Adjective() + " " + said.Windows + " (memory model)"}}
	for _, v := range kernels {
		rows[0] = append(rows[0], string(v))
	}
	for _, reader := range r.Spec.Readers {
		row := []string{string(reader) + " reader"}
		for _, v := range kernels {
			row = append(row, readerCell(r, reader, v))
		}
		rows = append(rows, row)
	}
	words.Table(b, rows, 1, 0, width)
	b.WriteString("\n")
}

func readerCell(r trial.Result, reader trial.Reader, v trial.Variant) string {
	i := slices.IndexFunc(r.Observations, func(o trial.Observation) bool { return o.Reader == reader && o.Variant == v })
	if i < 0 {
		return "not run"
	}
	o := r.Observations[i]
	if !o.Outcome.Counts() {
		return fmt.Sprintf("not counted: %s (%s)", o.Outcome, o.Expected)
	}
	var hits, windows uint64
	for _, t := range o.Tallies {
		hits, windows = hits+t.HitWindows, windows+t.Windows
	}
	return fmt.Sprintf("%d of %d (%s)", hits, windows, o.Expected)
}
