// SPDX-License-Identifier: Apache-2.0

// Command figures prints the table of scripts/bench. It owns how a figure
// follows from kcovrig's --json output and what is aimed at; it leaves the runs
// themselves to scripts/bench.
//
// Its one argument is a folder that holds a folder per case (see cases.go), with
// N.json and N.wall, the seconds that the command took, for each run, and
// outside/ratios, and price.
package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: figures FOLDER")
		os.Exit(2)
	}
	folder := os.DirFS(os.Args[1])
	runs, err := Load(folder)
	outside, err2 := LoadRatios(folder)
	dearer, err3 := LoadPrices(folder)
	if err := errors.Join(err, err2, err3); err != nil {
		fmt.Fprintln(os.Stderr, "figures:", err)
		os.Exit(3)
	}
	fmt.Print(Table(slices.Concat(Rows(runs, outside), Prices(dearer))))
}
