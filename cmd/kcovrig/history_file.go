// SPDX-License-Identifier: Apache-2.0

package main

import (
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"kcovrig/rig/fault"
	"kcovrig/rig/history"
)

// addDB adds the flag that names the history.
func addDB(cmd *cobra.Command, db *string) {
	cmd.Flags().StringVar(db, "db", "", "history `file` (default: $XDG_DATA_HOME/kcovrig/history.db, ~/.local/share/kcovrig/history.db)")
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

// sinceTime reads a day, a time, or how long ago; the zero time where there is none.
// Days are those of UTC, as in the history.
func sinceTime(text string, now time.Time) (time.Time, error) {
	today := now.UTC().Truncate(24 * time.Hour)
	switch text {
	case "":
		return time.Time{}, nil
	case "today":
		return today, nil
	case "yesterday":
		return today.AddDate(0, 0, -1), nil
	}
	for _, form := range []string{time.DateOnly, time.RFC3339} {
		if at, err := time.Parse(form, text); err == nil {
			return at, nil
		}
	}
	ago, err := parseDuration(text)
	if err != nil || ago < 0 {
		return time.Time{}, fault.Newf(fault.User, "", "--since: %q is no day (2006-01-02, yesterday), no time (2006-01-02T15:04:05Z) and no duration (7d, 12h)", text)
	}
	return now.Add(-ago), nil
}
