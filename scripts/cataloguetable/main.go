// SPDX-License-Identifier: Apache-2.0

// Command cataloguetable prints docs/catalogue.md. It owns how a row follows from
// the results of one scenario; it leaves the runs themselves to scripts/catalogue.
//
// Its one argument is a folder that holds a folder per scenario, with fix.json,
// native.json and a wrong-PATCH.json for each wrong fix: kcovrig's --json output. It is
// run where scenarios/ is, whose pages say what another tool has to say of a bug.
package main

import (
	"fmt"
	"os"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: cataloguetable FOLDER")
		os.Exit(2)
	}
	entries, err := Load(os.DirFS(os.Args[1]), os.DirFS("scenarios"))
	if err != nil {
		fmt.Fprintln(os.Stderr, "cataloguetable:", err)
		os.Exit(3)
	}
	fmt.Print(Page(entries))
}
