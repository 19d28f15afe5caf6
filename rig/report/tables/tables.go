// SPDX-License-Identifier: Apache-2.0

// Package tables reports on what is no run: a machine looked over, the cache,
// scenarios listed, begun and checked, litmus tests, and what the memory model expects.
// Coming to what is reported is left to the rooms of these commands.
package tables

import (
	"fmt"
	"io"
	"text/tabwriter"

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

// Checks are what the doctor found.
var Checks = format.Writers[[]trial.Check]{{Format: format.Text, Write: checksText}, {Format: format.JSON, Write: checksJSON}}

func checksJSON(w io.Writer, checks []trial.Check) error {
	ok := true
	for _, c := range checks {
		ok = ok && (c.OK || !c.Required)
	}
	return result.Object(w, map[string]any{"schema": ChecksSchema, "ok": ok, "checks": result.Full(checks)})
}

func checksText(w io.Writer, checks []trial.Check) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, c := range checks {
		mark := "ok"
		switch {
		case !c.OK && c.Required:
			mark = "MISSING"
		case !c.OK:
			mark = "no"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\n", mark, c.Name, c.Detail)
		if !c.OK && c.Fix != "" {
			fmt.Fprintf(t, "\t\tfix: %s\n", c.Fix)
		}
	}
	return t.Flush()
}

// CacheList is entries of the cache in Dir.
type CacheList struct {
	Dir     string
	Entries []trial.CacheEntry
	Removed bool // they are no longer there
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
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, e := range c.Entries {
		name, use := e.Name, ""
		if e.Kind == "tree" || e.Kind == "build" { // a hash
			name = fmt.Sprintf("%.12s", name)
		}
		if e.InUse {
			use = "in use"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", e.Kind, name, words.Size(e.Bytes), e.Used, e.About, use)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "%d %s, %s, in %s\n", len(c.Entries), c.what(), words.Size(c.bytes()), c.Dir)
	return err
}
