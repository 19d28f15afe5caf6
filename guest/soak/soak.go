// SPDX-License-Identifier: Apache-2.0

// Package soak is a workload of the guest that tries to make a machine lose a
// store: threads on every CPU keep ledgers that other threads verify word by
// word, while memory is scarce, page tables change and processes fork. It owns
// the ledgers, the threads and the counts; it knows no bug, and leaves talking
// to the host to its caller, the guest's main.
//
// What a machine must not lose is a store that it delays. The functions that
// write the ledgers are therefore few, named in Symbols, and never inlined, so
// that an emulator can be told to delay the stores in them.
package soak

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"kcovrig/guest/wire"
)

// Name is the workload's name in wire.Start.
const Name = "soak"

// Symbols are the functions that write and read the ledgers.
var Symbols = []string{
	"kcovrig/guest/soak.write", "kcovrig/guest/soak.writePublish", "kcovrig/guest/soak.inspect",
	"kcovrig/guest/soak.transfer", "kcovrig/guest/soak.audit", "kcovrig/guest/soak.scribble",
	"kcovrig/guest/soak.stamp",
}

// The counts that a soak returns, by name. Each of them grows in a soak that works.
const (
	CountPublished  = "published" // entries written by one CPU, released to another
	CountVerified   = "verified"  // of those, entries that the other CPU found whole
	CountTransfers  = "transfers" // updates under a lock
	CountAudits     = "audits"    // times that all of them were verified
	CountScribbles  = "scribbles" // pages written by one CPU while another gives them back
	CountReused     = "reused"    // pages that came back from the kernel and kept what their new owner wrote
	CountForks      = "forks"     // processes forked while pages were written
	CountMapped     = "mapped"    // regions mapped, protected, unprotected and unmapped
	CountPressed    = "pressed"   // MiB allocated, written, verified and freed
	CountPiped      = "piped"     // entries that went through the kernel
	countsAllocated = 16
)

// Counts lists the names of all counts.
func Counts() []string {
	return []string{CountPublished, CountVerified, CountTransfers, CountAudits, CountScribbles, CountReused, CountForks, CountMapped, CountPressed, CountPiped}
}

// Config says what to soak.
type Config struct {
	Seed uint64
	CPUs int
	// Spare is the memory that is left to others, in MiB.
	Spare uint64
	// Most is the memory to put under pressure at most, in MiB.
	Most uint64
}

// Validate says what is wrong with c.
func (c Config) Validate() error {
	switch {
	case c.CPUs < 2:
		return fmt.Errorf("%d CPU, want 2: a store is lost between two", c.CPUs)
	case c.Spare < 8:
		return fmt.Errorf("%d MiB left to others, want 8", c.Spare)
	}
	return nil
}

// soak is one run: its end, its first fault, its counts.
type soak struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	cfg    Config
	group  sync.WaitGroup
	counts [countsAllocated]atomic.Uint64
}

// count adds to a count.
func (s *soak) count(name string, n uint64) {
	for i, have := range Counts() {
		if have == name {
			s.counts[i].Add(n)
		}
	}
}

func (s *soak) totals() map[string]uint64 {
	out := map[string]uint64{}
	for i, name := range Counts() {
		out[name] = s.counts[i].Load()
	}
	return out
}

// lost ends the run because a ledger does not verify.
func (s *soak) lost(ledger, format string, args ...any) {
	s.cancel(wire.Faultf(wire.WhoseGuest, wire.OpLostStore, "%s: %s", ledger, fmt.Sprintf(format, args...)))
}

// fail ends the run because something else went wrong.
func (s *soak) fail(op string, err error) {
	s.cancel(wire.Faultf(wire.WhoseGuest, op, "%v", err))
}

// result is what a run that has ended returns: a requested stop is not
// a fault.
func (s *soak) result(ctx context.Context) (map[string]uint64, error) {
	var f *wire.Fault
	if errors.As(context.Cause(s.ctx), &f) && ctx.Err() == nil {
		return s.totals(), f
	}
	// A ledger that failed to verify counts also when the end was asked for meanwhile.
	if f != nil && f.Op == wire.OpLostStore {
		return s.totals(), f
	}
	return s.totals(), nil
}
