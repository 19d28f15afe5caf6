// SPDX-License-Identifier: Apache-2.0

package bisector

import (
	"context"
	"errors"

	"kcovrig/rig/fleet"
	"kcovrig/rig/internal/gitbisect"
)

// What tests outside of the package, which have workers, need of its inside.
const (
	BySource = bySource
	Safety   = shareMargin
)

var LoadResult = loadResult

// ResumedSearch is a search that has its folder, as each call of the same command
// opens it; its lock is gone as that of one that was killed.
type ResumedSearch struct{ r *remote }

// Resumed opens the search of cfg.
func Resumed(ctx context.Context, cfg Config) ResumedSearch {
	b := &bisection{cfg: cfg}
	err := b.validate()
	if err == nil {
		b.repo, err = gitbisect.Open(ctx, b.cfg.Spec.Tree)
	}
	if err == nil {
		err = b.open(ctx)
	}
	if err == nil {
		err = b.state.close()
	}
	state, stateErr := newRemoteState(b)
	if err = errors.Join(err, stateErr); err != nil {
		panic(err)
	}
	return ResumedSearch{&remote{state}}
}

// Pack is the step that is sent.
func (s ResumedSearch) Pack(ctx context.Context, commit string, request Request) (fleet.Task, string, string, error) {
	return s.r.pack(ctx, commit, request)
}

// Taken notes that an outcome came.
func (s ResumedSearch) Taken(name string) error { return s.r.b.state.taken(name) }
