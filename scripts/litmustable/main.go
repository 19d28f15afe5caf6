// SPDX-License-Identifier: Apache-2.0

// Command litmustable prints docs/litmus.md's result table. It owns how a row
// follows from the JSON of kcovrig litmus run and what the model is known to
// reach; it leaves the run itself to scripts/litmus.
//
// It reads the JSON on standard input; its argument is the file of what the model
// reaches, per test, or with -families the list of a set that litmus make made.
package main

import (
	"cmp"
	"flag"
	"fmt"
	"os"
)

func main() {
	list := flag.String("families", "", "`file` that lists the tests as FAMILY/NAME.litmus: a row per family, instead of one per test")
	flag.Parse()
	if (*list == "") == (flag.NArg() == 0) || flag.NArg() > 1 {
		fmt.Fprintln(os.Stderr, "usage: litmustable REACHABLE <JSON\n       litmustable -families LIST <JSON")
		os.Exit(2)
	}
	if err := run(*list, flag.Arg(0)); err != nil {
		fmt.Fprintln(os.Stderr, "litmustable:", err)
		os.Exit(3)
	}
}

func run(list, reachable string) error {
	report, err := ReadReport(os.Stdin)
	if err != nil {
		return fmt.Errorf("read the report: %w", err)
	}
	path := cmp.Or(list, reachable)
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	var table string
	if list != "" {
		var families Families
		families, err = ReadFamilies(file)
		table = FamilyTable(report, families)
	} else {
		var reach map[string]int
		reach, err = ReadReach(file)
		table = Table(report, reach)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	_, err = fmt.Print(table)
	return err
}
