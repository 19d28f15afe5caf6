// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"io"
	"text/tabwriter"

	"kcovrig/rig/trial"
)

// ExpectSchema names the JSON form of Expectations.
const ExpectSchema = "kcovrig.expect/1"

// Expect writes what the kernel's memory model says beside what was measured,
// as text or as one JSON object.
func Expect(w io.Writer, e trial.Expectations, asJSON bool) error {
	if asJSON {
		e.Tests, e.LKMM = full(e.Tests), full(e.LKMM)
		return object(w, struct {
			Schema string `json:"schema"`
			trial.Expectations
		}{ExpectSchema, e})
	}
	fmt.Fprintf(w, "model     %s\n", e.Model)
	if e.Run == "" {
		fmt.Fprintln(w, "measured  nothing: the cache holds no run under the memory emulator")
	} else {
		fmt.Fprintf(w, "measured  %s\n", e.Run)
	}
	fmt.Fprintln(w)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "kernel and reader\tstale, says herd7\tstale, measured\t")
	for _, x := range e.Tests {
		seen := "-"
		if x.Measured {
			seen = fmt.Sprintf("%d of %d windows", x.StaleWindows, x.Windows)
		}
		mark := ""
		if x.Contradiction {
			mark = "CONTRADICTION"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", x.Name, x.Stale, seen, mark)
	}
	if len(e.LKMM) > 0 {
		writeModelTests(t, e.LKMM)
	}
	return t.Flush()
}

func writeModelTests(t io.Writer, tests []trial.ModelTest) {
	ok := 0
	fmt.Fprintln(t, "\t\t\t\nthe model's own tests\therd7\tResult line\t")
	for _, x := range tests {
		herd := x.Herd
		if herd == "" {
			herd = "no answer"
		}
		if x.OK {
			ok++
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", x.Name, herd, x.Result, x.Note)
	}
	fmt.Fprintf(t, "%d of %d as their Result lines say\t\t\t\n", ok, len(tests))
}
