// SPDX-License-Identifier: Apache-2.0

// Command seedstable keeps docs/catalogue-seeds.md: how often each case of the catalogue
// had which answer, with seeds from 1. It owns that table's form; it leaves the runs to
// scripts/catalogue-seeds.
//
//	seedstable FILE next LOAD SCENARIO CASE        the first seed that has no answer
//	seedstable FILE add LOAD SCENARIO CASE ANSWER  one more
package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "seedstable:", err)
		os.Exit(3)
	}
}

func run(args []string) error {
	if len(args) < 5 {
		return errors.New("usage: seedstable FILE next|add LOAD SCENARIO CASE [ANSWER]")
	}
	text, err := os.ReadFile(args[0])
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	table, err := Parse(string(text))
	if err != nil {
		return fmt.Errorf("%s: %w", args[0], err)
	}
	load, of := args[2], Case{Scenario: args[3], Name: args[4]}
	switch {
	case args[1] == "next" && len(args) == 5:
		fmt.Println(table.Answers(of, load) + 1)
		return nil
	case args[1] == "add" && len(args) == 6:
		if err := table.Add(of, load, args[5]); err != nil {
			return err
		}
		return os.WriteFile(args[0], []byte(table.Page()), 0o644)
	}
	return errors.New("neither next nor add")
}
