// SPDX-License-Identifier: Apache-2.0

package boot

import (
	"context"
	"sync"
	"time"

	"kcovrig/guest/wire"
	"kcovrig/rig/trial"
)

// sliceTime is how long a kernel runs before the next has its turn: short beside
// the swings of a host's load, which lower the share of hits, so that
// each kernel has its part of every swing; long beside the pause and the
// continuing, a millisecond or two.
const sliceTime = 40 * time.Millisecond

// Turns lets kernels take turns: the one that holds the baton runs, the others'
// machines stand still. Only then may their tallies be compared: the share of
// hits depends on the host's load, which is then about the same for all.
type Turns struct {
	baton chan struct{} // holds a value while nobody runs
	ready chan struct{} // closed once every kernel has met the others
	first trial.Variant // that has the first turn; empty: whoever is there first
	begun chan struct{} // closed once it has had that, or will not
	once  sync.Once     // closes begun

	mu      sync.Mutex
	missing int // kernels that have not met the others yet
	racing  int // kernels that have not left
	latest  map[trial.Variant][]wire.Tally
	enough  func(latest map[trial.Variant][]wire.Tally) bool
}

// NewTurns makes the turns of some boots, which all end once enough says so of
// their latest tallies; nil: never. The kernel first has the first turn.
func NewTurns(kernels int, first trial.Variant, enough func(map[trial.Variant][]wire.Tally) bool) *Turns {
	r := &Turns{
		baton: make(chan struct{}, 1), ready: make(chan struct{}), first: first, begun: make(chan struct{}), missing: kernels, racing: kernels,
		latest: map[trial.Variant][]wire.Tally{}, enough: enough,
	}
	r.baton <- struct{}{}
	return r
}

// Meet waits until every kernel has come here, or this kernel's machine is gone.
func (r *Turns) Meet(ctx context.Context, gone <-chan struct{}) error {
	r.mu.Lock()
	if r.missing--; r.missing == 0 {
		close(r.ready)
	}
	r.mu.Unlock()
	select {
	case <-r.ready:
		return nil
	case <-gone:
		return errCut
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Take waits for the baton. After a cancellation the wait is short too, since
// every holder then ends its turn; waiters are served first come, first served.
func (r *Turns) Take() { <-r.baton }

// Begin takes a kernel's first turn: not before the one that comes first has.
func (r *Turns) Begin(v trial.Variant) {
	if r.first != "" && v != r.first {
		<-r.begun
	}
	r.Take()
	r.AllowOthers(v)
}

// AllowOthers is called when a kernel has begun, or will not: others need not wait for it.
func (r *Turns) AllowOthers(v trial.Variant) {
	if v == r.first {
		r.once.Do(func() { close(r.begun) })
	}
}

// Pass gives the baton back.
func (r *Turns) Pass() { r.baton <- struct{}{} }

// Leave is called once by each kernel when its stress has ended.
func (r *Turns) Leave() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.racing--
}

// OthersWait says whether another kernel still wants turns.
func (r *Turns) OthersWait() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.racing > 1
}

// Settled notes a kernel's latest tallies, nil for no news, and says whether all
// kernels have shown enough.
func (r *Turns) Settled(v trial.Variant, tallies []wire.Tally) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if tallies != nil {
		r.latest[v] = tallies
	}
	return r.enough != nil && r.enough(r.latest)
}
