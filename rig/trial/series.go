// SPDX-License-Identifier: Apache-2.0

package trial

import "kcovrig/guest/wire"

// Sample is one mode's totals at one moment of a stress.
type Sample struct {
	Mode         string `json:"mode"`
	AtNS         int64  `json:"atNS"` // since the stress began, by the guest's clock
	Windows      uint64 `json:"windows"`
	StaleWindows uint64 `json:"staleWindows"`
}

// maxMoments is the largest number of moments that a Series keeps.
const maxMoments = 200

// Series keeps how the tallies grew. However long the stress, it holds at most
// 200 moments, evenly spread over the records it was given: when it is full it
// drops every other moment, and from then on takes half as many. The zero
// value is empty. It is not safe for concurrent use.
type Series struct {
	moments []moment
	last    moment // taken or not: the end always belongs to the series
	stride  int
	seen    int
}

type moment struct {
	atNS    int64
	tallies []wire.Tally
}

// Add takes the totals at elapsedNS.
func (s *Series) Add(elapsedNS int64, tallies []wire.Tally) {
	s.stride = max(s.stride, 1)
	s.last = moment{elapsedNS, tallies}
	if s.seen++; s.seen%s.stride != 0 {
		return
	}
	s.moments = append(s.moments, s.last)
	if len(s.moments) < maxMoments {
		return
	}
	kept := s.moments[:0]
	for i := 1; i < len(s.moments); i += 2 {
		kept = append(kept, s.moments[i])
	}
	s.moments, s.stride = kept, 2*s.stride
}

// Samples returns what was kept: by time, and within one moment in the modes' order.
func (s *Series) Samples() []Sample {
	moments := s.moments
	if s.seen > 0 && s.seen%s.stride != 0 {
		moments = append(moments[:len(moments):len(moments)], s.last)
	}
	out := []Sample{}
	for _, m := range moments {
		for _, t := range m.tallies {
			out = append(out, Sample{Mode: t.Mode, AtNS: m.atNS, Windows: t.Windows, StaleWindows: t.StaleWindows})
		}
	}
	return out
}
