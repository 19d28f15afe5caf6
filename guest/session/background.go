// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"
	"errors"
	"maps"
	"sync"

	"kcovrig/guest/wire"
)

// together runs a workload and those in its background. One that fails ends all; its
// error comes first, then the main workload's.
func (s *Session) together(ctx context.Context, cancel context.CancelCauseFunc, j Job) (wire.Done, error) {
	background := make([]wire.Done, len(j.Background))
	errs := make([]error, len(j.Background))
	quiet := j
	quiet.Progress, quiet.Detection = nil, nil
	var group sync.WaitGroup
	for i, name := range j.Background {
		work, ok := s.work.Workloads[name]
		if !ok {
			errs[i] = wire.Faultf(wire.WhoseGuest, "start", "unknown workload %q", name)
			cancel(errs[i])
			continue
		}
		group.Go(func() {
			errs[i] = s.guard(func() (err error) { background[i], err = work(ctx, quiet); return err })
			if errs[i] != nil {
				cancel(errs[i])
			}
		})
	}
	done, err := s.work.Workloads[j.Workload](ctx, j)
	if err != nil {
		cancel(err)
	}
	group.Wait()
	for _, b := range background {
		if b.Counts != nil && done.Counts == nil {
			done.Counts = map[string]uint64{}
		}
		maps.Copy(done.Counts, b.Counts)
	}
	return done, errors.Join(errors.Join(errs...), err)
}
