// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"kcovrig/rig/fault"
	"kcovrig/rig/history"
	"kcovrig/rig/report"
	"kcovrig/rig/report/format"
	"kcovrig/rig/report/histories"
	"kcovrig/rig/result"
	"kcovrig/rig/trial"
)

// addDB adds the flag that names the history.
func addDB(cmd *cobra.Command, db *string) {
	cmd.Flags().StringVar(db, "db", "", "history `file` (default: $XDG_DATA_HOME/kcovrig/history.db, ~/.local/share/kcovrig/history.db)")
}

// addHistory adds the flags of commands whose result is recorded.
func (o *options) addHistory(cmd *cobra.Command) {
	addDB(cmd, &o.db)
	cmd.Flags().BoolVar(&o.noHistory, "no-history", false, "do not record the result in the history")
	cmd.MarkFlagsMutuallyExclusive("db", "no-history")
}

// historyFile is the history named by a flag, or the user's own; empty where
// the environment names no place.
func (a *app) historyFile(flag string) string {
	if flag != "" {
		return flag
	}
	// A path that is not absolute is to be ignored, says the XDG Base Directory Specification.
	if dir := a.getenv("XDG_DATA_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "kcovrig", "history.db")
	}
	if home := a.getenv("HOME"); home != "" {
		return filepath.Join(home, ".local", "share", "kcovrig", "history.db")
	}
	return ""
}

// openHistory opens the history that a command looks at.
func (a *app) openHistory(cmd *cobra.Command, flag string) (*history.DB, error) {
	path, err := a.needHistory(flag)
	if err != nil {
		return nil, err
	}
	return history.OpenExisting(cmd.Context(), path)
}

// needHistory is historyFile for a command that is of no use without one.
func (a *app) needHistory(flag string) (string, error) {
	if path := a.historyFile(flag); path != "" {
		return path, nil
	}
	return "", fault.Newf(fault.User, "", "no history: neither XDG_DATA_HOME nor HOME is set; name one with --db")
}

func newHistory(a *app) *cobra.Command {
	o := &historyOptions{}
	cmd := &cobra.Command{
		Use:   "history",
		Short: "List and compare earlier results, and show trends",
		Long: `history lists the results that run, compare and soak recorded, newest first.
With --trend it shows how one cell's share of blocks with a hit went from run to
run, and flags a run that differs from those before it by more than runs differ
by themselves. A cell names one configuration; its runs over time
form the trend.

` + exitHelp,
		Example: `  kcovrig history --since=168h
  kcovrig history --cell='compare,*,arm64,*' --verdict=not-fixed --json
  kcovrig history --trend='compare,*,arm64,*'
  kcovrig history compare 3f9a 81c2`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.history(cmd, o) },
	}
	f := cmd.Flags()
	addDB(cmd, &o.db)
	f.StringVar(&o.Cell, "cell", "", "only this `cell`; * and ? stand for any text and any character")
	f.StringVar(&o.Command, "command", "", "only results of this `command`: run, compare, soak")
	f.StringVar(&o.Arch, "arch", "", "only this `architecture`")
	f.StringVar(&o.Verdict, "verdict", "", "only runs that say this, such as not-fixed or \"kernel fault\"")
	f.StringVar(&o.since, "since", "", "only runs since a `time`: 2006-01-02, 2006-01-02T15:04:05Z, or so long ago, such as 168h")
	f.IntVar(&o.Limit, "limit", 50, "at most so many, the newest (0: all)")
	f.StringVar(&o.trend, "trend", "", "show the trend of this `cell`; a pattern must fit one cell alone")
	f.BoolVar(&o.json, "json", false, "print one JSON object on standard output")
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
			return histories.History.Render(a.stdout, format.Of(o.json), histories.RunList{Path: path})
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
		return histories.Trends.Render(a.stdout, format.Of(o.json), trend)
	}
	runs, err := db.Runs(cmd.Context(), o.Filter)
	if err != nil {
		return err
	}
	return histories.History.Render(a.stdout, format.Of(o.json), histories.RunList{Path: db.Path(), Runs: runs})
}

// sinceTime reads a day, a time, or how long ago; the zero time where there is none.
func sinceTime(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	for _, form := range []string{time.DateOnly, time.RFC3339} {
		if at, err := time.Parse(form, text); err == nil {
			return at, nil
		}
	}
	ago, err := time.ParseDuration(text)
	if err != nil || ago < 0 {
		return time.Time{}, fault.Newf(fault.User, "", "--since: %q is no day (2006-01-02), no time (2006-01-02T15:04:05Z) and no duration (168h)", text)
	}
	return now.Add(-ago), nil
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

` + exitHelp,
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
			return histories.Comparisons.Render(a.stdout, format.Of(json), histories.Compare(x, y))
		},
	}
	addDB(cmd, &db)
	cmd.Flags().BoolVar(&json, "json", false, "print one JSON object on standard output")
	return cmd
}

func newHistoryShow(a *app) *cobra.Command {
	var db, asked string
	cmd := &cobra.Command{
		Use:     "show RUN",
		Short:   "Render a recorded run",
		Long:    "show renders a recorded run as report does. RUN is the beginning of its id.\n\n" + exitHelp,
		Example: "  kcovrig history show 3f9a --format=html >report.html",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			as, err := report.Runs.Parse(asked)
			if err != nil {
				return err
			}
			h, err := a.openHistory(cmd, db)
			if err != nil {
				return err
			}
			defer func() { _ = h.Close() }()
			run, err := recorded(cmd, h, args[0])
			if err != nil {
				return err
			}
			return report.Runs.Render(a.stdout, as, report.RunsReport{Runs: []result.Saved{run}})
		},
	}
	addDB(cmd, &db)
	cmd.Flags().StringVar(&asked, "format", "text", "format of the report: "+strings.Join(report.Runs.Names(), ", "))
	complete(cmd, "format", report.Runs.Names()...)
	return cmd
}
