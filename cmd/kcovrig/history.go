// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"kcovrig/rig/fault"
	"kcovrig/rig/history"
	"kcovrig/rig/report"
	found "kcovrig/rig/report/barriers"
	"kcovrig/rig/report/format"
	"kcovrig/rig/report/histories"
	"kcovrig/rig/result"
	"kcovrig/rig/trial"
)

func newHistory(a *app) *cobra.Command {
	o := &historyOptions{}
	cmd := &cobra.Command{
		Use:   "history",
		Short: "List and compare earlier results, and show trends",
		Long: `history lists the results that run, compare, soak and barriers recorded, and those
of a matrix' cells, newest first.
With --trend it shows how one cell's share of blocks with a hit went from run to
run, and flags a run that differs from those before it by more than runs differ
by themselves. A cell names one configuration; its runs over time
form the trend.

` + exitsOfLists,
		Example: `  kcovrig history --since=7d
  kcovrig history --cell='compare,*,arm64,*' --verdict=not-fixed --json
  kcovrig history --trend='compare,*,arm64,*'
  kcovrig history compare 3f9a 81c2`,
		Args: onlyCommands,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.history(cmd, o) },
	}
	f := cmd.Flags()
	addDB(cmd, &o.db)
	f.StringVar(&o.Cell, "cell", "", "only this `cell`; * and ? stand for any text and any character")
	f.StringVar(&o.Command, "command", "", "only results of this `command`: run, compare, soak, barriers")
	f.StringVar(&o.Arch, "arch", "", "only this `architecture`")
	f.StringVar(&o.Verdict, "verdict", "", "only runs that say this, such as not-fixed or \"kernel fault\"")
	f.StringVar(&o.since, "since", "", "only runs since a `time`: 2006-01-02, 2006-01-02T15:04:05Z, yesterday, or so long ago, such as 7d")
	f.IntVar(&o.Limit, "limit", 50, "at most so many, the newest (0: all)")
	f.StringVar(&o.trend, "trend", "", "show the trend of this `cell`; a pattern must fit one cell alone")
	f.BoolVar(&o.json, "json", false, "print one JSON object on standard output")
	complete(cmd, "command", string(trial.CommandRun), string(trial.CommandCompare), string(trial.CommandSoak), string(trial.CommandBarriers))
	complete(cmd, "verdict", string(trial.Fixed), string(trial.NotFixed), string(trial.Inconclusive), string(trial.NoEffect), string(trial.Identical), string(trial.DoesNotApply))
	cmd.MarkFlagsMutuallyExclusive("trend", "cell")
	cmd.AddCommand(newHistoryCompare(a), newHistoryShow(a), newHistoryImport(a), newHistoryChanges(a))
	return cmd
}

type historyOptions struct {
	history.Filter
	db, since, trend string
	json             bool
}

func (a *app) history(cmd *cobra.Command, o *historyOptions) error {
	var err error
	if o.Since, err = sinceTime(o.since, time.Now()); err != nil {
		return err
	}
	if o.Limit < 0 {
		return fault.Newf(fault.User, "", "--limit: %d is negative", o.Limit)
	}
	if path := a.historyFile(o.db); o.db == "" && o.trend == "" && path != "" {
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) { // nothing was recorded yet
			return histories.History.Render(a.stdout, format.Of(o.json), histories.RunList{Path: path, Width: a.widthFor("")})
		}
	}
	db, err := a.openHistory(cmd, o.db)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	if o.trend != "" {
		trend, err := db.Trend(cmd.Context(), o.trend, o.Since)
		if err != nil {
			return err
		}
		return histories.Trends.Render(a.stdout, format.Of(o.json), histories.ShownTrend{Trend: trend, Width: a.widthFor("")})
	}
	runs, err := db.Runs(cmd.Context(), o.Filter)
	if err != nil {
		return err
	}
	return histories.History.Render(a.stdout, format.Of(o.json), histories.RunList{Path: db.Path(), Runs: runs, Width: a.widthFor("")})
}

// recorded is a recorded run as a report takes it.
func recorded(cmd *cobra.Command, db *history.DB, id string) (result.Saved, error) {
	run, document, err := db.Find(cmd.Context(), id)
	if err != nil {
		return result.Saved{}, err
	}
	saved, err := result.Parse(run.Folder, fmt.Sprintf("%.10s", run.ID), document)
	return saved, fault.Wrap(fault.Rig, "read the recorded run "+run.ID, err)
}

func newHistoryCompare(a *app) *cobra.Command {
	var db string
	var json bool
	cmd := &cobra.Command{
		Use:   "compare A B",
		Short: "Set two recorded runs beside one another",
		Long: `compare says in what two runs were made differently, and sets their rates beside
one another, with exact intervals and Fisher's test. A and B are the beginnings
of the runs' ids.

` + exitsOfLists,
		Example: "  kcovrig history compare 3f9a 81c2",
		Args:    cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			h, err := a.openHistory(cmd, db)
			if err != nil {
				return err
			}
			defer func() { _ = h.Close() }()
			x, err := recorded(cmd, h, args[0])
			if err != nil {
				return err
			}
			y, err := recorded(cmd, h, args[1])
			if err != nil {
				return err
			}
			compared := histories.Compare(x, y)
			compared.Width = a.widthFor("")
			return histories.Comparisons.Render(a.stdout, format.Of(json), compared)
		},
	}
	addDB(cmd, &db)
	cmd.Flags().BoolVar(&json, "json", false, "print one JSON object on standard output")
	return cmd
}

func newHistoryShow(a *app) *cobra.Command {
	var db, formatName string
	cmd := &cobra.Command{
		Use:     "show RUN",
		Short:   "Render a recorded run",
		Long:    "show renders a recorded run as report does, one of barriers with what was found of\nthem. RUN is the beginning of its id.\n\n" + exitsOfLists,
		Example: "  kcovrig history show 3f9a --format=html >report.html",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			as, err := report.Runs.Parse(formatName)
			if err != nil {
				return err
			}
			return a.historyShow(cmd, db, args[0], as)
		},
	}
	addDB(cmd, &db)
	cmd.Flags().StringVar(&formatName, "format", "text", "format of the report: "+strings.Join(report.Runs.Names(), ", "))
	complete(cmd, "format", report.Runs.Names()...)
	return cmd
}

// historyShow renders a recorded run, with what was found of barriers where that is kept.
func (a *app) historyShow(cmd *cobra.Command, db, id string, as format.Format) error {
	h, err := a.openHistory(cmd, db)
	if err != nil {
		return err
	}
	defer func() { _ = h.Close() }()
	row, _, err := h.Find(cmd.Context(), id)
	if err != nil {
		return err
	}
	of, is, err := h.Barriers(cmd.Context(), row.ID)
	if err != nil {
		return err
	}
	if is && slices.Contains(found.Reports.Names(), string(as)) { // else as any run
		return found.Reports.Render(a.stdout, as, of)
	}
	run, err := recorded(cmd, h, row.ID)
	if err != nil {
		return err
	}
	return report.Runs.Render(a.stdout, as, report.RunsReport{Runs: []result.Saved{run}, Width: a.widthFor("")})
}
