// SPDX-License-Identifier: Apache-2.0

package main

import (
	"github.com/spf13/cobra"

	"kcovrig/rig/fault"
	"kcovrig/rig/history"
	"kcovrig/rig/nightly"
	"kcovrig/rig/report/histories"
)

func newHistoryImport(a *app) *cobra.Command {
	var db string
	cmd := &cobra.Command{
		Use:   "import RUN...",
		Short: "Record the results of older run folders",
		Long: `import adds the results of run folders, from wherever they came. A run's time is
that at which it ended; of older results, which do not say it, their file's. A
run that is there already stays as it is. Of a matrix' folder it adds each cell's
run, under the cell's name.

` + exitsOfLists,
		Example: `  kcovrig history import results/arm64
  kcovrig history import ~/.cache/kcovrig/runs/*
  kcovrig history import results/tonight    # of kcovrig matrix`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, paths []string) error {
			path, err := a.needHistory(db)
			if err != nil {
				return err
			}
			h, err := history.Open(cmd.Context(), path)
			if err != nil {
				return err
			}
			defer func() { _ = h.Close() }()
			done, err := nightly.ImportRuns(cmd.Context(), h, paths)
			for _, run := range done {
				if werr := histories.Imported(a.stdout, run.Path, run.ID, run.New); werr != nil && err == nil {
					err = fault.Wrap(fault.Rig, "write the list", werr)
				}
			}
			return err
		},
	}
	addDB(cmd, &db)
	return cmd
}
