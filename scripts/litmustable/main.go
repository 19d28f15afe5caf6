// SPDX-License-Identifier: Apache-2.0

// Command litmustable prints docs/litmus.md's result table. It owns how a row
// follows from the JSON of kcovrig litmus run and what the model is known to
// reach; it leaves the run itself to scripts/litmus.
//
// It reads the JSON on standard input; its one argument is the file of what the
// model reaches, per test.
package main

import (
	"fmt"
	"os"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: litmustable REACHABLE <JSON")
		os.Exit(2)
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "litmustable:", err)
		os.Exit(3)
	}
}

func run(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	reach, err := ReadReach(file)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	report, err := ReadReport(os.Stdin)
	if err != nil {
		return fmt.Errorf("read the report: %w", err)
	}
	_, err = fmt.Print(Table(report, reach))
	return err
}
