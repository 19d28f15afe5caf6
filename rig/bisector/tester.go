// SPDX-License-Identifier: Apache-2.0

package bisector

import (
	"context"
	"time"

	"kcovrig/rig/internal/weakmem"
	"kcovrig/rig/task"
	"kcovrig/rig/trial"
	"kcovrig/rig/verdict"
)

// Request is what one boot of a commit is to show.
type Request struct {
	Share        float64         // to exclude; 0: a tally is enough
	Duration     time.Duration   // 0: until that is certain
	Name         string          // of the run folder
	Folder       string          // its path; a build's log is beside it
	Compiler     string          // that must build it; empty: any
	SentEmulator *weakmem.Bundle // to boot it with; nil: this program's own
}

// needed is how many clean blocks end the boot; 0: none are asked for.
func (r Request) needed() uint64 {
	if r.Share <= 0 {
		return 0
	}
	return max(verdict.LoneBlocks, verdict.CleanBlocksFor(r.Share))
}

// shortOf is a commit in messages.
func shortOf(commit string) string { return commit[:min(12, len(commit))] }

// Tested is what a boot showed, and what that rests on; a nil Basis means that no
// other commit can share the step.
type Tested struct {
	Result trial.Result
	Basis  *task.Basis
}

// Tester builds and boots commits as they stand, one at a time.
type Tester interface {
	// Same looks for a commit that was judged and whose scope has the same code.
	Same(ctx context.Context, commit string) (as, by string, err error)
	// Test builds the commit and boots it. What it tested is returned even when err is not nil.
	Test(ctx context.Context, commit string, request Request) (Tested, error)
	Close() error
}
