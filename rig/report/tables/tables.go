// SPDX-License-Identifier: Apache-2.0

// Package tables reports on what is no run: a machine looked over, the cache,
// scenarios listed, begun and checked, litmus tests, and what the memory model expects.
// Coming to what is reported is left to the rooms of these commands.
package tables

import (
	"fmt"
	"io"
	"strings"

	"kcovrig/rig/report/format"
	"kcovrig/rig/report/words"
	"kcovrig/rig/result"
	"kcovrig/rig/trial"
)

// The schemas of the smaller tables.
const (
	ChecksSchema = "kcovrig.doctor/1"
	CacheSchema  = "kcovrig.cache/1"
)

// CheckList is what the doctor found.
type CheckList struct {
	Checks []trial.Check
	Width  int // the terminal's, for text; 0: none is known
}

// Checks are the forms of what the doctor found.
var Checks = format.Writers[CheckList]{{Format: format.Text, Write: checksText}, {Format: format.JSON, Write: checksJSON}}

func checksJSON(w io.Writer, l CheckList) error {
	ok := true
	for _, c := range l.Checks {
		ok = ok && (c.OK || !c.Required)
	}
	return result.Object(w, map[string]any{"schema": ChecksSchema, "ok": ok, "checks": result.Full(l.Checks)})
}

// fix begins a line with the command that mends what the line before it says.
const fix = "fix: "

func checksText(w io.Writer, l CheckList) error {
	var rows [][]string
	for _, c := range l.Checks {
		mark := "ok"
		switch {
		case !c.OK && c.Required:
			mark = "MISSING"
		case !c.OK:
			mark = "no"
		}
		rows = append(rows, []string{mark, c.Name, c.Detail})
		if !c.OK && c.Fix != "" {
			rows = append(rows, []string{"", "", fix + c.Fix})
		}
	}
	var b, fitted strings.Builder
	words.Rows(&b, rows, l.Width)
	for line := range strings.Lines(b.String()) {
		// A command is whole on its line: a terminal that wraps it copies it whole.
		if !strings.HasPrefix(strings.TrimSpace(line), fix) {
			line = words.Fitted(line, l.Width)
		}
		fitted.WriteString(line)
	}
	_, err := io.WriteString(w, fitted.String())
	return err
}

// CacheList is entries of the cache in Dir.
type CacheList struct {
	Dir     string
	Entries []trial.CacheEntry
	Removed bool // they are no longer there
	Width   int  // the terminal's, for text; 0: none is known
}

func (c CacheList) what() string {
	if c.Removed {
		return "removed"
	}
	return "entries"
}

func (c CacheList) bytes() (total int64) {
	for _, e := range c.Entries {
		total += e.Bytes
	}
	return total
}

// Cache lists what the cache holds, or held.
var Cache = format.Writers[CacheList]{{Format: format.Text, Write: cacheText}, {Format: format.JSON, Write: cacheJSON}}

func cacheJSON(w io.Writer, c CacheList) error {
	return result.Object(w, map[string]any{"schema": CacheSchema, "dir": c.Dir, c.what(): result.Full(c.Entries), "bytes": c.bytes()})
}

func cacheText(w io.Writer, c CacheList) error {
	var rows [][]string
	for _, e := range c.Entries {
		name, use := e.Name, ""
		if e.Kind == "tree" || e.Kind == "build" { // a hash
			name = fmt.Sprintf("%.12s", name)
		}
		if e.InUse {
			use = "in use"
		}
		rows = append(rows, []string{e.Kind, name, words.Size(e.Bytes), e.Used, e.About, use})
	}
	var b strings.Builder
	words.Rows(&b, rows, c.Width)
	// A path is whole on its line: a terminal that wraps it copies it whole.
	_, err := fmt.Fprintf(w, "%s%d %s, %s, in %s\n", words.Fitted(b.String(), c.Width), len(c.Entries), c.what(), words.Size(c.bytes()), c.Dir)
	return err
}
