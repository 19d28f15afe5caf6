// SPDX-License-Identifier: Apache-2.0

package boot

import (
	"cmp"
	"errors"
	"slices"

	"kcovrig/guest/program"
	"kcovrig/guest/wire"
	"kcovrig/rig/internal/qemu"
)

// panicked says whether the boot failed by a panic that the bug shows by, and counts it:
// the try at hand is a hit, whatever it was. How many there were before it the guest last
// said some milliseconds earlier, so that their number is a lower bound. No rule takes it
// for more: the boot is one that was hit, as any other, in either kernel. A panic before
// the program was told to begin is a fault.
func (s *stressed) panicked(start wire.Start, failure error, vm VM) (wire.Detection, bool) {
	p := start.Program
	if p == nil || vm == nil || !errors.Is(failure, qemu.ErrPanic) || s.elapsed == 0 || len(s.tallies) != 1 {
		return wire.Detection{}, false
	}
	hit, ok := program.Panicked(qemu.Console(vm.Console()), p.Detect)
	if !ok {
		return wire.Detection{}, false
	}
	return s.add(hit, len(start.Modes)*start.Detections), true
}

// add adds a hit that the guest could not tell any more, keeping at most so many, and
// returns it with its place.
func (s *stressed) add(hit wire.Detection, most int) wire.Detection {
	s.tallies = slices.Clone(s.tallies) // the series has those of before
	t := &s.tallies[0]
	hit.Mode, hit.Window, hit.AtNS = t.Mode, t.Windows, s.elapsed
	if len(s.hits) < most {
		s.hits = append(s.hits, hit)
	}
	t.Windows, t.Units = t.Windows+1, t.Units+1
	t.HitWindows, t.HitUnits = t.HitWindows+1, t.HitUnits+1
	t.FirstHitNS = cmp.Or(t.FirstHitNS, s.elapsed)
	s.series.Add(s.elapsed, s.tallies)
	return hit
}
