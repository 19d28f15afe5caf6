// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"

	"github.com/spf13/cobra"

	"kcovrig/rig/fault"
	"kcovrig/rig/litmus"
	"kcovrig/rig/litmusrun"
	"kcovrig/rig/report/tables"
	"kcovrig/rig/trial"
)

func newLitmusShow(a *app) *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use:   "show RUN",
		Short: "Print the results that a run of litmus tests has left",
		Long: `litmus show prints the results so far of litmus run --out=RUN, even while it is
running or after it was killed: tests not yet run are inconclusive then. The exit
code is that of litmus run.

` + exitsOfLitmus,
		Example: `  kcovrig litmus show results/litmus --json`,
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, paths []string) error {
			r, err := litmusrun.Kept(paths[0])
			return a.showLitmus(&o, r, err)
		},
	}
	addJSON(cmd, &o.json)
	return cmd
}

// showLitmus prints a report and settles the exit code; err is what the run met.
func (a *app) showLitmus(o *options, r litmus.Report, err error) error {
	s := tables.Summarise(r)
	var shown error
	if o.json || len(r.Tests) > 0 {
		shown = tables.Litmus.Render(a.stdout, o.shown(), tables.LitmusRun{Report: r, Failure: trial.FailureOf(err), Width: a.widthFor("")})
	}
	switch {
	case s.Unsound > 0:
		a.code = exitNotFixed
	case s.Inconclusive > 0:
		a.code = exitInconclusive
	}
	return errors.Join(err, fault.Wrap(fault.Rig, "write the result", shown))
}
