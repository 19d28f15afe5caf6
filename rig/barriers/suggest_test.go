// SPDX-License-Identifier: Apache-2.0

package barriers

import (
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/barrier"
	"kcovrig/rig/coderange"
	"kcovrig/rig/internal/objcode"
	"kcovrig/rig/internal/weakmem"
	"kcovrig/rig/rigtest"
	"kcovrig/rig/trial"
)

// A barrier between the two stores is enough, and no other place.
func TestThePlaceOfABarrierIsFound(t *testing.T) {
	l := lab(nil)
	l.Lines = linesOf()
	l.Kernel[0].Code = []uint32{str, nop, str + 0x20<<5, nop, str, nop, nop, str} // the third to another place
	path := filepath.Join(t.TempDir(), "vmlinux")
	require.NoError(t, rigtest.WriteELF(path, l.Kernel...))
	code, err := objcode.Orderings(path, []coderange.Range{{Symbol: "f", Start: start, End: start + 32}})
	require.NoError(t, err)
	want := trial.Change{Address: start + 8, To: trial.OrderStores, Before: true}
	var good []uint64
	altered := map[uint64]rigtest.Guest{}
	for i, idea := range barrier.NewSearch(code, []string{"pc", "cmp"}, barrier.Limits{Error: 0.01, Turn: 64, Most: 64, BlockSize: 16}).Stages[0].Ideas {
		altered[uint64(i+1)] = rigtest.Guest{Step: 64, HitEvery: 4} // without a witness
		if c := idea[0].Change; c.Address == want.Address && c.To != trial.OrderLoads && c.Before {
			good = append(good, uint64(i+1))
			altered[uint64(i+1)] = rigtest.Guest{Step: 64}
		}
	}
	require.NotEmpty(t, good)
	for v := range l.Guests {
		l.Guests[v] = rigtest.Guest{Step: 64, HitEvery: 4, Altered: altered, Hits: bad.Hits}
	}
	passed := weakmem.Site{First: 0x104, Second: 0x300, Why: weakmem.WhyPassed, Count: 1}
	order := weakmem.Site{First: 0x104, Second: 0x300, By: start + 8, Why: "order-barrier", Count: 1}
	l.Noted = func(trial.Variant) ([]weakmem.Site, error) {
		chosen := l.VMs[0].Chosen()
		if len(chosen) > 0 && slices.Contains(good, chosen[len(chosen)-1]) {
			order.Count += 50
		} else {
			passed.Count += 50
		}
		return []weakmem.Site{passed, order}, nil
	}
	found, err := find(t, l, func(c *Config) {
		c.Suggest = true
		keeping(passing(0, 8))(c)
	})
	require.NoError(t, err)
	assert.Equal(t, trial.Unpatched, found.Result.Spec.Variant, "the kernel that has the bug")
	require.NotNil(t, found.Search)
	assert.Equal(t, weakmem.MaxChanges, found.Search.Limits.Changes, "what one plan has room for")
	suggested := found.Search.Suggestions()
	require.NotEmpty(t, suggested)
	assert.Equal(t, want, suggested[0].Parts[0].Change)
	assert.Positive(t, found.Result.Observations[0].Tallies[0].HitWindows, "as it is")
	assert.Len(t, l.Boots, 1)
	assert.False(t, found.Report().CutShort)
	assert.True(t, found.Answered())
	interrupted := found
	interrupted.cut = true
	assert.False(t, interrupted.Answered(), "though a place was found: less may do")

	// The model is asked of the test that was made of what was seen, with the barrier.
	said := found.Report().Suggestions[0].Model
	assert.Equal(t, trial.Never, said.Says, said.Why)
	require.NotNil(t, said.Test)
	assert.Contains(t, said.Test.Text, "DMB ISHST")
	assert.Equal(t, trial.Never, said.Test.Allowed)
}

// A search whose time is over before it is done says so.
func TestASearchWithoutTimeIsCutShort(t *testing.T) {
	l := lab(nil)
	l.Lines = linesOf()
	for v := range l.Guests {
		l.Guests[v] = rigtest.Guest{Step: 64, HitEvery: 4, Hits: bad.Hits}
	}
	for duration, cut := range map[time.Duration]bool{time.Nanosecond: true, 0: false} {
		found, err := find(t, l, func(c *Config) { c.Suggest, c.Spec.Duration = true, duration })
		require.NoError(t, err)
		assert.Equal(t, cut, found.Report().CutShort, duration)
	}
}

// The stages of a search share the duration that was asked for.
func TestStagesShareTheDuration(t *testing.T) {
	for _, c := range []struct {
		all, spent, left time.Duration
		more             bool
	}{{0, time.Hour, 0, true}, {time.Minute, 0, time.Minute, true}, {time.Minute, 40 * time.Second, 20 * time.Second, true}, {time.Minute, time.Minute, 0, false}, {time.Minute, time.Hour, 0, false}} {
		left, more := leftOf(c.all, c.spent)
		assert.Equal(t, c.left, left)
		assert.Equal(t, c.more, more)
	}
}
