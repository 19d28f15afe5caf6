// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"path"
	"strings"

	"kcovrig/rig/trial"
)

func witnessTitle(w trial.Witness) string {
	d := w.Detection
	return fmt.Sprintf("%s kernel, %s reader, mode %s: entry %d of %d in window %d",
		trial.ArmName(w.Patched, w.AsIs), w.Reader, d.Mode, d.Index, d.Count, d.Window)
}

// kindWords says what the signs mean.
var kindWords = map[trial.WitnessKind]string{
	trial.Executed: "store", trial.Delayed: "store, held back", trial.Drained: "held store lands",
	trial.Barrier: "barrier", trial.Load: "load", trial.Mark: "mark",
}

func kindWord(e trial.WitnessEvent, stale bool) string {
	word := kindWords[e.Kind]
	switch {
	case stale:
		return "STALE load"
	case e.Kind == trial.Mark && e.Text != "":
		return e.Text
	case word == "":
		return string(e.Kind)
	}
	return word
}

func place(e trial.WitnessEvent) string {
	if e.Symbol == "" {
		return ""
	}
	return fmt.Sprintf("%s+%#x", e.Symbol, e.Offset)
}

func accesses(e trial.WitnessEvent) bool {
	return e.Address != 0 && e.Kind != trial.Barrier && e.Kind != trial.Mark
}

// eventLines are an event's lines in the drawing, each at most so many letters.
func eventLines(e trial.WitnessEvent, stale bool, letters int) []string {
	lines := []string{kindWord(e, stale)}
	if accesses(e) {
		lines = append(lines, fmt.Sprintf("v%d at ..%04x", e.Version, e.Address&0xffff))
	}
	where := ""
	if e.Symbol != "" {
		lines = append(lines, e.Symbol)
		where = fmt.Sprintf("+%#x ", e.Offset)
	}
	if e.Source != "" {
		where += path.Base(e.Source)
	}
	if where != "" {
		lines = append(lines, strings.TrimSpace(where))
	}
	for i, l := range lines {
		lines[i] = cut(l, letters)
	}
	return lines
}

// eventHead names eventRow's columns.
var eventHead = []string{"time", "vCPU", "event", "address", "value", "version", "instruction", "source"}

func eventRow(e trial.WitnessEvent, stale bool) []string {
	row := []string{shortTime(float64(e.AtNS)), fmt.Sprint(e.VCPU), kindWord(e, stale), "", "", "", "", e.Source}
	if accesses(e) {
		row[3], row[4], row[5] = fmt.Sprintf("%#x", e.Address), fmt.Sprintf("%#x", e.Value), fmt.Sprint(e.Version)
	}
	row[6] = place(e)
	if e.Text != "" && e.Kind != trial.Mark {
		row[6] = strings.TrimSpace(row[6] + ": " + e.Text)
	}
	return row
}

// tell says in words what the drawing shows.
func tell(events []trial.WitnessEvent, stale []int) []string {
	var said []string
	for i, held := range stale {
		if held < 0 {
			continue
		}
		store, load, end := events[held], events[i], landed(events, held)
		s := fmt.Sprintf("vCPU %d stored to %#x at %s, and the store was held back; vCPU %d loaded from there at %s and read version %d",
			store.VCPU, store.Address, shortTime(float64(store.AtNS)), load.VCPU, shortTime(float64(load.AtNS)), load.Version)
		if end < len(events) {
			s += fmt.Sprintf("; the store, version %d, landed at %s", store.Version, shortTime(float64(events[end].AtNS)))
		}
		if said = append(said, s+"."); len(said) == 3 {
			break
		}
	}
	if len(said) == 0 {
		said = append(said, "No load in these events missed a store that was held back.")
	}
	return said
}
