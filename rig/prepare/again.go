// SPDX-License-Identifier: Apache-2.0

package prepare

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"kcovrig/guest/wire"
	"kcovrig/rig/boot"
	"kcovrig/rig/trial"
)

// bootLimit is the longest stress of one of many boots. One that has not had its windows
// by then is cut, and the last.
const bootLimit = 2 * time.Minute

// again is kernels that are booted again and again.
type again struct {
	setup    *Setup
	reader   trial.Reader
	variants []trial.Variant
	shown    Shown
}

// Again boots the variants again and again, since a hit ends a boot: each time all of
// them, at once and stressed in turns, until each has had a hit or its windows. So
// whatever the host does in the meantime falls on all of them, and each has as many
// boots as the others. It ends between two times, when enough says so of what was seen. What they
// showed is returned even when err is not nil.
func (s *Setup) Again(ctx context.Context, reader trial.Reader, variants []trial.Variant, enough func([]trial.Observation) bool) (Shown, error) {
	a := &again{setup: s, reader: reader, variants: variants, shown: Shown{Observations: make([]trial.Observation, len(variants))}}
	done := s.Config.Stage("", "boots")
	var err error
	for n := 0; err == nil; n++ {
		if err = a.once(ctx, n); err != nil || ctx.Err() != nil || a.cut() || enough(a.shown.Observations) || a.left() <= 0 {
			break
		}
	}
	done(fmt.Sprintf("%d of each kernel", len(a.shown.Observations[0].Boots)))
	return a.shown, err
}

// once boots each variant once.
func (a *again) once(ctx context.Context, n int) error {
	turns := boot.NewTurns(len(a.variants), firstOf(a.variants, uint64(n)), nil)
	boots, next := make([]*boot.Boot, len(a.variants)), make([]trial.Observation, len(a.variants))
	for i, v := range a.variants {
		b, err := a.setup.Quiet().Boot(BootRequest{Variant: v, Reader: a.reader, Limit: a.left(), Hits: boot.MaxHits, Below: a.setup.Config.Work, Number: n}, turns)
		if err != nil {
			return err
		}
		so := a.shown.Observations[i]
		before, over := slices.Clone(so.Tallies), slices.Clone(so.Boots)
		b.Events = func(e trial.Event) {
			if e.Tally != nil {
				sum := *e.Tally
				sum.Tallies = boot.Further(before, sum.Tallies)
				sum.Again, sum.Boots, sum.Left = true, over, max(a.stressLeft(sum.Tallies), 0)
				e.Tally = &sum
			}
			a.setup.Config.Events(e)
		}
		boots[i] = b
	}
	group, at := errgroup.WithContext(ctx)
	for i, b := range boots {
		group.Go(func() (err error) {
			next[i], err = b.Run(at)
			return err
		})
	}
	err := group.Wait()
	interrupted := n > 0 && ctx.Err() != nil && errors.Is(err, context.Canceled)
	for i, o := range next {
		if interrupted && !slices.ContainsFunc(o.Tallies, func(t wire.Tally) bool { return t.HitWindows > 0 }) {
			continue // what was measured before stands, and so does a hit
		}
		boot.Join(&a.shown.Observations[i], o)
		a.save(boots[i].Witnesses(), n)
	}
	if !interrupted {
		return err
	}
	for i := range a.shown.Observations {
		o := &a.shown.Observations[i]
		o.Outcome, o.Error = trial.OutcomeCut, ""
	}
	return nil
}

// save keeps the witnesses of a boot, as far as there is room for them.
func (a *again) save(witnesses []trial.Witness, n int) {
	room := max(0, boot.MaxHits*len(a.variants)-len(a.shown.Witnesses))
	for _, w := range witnesses[:min(room, len(witnesses))] {
		w.Detection.Boot = uint64(n) + 1 // as boot.Join numbers them
		a.shown.Witnesses = append(a.shown.Witnesses, w)
	}
}

// cut says whether a kernel's last boot tells nothing. To leave it out and go on would
// be to choose among boots.
func (a *again) cut() bool {
	return slices.ContainsFunc(a.shown.Observations, func(o trial.Observation) bool { return o.Boots[len(o.Boots)-1].End == trial.BootCut })
}

// left is how long each kernel's next boot may be stressed.
func (a *again) left() time.Duration {
	if a.setup.Config.Spec.Duration <= 0 {
		return bootLimit
	}
	left := bootLimit
	for _, o := range a.shown.Observations {
		left = min(left, a.stressLeft(o.Tallies))
	}
	return left
}

// stressLeft is what is left of the stress that was asked for; no more than 0 where it is
// over, or boots end by their number.
func (a *again) stressLeft(seen []wire.Tally) time.Duration {
	left := max(a.setup.Config.Spec.Duration, 0)
	for _, t := range seen {
		left = min(left, a.setup.Config.Spec.Duration-time.Duration(t.StressNS))
	}
	return left
}
