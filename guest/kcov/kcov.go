// SPDX-License-Identifier: Apache-2.0

// Package kcov is the guest's workload for the ordering bug of
// kcov_move_area(): it makes remote coverage sections on one CPU through vhost
// and reads the shared area on another, looking for entries that a count covers
// and that are not there yet. It owns the readers' assembly, the rounds and the
// tallies; it leaves talking to the host to its caller, the guest's main, and
// what the tallies mean to rig/verdict.
//
// How sections are made: a vhost-vsock device takes the common kcov handle of
// the thread that sets its owner, and runs each queued work of its rings as one
// remote section. Kicking a ring's eventfd queues it; the ring need not exist.
package kcov

import (
	"fmt"

	"kcovrig/guest/session"
)

// Name is the workload's name in wire.Start.
const Name = "kcov"

// check says what is wrong with a job.
func check(j session.Job) error {
	seen := map[string]bool{}
	for _, name := range j.Modes {
		if _, err := lookupMode(name); err != nil {
			return err
		}
		if seen[name] {
			return fmt.Errorf("mode %q given twice", name)
		}
		seen[name] = true
	}
	if j.Reader != "acquire" && j.Reader != "relaxed" {
		return fmt.Errorf("unknown reader %q (have: acquire, relaxed)", j.Reader)
	}
	return j.Check()
}
