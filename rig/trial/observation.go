// SPDX-License-Identifier: Apache-2.0

package trial

import (
	"fmt"

	"kcovrig/guest/wire"
)

// Outcome says how one boot ended. The zero value is unknown: a boot that was
// never judged counts as nothing.
type Outcome string

// The outcomes.
const (
	OutcomeUnknown     Outcome = ""
	OutcomeOK          Outcome = "ok"
	OutcomeCut         Outcome = "cut-short" // interrupted by the user: what was measured stands
	OutcomeKernelFault Outcome = "kernel-fault"
	OutcomeGuestFault  Outcome = "guest-fault"
	OutcomeRigFault    Outcome = "rig-fault"
	OutcomeTimeout     Outcome = "timeout"
)

// Counts says whether what such a boot tallied is a measurement, which may enter a verdict.
func (o Outcome) Counts() bool { return o == OutcomeOK || o == OutcomeCut }

// Expectation is what the memory model says of hits, in herd7's words.
// The zero value is unknown.
type Expectation string

// The expectations.
const (
	Sometimes Expectation = "sometimes"
	Never     Expectation = "never"
)

// BootEnd says what one of several boots of a kernel came to. The zero value is
// unknown: it was cut before either.
type BootEnd string

// The ends of boots.
const (
	BootCut   BootEnd = ""
	BootHit   BootEnd = "hit"   // the bug was seen in it
	BootClean BootEnd = "clean" // it had its windows, and none of them showed the bug
)

// Boot is one boot of a kernel that was booted again and again.
type Boot struct {
	Seed    uint64  `json:"seed"`
	Windows uint64  `json:"windows"`
	Hits    uint64  `json:"hits"` // windows that showed the bug
	End     BootEnd `json:"end"`
}

// Observation is what one boot showed. Where a hit ends a boot, it is what all boots of
// the kernel did: each is a block of BlockSize windows at the most.
type Observation struct {
	Variant    Variant
	Reader     Reader
	Expected   Expectation
	Outcome    Outcome
	Error      string
	Seed       uint64
	BlockSize  uint64
	Tallies    []wire.Tally // one per mode
	Detections []wire.Detection
	Boots      []Boot            // in their order; empty: there was one
	Series     []Sample          // how the tallies grew
	Counters   map[string]uint64 // the plugin's counters; empty when native
	Silence    *Silence          // what kept the two writes in order; nil: not known
	Ledgers    map[string]uint64 // a soak's counts, by name
	Argv       []string
	Console    string // path of the kept console
	BootNS     int64  // power-on to the guest's first line
}

// Modes lists the modes in the tallies' order.
func (o Observation) Modes() []string {
	modes := make([]string, 0, len(o.Tallies))
	for _, t := range o.Tallies {
		modes = append(modes, t.Mode)
	}
	return modes
}

// Tally returns the tally of a mode, and whether there is one.
func (o Observation) Tally(mode string) (wire.Tally, bool) {
	for _, t := range o.Tallies {
		if t.Mode == mode {
			return t, true
		}
	}
	return wire.Tally{}, false
}

// CheckTallies reports the first contradiction within tallies: a guest that
// counts wrongly must not reach a verdict.
func CheckTallies(tallies []wire.Tally, modes []string, blockSize uint64) error {
	if len(tallies) != len(modes) {
		return fmt.Errorf("%d tallies for %d modes", len(tallies), len(modes))
	}
	for i, t := range tallies {
		switch {
		case t.Mode != modes[i]:
			return fmt.Errorf("tally %d is of mode %q, not %q", i, t.Mode, modes[i])
		case t.HitWindows > t.Windows, t.HitUnits > t.Units, t.Windows > t.Units:
			return fmt.Errorf("mode %s: impossible counts: hits in %d of %d windows, and in %d of %d units", t.Mode, t.HitWindows, t.Windows, t.HitUnits, t.Units)
		case t.HitUnits < t.HitWindows:
			return fmt.Errorf("mode %s: %d windows with a hit hold only %d hits", t.Mode, t.HitWindows, t.HitUnits)
		case blockSize == 0 || t.Blocks > t.Windows/blockSize:
			return fmt.Errorf("mode %s: %d blocks of %d in %d windows", t.Mode, t.Blocks, blockSize, t.Windows)
		case t.HitBlocks > t.Blocks, t.HitBlocks > t.HitWindows:
			return fmt.Errorf("mode %s: impossible counts: hits in %d of %d blocks, and in %d windows", t.Mode, t.HitBlocks, t.Blocks, t.HitWindows)
		case t.BlockTurns > 2*min(t.HitBlocks, t.Blocks-t.HitBlocks):
			return fmt.Errorf("mode %s: impossible counts: %d turns of %d blocks with a hit, of %d", t.Mode, t.BlockTurns, t.HitBlocks, t.Blocks)
		}
	}
	return nil
}

// Sample is one mode's totals at one moment of a stress.
type Sample struct {
	Mode       string `json:"mode"`
	AtNS       int64  `json:"atNS"` // since the stress began, by the guest's clock
	Windows    uint64 `json:"windows"`
	HitWindows uint64 `json:"hitWindows"`
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
			out = append(out, Sample{Mode: t.Mode, AtNS: m.atNS, Windows: t.Windows, HitWindows: t.HitWindows})
		}
	}
	return out
}

// ModeCount is what one boot showed in one mode: the part of a Tally that
// histories and matrices keep.
type ModeCount struct {
	Variant    Variant `json:"-"` // see SavedVariant
	Reader     Reader  `json:"reader"`
	Mode       string  `json:"mode"`
	Outcome    Outcome `json:"outcome"`
	Windows    uint64  `json:"windows"`
	HitWindows uint64  `json:"hitWindows"`
	BlockSize  uint64  `json:"blockSize"`
	Blocks     uint64  `json:"blocks"`
	HitBlocks  uint64  `json:"hitBlocks"`
}

type plainModeCount ModeCount // without its methods

// MarshalJSON writes the saved form.
func (m ModeCount) MarshalJSON() ([]byte, error) {
	return WriteSaved(struct {
		SavedVariant
		plainModeCount
	}{m.Variant.Saved(), plainModeCount(m)})
}

// UnmarshalJSON reads it.
func (m *ModeCount) UnmarshalJSON(text []byte) error {
	return ReadVariant(text, &m.Variant, (*plainModeCount)(m))
}

// ModeCounts are a boot's, mode by mode.
func ModeCounts(o Observation) []ModeCount {
	var out []ModeCount
	for _, t := range o.Tallies {
		out = append(out, ModeCount{
			Variant: o.Variant, Reader: o.Reader, Mode: t.Mode, Outcome: o.Outcome, Windows: t.Windows,
			HitWindows: t.HitWindows, BlockSize: o.BlockSize, Blocks: t.Blocks, HitBlocks: t.HitBlocks,
		})
	}
	return out
}
