// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"time"

	"github.com/spf13/cobra"

	"kcovrig/rig/report"
	"kcovrig/rig/report/format"
)

func newHistoryChanges(a *app) *cobra.Command {
	var db, since, as string
	cmd := &cobra.Command{
		Use:   "changes",
		Short: "Name the cells whose latest run differs from those before it",
		Long: `changes looks at the trends of all cells, and names those whose latest run differs
from the runs before it by more than runs differ by themselves.

` + exitHelp,
		Example: "  kcovrig history changes\n  kcovrig history changes --since=720h --format=markdown",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
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
			return report.Changes.Render(a.stdout, format.Format(as), trends)
		},
	}
	addDB(cmd, &db)
	cmd.Flags().StringVar(&since, "since", "", "look at runs since a `time` only, as history --since")
	cmd.Flags().StringVar(&as, "format", "text", "format: "+strings.Join(report.Changes.Names(), ", "))
	complete(cmd, "format", report.Changes.Names()...)
	return cmd
}
