// SPDX-License-Identifier: Apache-2.0

// Command testlog reads the output of go test -json from standard input and
// prints it as go test would. It owns one rule that go test lacks: a skipped
// test is a failure, since whoever asked for every test must not take a check
// that did not run for one that passed. It leaves running the tests to its caller.
//
// It exits with 1 if a test failed or was skipped, or if none ran.
package main

import (
	"fmt"
	"os"
)

// slowest is how many tests are named with their times: a test earns its time.
const slowest = 40

func main() {
	sum, err := Copy(os.Stdout, os.Stdin)
	if err != nil {
		fmt.Fprintln(os.Stderr, "testlog:", err)
		os.Exit(1)
	}
	for _, line := range sum.Slowest(slowest) {
		fmt.Fprintln(os.Stdout, line)
	}
	if err := sum.Err(); err != nil {
		fmt.Fprintln(os.Stdout, err)
		os.Exit(1)
	}
}
