// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"strings"

	"github.com/spf13/cobra"

	"kcovrig/rig/barriers"
	"kcovrig/rig/fault"
	"kcovrig/rig/nightly"
	"kcovrig/rig/report"
	found "kcovrig/rig/report/barriers"
	"kcovrig/rig/report/format"
	"kcovrig/rig/result"
)

// reportOptions are the flags of report.
type reportOptions struct{ formatName, output, testedBy, since, file string }

func newReport(a *app) *cobra.Command {
	var o reportOptions
	cmd := &cobra.Command{
		Use:   "report [RUN...]",
		Short: "Render saved results for people, CI servers and mails",
		Long: `report renders the results of one or more runs from their run folders (default:
the latest), or of a matrix from its folder, or from those of its parts, now or
later, on any machine. The folder of barriers, alone, gives what was found of them.
Its exit code says whether the report was written, not what the verdicts are.

` + exitsOfLists,
		Example: `  kcovrig report results/arm64 --format=html --output report.html
  kcovrig report results/arm64 results/x86 --format=junit --output junit.xml
  kcovrig report results/arm64 --format=markdown --tested-by "Name <name@example.org>"
  kcovrig report results/part-*/ --file=nightly.yaml --format=html --output results/report.html`,
		RunE: func(_ *cobra.Command, args []string) error {
			args, err := a.orLatest(args)
			if err != nil {
				return err
			}
			return a.report(args, o)
		},
	}
	cmd.Flags().StringVar(&o.formatName, "format", "text", "format of the report: "+strings.Join(report.Runs.Names(), ", "))
	cmd.Flags().StringVarP(&o.output, "output", "o", "", "`file` to write (default: standard output)")
	cmd.Flags().StringVar(&o.testedBy, "tested-by", "", "who signs a Markdown report of fixed runs, as `\"Name <mail>\"`")
	cmd.Flags().StringVar(&o.since, "since", "", "for the folder of a matrix: `folder` of an earlier run of it, to say what changed")
	cmd.Flags().StringVar(&o.file, "file", "", "for the folders of a matrix' parts: the matrix `FILE.yaml`, to show which cells no part holds")
	complete(cmd, "format", report.Runs.Names()...)
	return cmd
}

// report renders what the folders hold.
func (a *app) report(folders []string, o reportOptions) error {
	if len(folders) == 1 && o.testedBy == "" && o.since == "" && o.file == "" {
		if is, err := a.reportBarriers(folders[0], o.formatName, o.output); is || err != nil {
			return err
		}
	}
	as, err := report.Runs.Parse(o.formatName)
	if err != nil {
		return err
	}
	if o.testedBy != "" {
		if err := report.CheckTestedBy(o.testedBy); err != nil {
			return err
		}
	}
	if result.IsMatrix(folders[0]) {
		return a.reportMatrix(folders, o.file, as, o.since, o.output)
	}
	if o.since != "" || o.file != "" {
		return fault.Newf(fault.User, "", "--since and --file go with the folder of a matrix")
	}
	var runs []result.Saved
	for _, path := range folders {
		run, err := result.LoadWhole(path)
		if err != nil {
			return err
		}
		runs = append(runs, run)
	}
	var text bytes.Buffer
	if err := report.Runs.Render(&text, as, report.RunsReport{Runs: runs, Options: report.Options{TestedBy: o.testedBy}, Width: a.widthFor(o.output)}); err != nil {
		return err
	}
	return a.deliver(o.output, text.Bytes())
}

// reportMatrix renders the one report over all cells of a matrix.
func (a *app) reportMatrix(args []string, file string, as format.Format, since, output string) error {
	var text bytes.Buffer
	var err error
	if len(args) == 1 && file == "" {
		err = showMatrix(&text, args[0], as, since, a.widthFor(output))
	} else {
		var now result.SavedMatrix
		if now, err = nightly.Joined(args, file); err == nil {
			err = renderMatrix(&text, now, as, since, a.widthFor(output))
		}
	}
	if err != nil {
		return err
	}
	return a.deliver(output, text.Bytes())
}

// reportBarriers renders what a run folder holds of a kernel's barriers; false: nothing.
func (a *app) reportBarriers(path, formatName, output string) (bool, error) {
	r, is, err := barriers.Load(path)
	if !is || err != nil {
		return false, err
	}
	as, err := found.Reports.Parse(formatName)
	if err != nil {
		return true, err
	}
	var text bytes.Buffer
	if err := found.Reports.Render(&text, as, r); err != nil {
		return true, err
	}
	return true, a.deliver(output, text.Bytes())
}
