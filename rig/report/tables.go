// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"io"
	"text/tabwriter"

	"kcovrig/rig/result"
	"kcovrig/rig/trial"
)

// The schemas of the smaller answers.
const (
	ChecksSchema = "kcovrig.doctor/1"
	CacheSchema  = "kcovrig.cache/1"
)

// Checks writes what the doctor found, as text or as one JSON object.
func Checks(w io.Writer, checks []trial.Check, asJSON bool) error {
	if asJSON {
		ok := true
		for _, c := range checks {
			ok = ok && (c.OK || !c.Required)
		}
		return result.Object(w, map[string]any{"schema": ChecksSchema, "ok": ok, "checks": result.Full(checks)})
	}
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

// Cache writes the cache's entries, as text or as one JSON object.
func Cache(w io.Writer, dir string, entries []trial.CacheEntry, asJSON bool) error {
	return cache(w, dir, "entries", entries, asJSON)
}

// Pruned writes the entries that were removed, as text or as one JSON object.
func Pruned(w io.Writer, dir string, entries []trial.CacheEntry, asJSON bool) error {
	return cache(w, dir, "removed", entries, asJSON)
}

func cache(w io.Writer, dir, what string, entries []trial.CacheEntry, asJSON bool) error {
	var total int64
	for _, e := range entries {
		total += e.Bytes
	}
	if asJSON {
		return result.Object(w, map[string]any{"schema": CacheSchema, "dir": dir, what: result.Full(entries), "bytes": total})
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, e := range entries {
		name, use := e.Name, ""
		if e.Kind == "tree" || e.Kind == "build" { // a hash
			name = fmt.Sprintf("%.12s", name)
		}
		if e.InUse {
			use = "in use"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", e.Kind, name, size(e.Bytes), e.Used, e.About, use)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "%d %s, %s, in %s\n", len(entries), what, size(total), dir)
	return err
}

func size(bytes int64) string { return fmt.Sprintf("%.1f MiB", float64(bytes)/(1<<20)) }
