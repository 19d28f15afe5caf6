// SPDX-License-Identifier: Apache-2.0

// Command testlog reads the output of go test -json from standard input and
// prints it as go test would. It owns one rule that go test lacks: a skipped
// test is a failure, since whoever asked for every test must not take a check
// that did not run for one that passed. It leaves running the tests to its caller.
//
// With -passed FILE skips are in order: a later run is to make up for them. FILE
// gets a pattern for that run's -skip, of the tests that passed whole, not those
// of the packages that -again names, which do less in this run than in that; then, a
// line each, the packages of which nothing is left.
//
// It exits with 1 if a test failed or was skipped, or if none ran.
package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
)

// slowest is how many tests are named with their times: a test earns its time.
const slowest = 40

func main() {
	passed := flag.String("passed", "", "`file` to write with a pattern of the tests that passed; skipped tests are no failure")
	again := flag.String("again", "", "packages, comma-separated, whose tests are not in that pattern")
	flag.Parse()
	if err := run(*passed, strings.Split(*again, ",")); err != nil {
		fmt.Fprintln(os.Stdout, err)
		os.Exit(1)
	}
}

func run(passed string, again []string) error {
	sum, err := Copy(os.Stdout, os.Stdin)
	if err != nil {
		return fmt.Errorf("testlog: %w", err)
	}
	for _, line := range sum.Slowest(slowest) {
		fmt.Fprintln(os.Stdout, line)
	}
	if passed != "" {
		sum.Skipped = nil
		if err := os.WriteFile(passed, []byte(strings.Join(append([]string{sum.Pattern(again)}, sum.Whole(again)...), "\n")+"\n"), 0o600); err != nil {
			return fmt.Errorf("testlog: %w", err)
		}
	}
	return sum.Err()
}
