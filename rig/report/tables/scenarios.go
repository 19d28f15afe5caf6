// SPDX-License-Identifier: Apache-2.0

package tables

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"kcovrig/rig/author"
	"kcovrig/rig/report/format"
	"kcovrig/rig/result"
)

// ScenariosSchema is that of the list of scenarios.
const ScenariosSchema = "kcovrig.scenarios/1"

// Scenarios lists the ordering bugs that come with kcovrig.
var Scenarios = format.Writers[[]author.Shipped]{{Format: format.Text, Write: scenariosText}, {Format: format.JSON, Write: scenariosJSON}}

func scenariosJSON(w io.Writer, all []author.Shipped) error {
	return result.Object(w, map[string]any{"schema": ScenariosSchema, "scenarios": result.Full(all)})
}

func scenariosText(w io.Writer, all []author.Shipped) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, s := range all {
		standard := ""
		if s.Default {
			standard = " (default)"
		}
		fmt.Fprintf(t, "%s%s\t%s\t%s\n", s.Name, standard, strings.Join(s.Archs, ", "), s.Title)
	}
	return t.Flush()
}
