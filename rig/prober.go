// SPDX-License-Identifier: Apache-2.0

package rig

import (
	"context"
	"time"

	"kcovrig/rig/internal/weakmem"
	"kcovrig/rig/trial"
)

// asked is what one boot of a commit is to show.
type asked struct {
	share    float64         // to exclude; 0: a tally is enough
	duration time.Duration   // 0: until that is certain
	name     string          // of the run folder
	folder   string          // its path; a build's log is beside it
	compiler string          // that must build it; empty: any
	emulator *weakmem.Bundle // to boot it with; nil: this program's own
}

// prober builds and boots commits as they stand, one at a time.
type prober interface {
	// same looks for a commit that was judged and whose scope has the same code.
	same(ctx context.Context, commit string) (as, by string, err error)
	// run builds the commit and boots it. The result comes also beside an error.
	run(ctx context.Context, commit string, a asked) (trial.Result, error)
	// grounds tells what the last run's answer rests on; nil: on nothing that
	// another commit could share.
	grounds(ctx context.Context, commit string) (*ground, error)
	Close() error
}

// ground is what the answer of a commit rests on, for others that share it.
type ground struct {
	Inputs      []string `json:"inputs"`      // files that the scope's objects were made of
	Fingerprint string   `json:"fingerprint"` // of the scope's code in its objects
	Scope       []string `json:"scope"`       // the scope's symbols
	Objects     []string `json:"objects"`
}
