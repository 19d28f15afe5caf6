// SPDX-License-Identifier: Apache-2.0

package prepare

import (
	"context"
	"slices"

	"golang.org/x/sync/errgroup"

	"kcovrig/guest/wire"
	"kcovrig/rig/boot"
	"kcovrig/rig/trial"
	"kcovrig/rig/verdict"
)

// Enough says, of the latest tallies of each kernel, whether the boots may end.
type Enough func(latest map[trial.Variant][]wire.Tally, notes Notes) bool

// Notes gives what the emulator of a kernel under way has noted so far.
type Notes func(trial.Variant) *trial.Silence

// Shown is what boots showed: an observation per variant, in the order of the variants.
type Shown struct {
	Observations []trial.Observation
	Witnesses    []trial.Witness
}

// InTurns boots the variants with one reader at once, since a boot keeps one host
// core busy, and stresses them in turns, since a stress needs two. What they showed is
// returned even when err is not nil. A nil enough means the whole duration.
func (s *Setup) InTurns(ctx context.Context, reader trial.Reader, variants []trial.Variant, enough Enough) (Shown, error) {
	seen := make([]trial.Observation, len(variants))
	witnesses := make([][]trial.Witness, len(variants))
	boots := map[trial.Variant]*boot.Boot{}
	var settled func(map[trial.Variant][]wire.Tally) bool
	if enough != nil {
		settled = func(latest map[trial.Variant][]wire.Tally) bool {
			return enough(latest, func(v trial.Variant) *trial.Silence {
				noted, _ := boots[v].Silence() // what could not be read is met again at the boot's end
				return noted
			})
		}
	}
	turns := boot.NewTurns(len(variants), firstOf(variants, s.Config.Spec.Seed), settled)
	for _, v := range variants {
		b, err := s.Boot(BootRequest{Variant: v, Reader: reader, Limit: verdict.Limit(s.Config.Spec.Duration), Hits: boot.MaxHits, Below: s.Config.Work}, turns)
		if err != nil {
			return Shown{}, err
		}
		boots[v] = b
	}
	group, at := errgroup.WithContext(ctx)
	for i, v := range variants {
		group.Go(func() (err error) {
			seen[i], err = boots[v].Run(at)
			witnesses[i] = boots[v].Witnesses()
			return err
		})
	}
	err := group.Wait()
	return Shown{seen, slices.Concat(witnesses...)}, err
}
