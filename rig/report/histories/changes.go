// SPDX-License-Identifier: Apache-2.0

package histories

import (
	"fmt"
	"io"
	"strings"

	"kcovrig/rig/report/format"
	"kcovrig/rig/report/words"
	"kcovrig/rig/result"
	"kcovrig/rig/trend"
)

// ChangesSchema names the version of the list of changes.
const ChangesSchema = "kcovrig.changes/1"

// ChangedCell is a cell whose latest run is flagged, in words.
type ChangedCell struct {
	Cell    string   `json:"cell"`
	Run     string   `json:"run"` // the latest
	Changes []string `json:"changes"`
}

// TrendList is the trends of cells.
type TrendList struct {
	Trends []trend.Trend
	Width  int // the terminal's, for text; 0: none is known
}

// Changes says which of the cells are flagged in their latest run.
var Changes = format.Writers[TrendList]{{Format: format.Text, Write: changesText}, {Format: format.Markdown, Write: changesMarkdown}, {Format: format.JSON, Write: changesJSON}}

func changed(trends []trend.Trend) []ChangedCell {
	list := []ChangedCell{}
	for _, t := range trends {
		if c, ok := changedNow(t); ok {
			list = append(list, c)
		}
	}
	return list
}

func changesJSON(w io.Writer, l TrendList) error {
	return result.Object(w, map[string]any{"schema": ChangesSchema, "cells": len(l.Trends), "changed": changed(l.Trends)})
}

func changesText(w io.Writer, l TrendList) error {
	return listChanges(w, l, "  ", "%s")
}

func changesMarkdown(w io.Writer, l TrendList) error {
	l.Width = 0
	return listChanges(w, l, "  - ", "- `%s`")
}

func listChanges(w io.Writer, l TrendList, bullet, literal string) error {
	var b strings.Builder
	list := changed(l.Trends)
	for _, c := range list {
		fmt.Fprintf(&b, literal+"\n", strings.ReplaceAll(c.Cell, "`", "'"))
		for _, text := range c.Changes {
			b.WriteString(bullet + text + "\n")
		}
	}
	if len(list) == 0 {
		fmt.Fprintf(&b, "No change: of %d cells, none has a latest run that noise does not explain.\n", len(l.Trends))
	}
	_, err := io.WriteString(w, words.Fitted(b.String(), l.Width))
	return err
}

// changedNow keeps those series whose latest measured run is flagged.
func changedNow(t trend.Trend) (ChangedCell, bool) {
	if len(t.Runs) == 0 {
		return ChangedCell{}, false
	}
	now := trend.Trend{Cell: t.Cell, ShiftError: t.ShiftError, Runs: t.Runs}
	latest := t.Runs[len(t.Runs)-1].ID
	for _, s := range t.Series {
		if n := len(s.Points); n > 0 && s.Points[n-1].Run == latest && s.Points[n-1].Changed {
			list := stretches(s.Points)
			s.Points = list[len(list)-1]
			now.Series = append(now.Series, s)
		}
	}
	return ChangedCell{t.Cell, latest, changes(now)}, len(now.Series) > 0
}
