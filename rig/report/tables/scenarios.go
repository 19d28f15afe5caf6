// SPDX-License-Identifier: Apache-2.0

package tables

import (
	"io"
	"strings"

	"kcovrig/rig/author"
	"kcovrig/rig/report/format"
	"kcovrig/rig/report/words"
	"kcovrig/rig/result"
)

// ScenariosSchema is that of the list of scenarios.
const ScenariosSchema = "kcovrig.scenarios/1"

// ScenarioList is scenarios that come with kcovrig.
type ScenarioList struct {
	Scenarios []author.Shipped
	Width     int // the terminal's, for text; 0: none is known
}

// Scenarios lists the ordering bugs that come with kcovrig.
var Scenarios = format.Writers[ScenarioList]{{Format: format.Text, Write: scenariosText}, {Format: format.JSON, Write: scenariosJSON}}

func scenariosJSON(w io.Writer, l ScenarioList) error {
	return result.Object(w, map[string]any{"schema": ScenariosSchema, "scenarios": result.Full(l.Scenarios)})
}

func scenariosText(w io.Writer, l ScenarioList) error {
	var rows [][]string
	for _, s := range l.Scenarios {
		standard := ""
		if s.Default {
			standard = " (default)"
		}
		rows = append(rows, []string{s.Name + standard, strings.Join(s.Archs, ", "), s.Title})
	}
	var b strings.Builder
	words.Rows(&b, rows, l.Width)
	_, err := io.WriteString(w, words.Fitted(b.String(), l.Width))
	return err
}
