// SPDX-License-Identifier: Apache-2.0

package barriers

import (
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/guest/wire"
	"kcovrig/rig/barrier"
	"kcovrig/rig/barrier/candidate"
	"kcovrig/rig/rigtest"
	"kcovrig/rig/trial"
)

// One witness of the kernel as it is may lack what a litmus test needs, and suggestions ask for
// one; of an alteration a hit is enough.
func TestMoreWitnessesAreKeptOfTheKernelAsItIs(t *testing.T) {
	limits := barrier.Limits{Error: 0.01, Turn: 64, Most: 64, BlockSize: 16}
	test := barrier.Weaken([]candidate.Ordering{{Address: start, Kind: candidate.Fence, Orders: trial.OrderStores}}, nil, []string{"pc"}, limits)
	turns := turns{test: &test, marked: map[int]bool{}}
	hits := map[int]int{}
	for range 2 {
		r := turns.round()
		require.NotNil(t, r)
		hits[turns.at.Number] = r.Hits
		require.NoError(t, test.Add(turns.at.Number, barrier.Seen{Tallies: []wire.Tally{{Mode: "pc", Windows: 1024, Blocks: 64}}}))
	}
	require.Equal(t, map[int]int{0: marksAsItIs, 1: 1}, hits)
}

// How far a test is is told while a boot lasts, which may be for all of it.
func TestHowFarATestIsIsToldWhileABootLasts(t *testing.T) {
	var mu sync.Mutex
	var told []string
	_, err := find(t, lab(map[uint64]rigtest.Guest{ofStores: bad}), func(c *Config) {
		c.Events = func(e trial.Event) {
			mu.Lock()
			defer mu.Unlock()
			told = append(told, e.Line)
		}
	})
	require.NoError(t, err)
	assert.Contains(t, strings.Join(told, "\n"), "1 turns so far, of")
}
