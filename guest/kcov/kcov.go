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
	"time"

	"kcovrig/guest/wire"
)

// Name is the workload's name in wire.Start.
const Name = "kcov"

// Config says what to stress. Progress and Detection are called on the
// reader's thread between rounds and must not block.
type Config struct {
	Modes      []string
	Reader     string // "acquire" or "relaxed"
	Seed       uint64
	BlockSize  uint64 // windows per block
	Detections int    // detections to report at most, per mode
	Marked     uint64 // marks made before
	Every      time.Duration
	Progress   func(wire.Progress)
	Detection  func(wire.Detection)
}

// Validate says what is wrong with c.
func (c Config) Validate() error {
	if len(c.Modes) == 0 {
		return fmt.Errorf("no mode")
	}
	seen := map[string]bool{}
	for _, name := range c.Modes {
		if _, err := lookupMode(name); err != nil {
			return err
		}
		if seen[name] {
			return fmt.Errorf("mode %q given twice", name)
		}
		seen[name] = true
	}
	switch {
	case c.Reader != "acquire" && c.Reader != "relaxed":
		return fmt.Errorf("unknown reader %q (have: acquire, relaxed)", c.Reader)
	case c.BlockSize == 0:
		return fmt.Errorf("block size 0")
	case c.Detections < 0:
		return fmt.Errorf("negative number of detections: %d", c.Detections)
	case c.Every <= 0:
		return fmt.Errorf("progress interval %v", c.Every)
	case c.Progress == nil || c.Detection == nil:
		return fmt.Errorf("nowhere to report to")
	}
	return nil
}
