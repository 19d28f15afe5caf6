// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"time"

	"github.com/spf13/cobra"

	"kcovrig/rig/report/histories"
)

func newHistoryChanges(a *app) *cobra.Command {
	var db, since, formatName string
	cmd := &cobra.Command{
		Use:   "changes",
		Short: "Name the cells whose latest run differs from those before it",
		Long: `changes looks at the trends of all cells, and names those whose latest run differs
from the runs before it by more than runs differ by themselves.

` + exitsOfLists,
		Example: "  kcovrig history changes\n  kcovrig history changes --since=30d --format=markdown",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			as, err := histories.Changes.Parse(formatName)
			if err != nil {
				return err
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
			return histories.Changes.Render(a.stdout, as, histories.TrendList{Trends: trends, Width: a.widthFor("")})
		},
	}
	addDB(cmd, &db)
	cmd.Flags().StringVar(&since, "since", "", "look at runs since a `time` only, as history --since")
	cmd.Flags().StringVar(&formatName, "format", "text", "format: "+strings.Join(histories.Changes.Names(), ", "))
	complete(cmd, "format", histories.Changes.Names()...)
	return cmd
}
