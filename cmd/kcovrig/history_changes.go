// SPDX-License-Identifier: Apache-2.0

package main

import (
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"kcovrig/rig/fault"
	"kcovrig/rig/report"
)

func newHistoryChanges(a *app) *cobra.Command {
	var db, since, format string
	cmd := &cobra.Command{
		Use:   "changes",
		Short: "Name the cells whose latest run differs from those before it",
		Long: `changes looks at the trends of all cells, and names those whose latest run differs
from the runs before it by more than runs differ by themselves.

` + exitHelp,
		Example: "  kcovrig history changes\n  kcovrig history changes --since=720h --format=markdown",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !slices.Contains(report.ChangesFormats(), format) {
				return fault.Newf(fault.User, "", "--format: no format %q (have: %s)", format, strings.Join(report.ChangesFormats(), ", "))
			}
			at, err := sinceTime(since, time.Now())
			if err != nil {
				return err
			}
			h, err := a.openHistory(cmd, db)
			if err != nil {
				return err
			}
			defer func() { _ = h.Close() }()
			trends, err := h.Trends(cmd.Context(), at)
			if err != nil {
				return err
			}
			return fault.Wrap(fault.Rig, "write the changes", report.Changes(a.stdout, trends, format))
		},
	}
	addDB(cmd, &db)
	cmd.Flags().StringVar(&since, "since", "", "look at runs since a `time` only, as history --since")
	cmd.Flags().StringVar(&format, "format", "text", "format: "+strings.Join(report.ChangesFormats(), ", "))
	complete(cmd, "format", report.ChangesFormats()...)
	return cmd
}
