// SPDX-License-Identifier: Apache-2.0

package answers

import (
	"fmt"
	"io"

	"kcovrig/rig/author"
	"kcovrig/rig/report/format"
	"kcovrig/rig/result"
)

// WrittenSchema is that of a scenario that was written.
const WrittenSchema = "kcovrig.scenario-new/1"

// Written says which files of a scenario were written, and what is left to do.
var Written = format.Writers[author.Written]{{Format: format.Text, Write: writtenText}, {Format: format.JSON, Write: writtenJSON}}

func writtenJSON(w io.Writer, s author.Written) error {
	return result.Object(w, map[string]any{"schema": WrittenSchema, "name": s.Name, "dir": s.Dir, "files": result.Full(s.Files), "todo": result.Full(s.Todo)})
}

func writtenText(w io.Writer, s author.Written) error {
	fmt.Fprintf(w, "scenario %s in %s:\n", s.Name, s.Dir)
	for _, f := range s.Files {
		fmt.Fprintf(w, "  %s\n", f)
	}
	if len(s.Todo) > 0 {
		fmt.Fprintln(w, "left to do:")
		findings(w, s.Todo)
	}
	_, err := fmt.Fprintf(w, "next: kcovrig scenario check %s\n", s.Dir)
	return err
}

// findings lists them as compilers do, so that editors can jump to each.
func findings(w io.Writer, all []author.Finding) {
	for _, f := range all {
		switch {
		case f.File == "":
		case f.Line == 0:
			fmt.Fprintf(w, "%s: ", f.File)
		default:
			fmt.Fprintf(w, "%s:%d:%d: ", f.File, f.Line, f.Col)
		}
		fmt.Fprintf(w, "%s: %s\n", levels[f.Level], f.Text)
	}
}

// levels are the findings' in words.
var levels = map[author.Level]string{author.Wrong: "wrong", author.Todo: "to do", author.Note: "note"}
