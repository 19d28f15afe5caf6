// SPDX-License-Identifier: Apache-2.0

package explain

import (
	"fmt"
	"strings"

	"kcovrig/rig/report/words"
	"kcovrig/rig/trial"
	"kcovrig/rig/wording"
)

// Title says which witness it is.
func Title(w trial.Witness, said wording.Words) string {
	d, one := w.Detection, words.OneLine(said.Full().Window)
	if w.OfProgram() {
		boot := ""
		if d.Boot > 0 {
			boot = fmt.Sprintf(" of boot %d", d.Boot)
		}
		return fmt.Sprintf("%s kernel, mode %s, %s %d%s: %s", w.Variant, d.Mode, one, d.Window, boot, d.Text)
	}
	return fmt.Sprintf("%s kernel, %s reader, mode %s: %s %d of %d in %s %d",
		w.Variant, w.Reader, d.Mode, words.OneLine(unitOf(said)), d.Index, d.Count, one, d.Window)
}

// kindWords says what the signs mean.
var kindWords = map[trial.WitnessKind]string{
	trial.Executed: "store", trial.Delayed: "store, held back", trial.Drained: "held store lands",
	trial.Barrier: "barrier", trial.Load: "load", trial.Mark: "mark",
	trial.Entered: "enters the scope", trial.Left: "leaves the scope", trial.Fault: "exception", trial.Implied: "load, by the exception",
}

func kindWord(e trial.WitnessEvent, old bool) string {
	word := kindWords[e.Kind]
	switch {
	case old:
		return "load of an OLD value"
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

// EventColumns names EventRow's columns.
var EventColumns = []string{"time", "vCPU", "event", "address", "value", "version", "instruction", "source"}

func EventRow(e trial.WitnessEvent, old bool) []string {
	row := []string{words.ShortTime(float64(e.AtNS)), fmt.Sprint(e.VCPU), kindWord(e, old), "", "", "", "", e.Source}
	if accesses(e) {
		row[3], row[4], row[5] = fmt.Sprintf("%#x", e.Address), fmt.Sprintf("%#x", e.Value), fmt.Sprint(e.Version)
	}
	if e.Kind == trial.Implied {
		row[4] = fmt.Sprintf("%#x", e.Value)
	}
	row[6] = place(e)
	if e.Text != "" && e.Kind != trial.Mark {
		row[6] = strings.TrimSpace(row[6] + ": " + e.Text)
	}
	return row
}
