// SPDX-License-Identifier: Apache-2.0

package verdict

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"kcovrig/rig/trial"
)

func pair(first, second string, order, fix, passed, caution uint64) trial.AccessPair {
	return trial.AccessPair{First: first, Second: second, Order: order, Fix: fix, Passed: passed, Caution: caution}
}

// In a broken kernel b overtakes a, and d c.
var (
	overtaken = []trial.AccessPair{pair("a", "b", 0, 0, 500, 0), pair("c", "d", 0, 0, 500, 0), pair("a", "d", 0, 0, 20, 0)}
	cdKept    = pair("c", "d", 0, 0, 900, 0)
)

// Without the fix b overtakes a, which is the bug, and d overtakes c, which is not.
func TestSilenceByPairsHasToBeEarned(t *testing.T) {
	for name, c := range map[string]struct {
		with   []trial.AccessPair
		factor float64
		doubt  string
	}{
		"the fix orders them":                   {[]trial.AccessPair{pair("a", "b", 900, 900, 0, 0), cdKept}, 1, ""},
		"the emulator was cautious half":        {[]trial.AccessPair{pair("a", "b", 450, 450, 0, 450), cdKept}, 0.5, ""},
		"it was, and no second store came":      {[]trial.AccessPair{pair("a", "b", 450, 450, 0, 0), pair("a", "", 0, 0, 0, 450), cdKept}, 0.5, ""},
		"it was of another pair":                {[]trial.AccessPair{pair("a", "b", 900, 900, 0, 0), pair("c", "d", 0, 0, 90, 810)}, 0.1, ""},
		"they do not meet, the fix orders c, d": {[]trial.AccessPair{pair("a", "x", 900, 900, 0, 0), pair("b", "", 0, 0, 0, 9), pair("c", "d", 900, 900, 0, 0)}, 0, "saw no such two stores"},
		"another instruction orders them":       {[]trial.AccessPair{pair("a", "b", 900, 0, 0, 0), cdKept}, 0, doubtNotByFix},
		"the fix does so now and then":          {[]trial.AccessPair{pair("a", "b", 450, 450, 450, 0), cdKept}, 0, doubtNotByFix},
		"the second was rewritten":              {[]trial.AccessPair{pair("a", "release b", 900, 900, 0, 0), cdKept}, 1, ""},
		"it was, and the fix does not order it": {[]trial.AccessPair{pair("a", "other b", 900, 0, 0, 0), cdKept}, 0, "saw no such two stores"},
		"nothing":                               {nil, 0, "saw no such two stores"},
	} {
		t.Run(name, func(t *testing.T) {
			w := weigh(&trial.Silence{Pairs: overtaken}, &trial.Silence{Pairs: c.with}, shown{hits: 100}, true)
			if c.doubt != "" {
				assert.Contains(t, w.doubt, c.doubt)
				assert.Zero(t, w.of(1000))
				return
			}
			assert.Empty(t, w.doubt)
			assert.InDelta(t, c.factor, w.factor, 1e-9)
		})
	}
	fixed := &trial.Silence{Pairs: []trial.AccessPair{pair("a", "b", 900, 900, 0, 0), cdKept}}
	assert.Equal(t, "without the patch "+doubtNoOvertaking, weigh(&trial.Silence{Pairs: overtaken}, fixed, shown{hits: 501}, true).doubt, "seen more often than anything was overtaken")
	assert.Equal(t, doubtLost, weigh(&trial.Silence{Pairs: overtaken, Stores: trial.Earned{Caution: 1}}, fixed, shown{hits: 100}, true).doubt)
	once := append([]trial.AccessPair{pair("e", "e", 0, 0, 500, 0)}, overtaken...)
	for i, boots := range []uint64{29, 30, 12} {
		once[i].HitBoots = boots
	}
	fixed.Pairs = append(fixed.Pairs, pair("e", "x", 0, 0, 10, 0))
	assert.Contains(t, weigh(&trial.Silence{Pairs: once}, fixed, shown{hits: 30}, true).doubt, "saw no such two stores", "of one boot: any of the hits may have come of it")
	assert.Empty(t, weigh(&trial.Silence{Pairs: once}, fixed, shown{hits: 30, boots: 30}, true).doubt, "one boot showed the bug without it")
	assert.Equal(t, "without the patch "+doubtNoOvertaking, weigh(&trial.Silence{Pairs: once}, fixed, shown{hits: 30, boots: 31}, true).doubt)
	assert.Equal(t, doubtAlone, weighAlone(fixed, true).doubt)
}

// Without the fix d may overtake b: it still may where the fix makes b a release.
func TestAPlaceThatTheFixRewroteStandsForTheOldOne(t *testing.T) {
	broken := []trial.AccessPair{pair("a", "b", 0, 0, 500, 0), pair("b", "d", 0, 0, 500, 0)}
	fixed := []trial.AccessPair{pair("a", "release b", 900, 900, 0, 0), pair("release b", "d", 0, 0, 800, 0)}
	w := weigh(&trial.Silence{Pairs: broken}, &trial.Silence{Pairs: fixed}, shown{hits: 100}, true)
	assert.Empty(t, w.doubt)
	fixed[0].Fix = 0 // the place is another one, for all that is known
	assert.Contains(t, weigh(&trial.Silence{Pairs: broken}, &trial.Silence{Pairs: fixed}, shown{hits: 100}, true).doubt, "saw no such two stores")
}

// Without the fix the load q may read what is older than p had seen; stores are as they were.
func TestSilenceByLoads(t *testing.T) {
	stores := []trial.AccessPair{pair("a", "b", 0, 0, 500, 0)}
	broken := &trial.Silence{Pairs: stores, LoadPairs: []trial.AccessPair{pair("p", "q", 0, 0, 100, 0), pair("r", "s", 0, 0, 9, 0)}}
	for name, c := range map[string]struct {
		stores, loads []trial.AccessPair
		factor        float64
		doubt         string
	}{
		"the fix orders them":                      {stores, []trial.AccessPair{pair("p", "q", 300, 300, 0, 0)}, 1, ""},
		"the first was rewritten":                  {stores, []trial.AccessPair{pair("acquire p", "q", 300, 300, 0, 0)}, 1, ""},
		"caution hid half of what was older":       {stores, []trial.AccessPair{pair("p", "q", 300, 300, 0, 0), pair("", "q", 0, 0, 0, 300)}, 0.5, ""},
		"of other loads it is no matter":           {stores, []trial.AccessPair{pair("p", "q", 300, 300, 0, 0), pair("", "s", 0, 0, 0, 300)}, 1, ""},
		"caution kept the stores in order as well": {[]trial.AccessPair{pair("a", "b", 0, 0, 50, 450)}, []trial.AccessPair{pair("p", "q", 300, 300, 0, 0)}, 0.1, ""},
		"another instruction orders them":          {stores, []trial.AccessPair{pair("p", "q", 300, 0, 0, 0)}, 0, doubtNotByFix},
		"the fix does so now and then":             {stores, []trial.AccessPair{pair("p", "q", 300, 300, 3, 0)}, 0, doubtNotByFix},
		"they still may":                           {stores, []trial.AccessPair{pair("p", "q", 0, 0, 300, 0)}, 0, doubtNotByFix},
		"they do not meet":                         {stores, nil, 0, "saw no such two loads"},
	} {
		w := weigh(broken, &trial.Silence{Pairs: c.stores, LoadPairs: c.loads}, shown{hits: 50}, true)
		assert.Equal(t, c.doubt == "", w.doubt == "", "%s: %s", name, w.doubt)
		assert.Contains(t, w.doubt, c.doubt, name)
		if c.doubt == "" {
			assert.InDelta(t, c.factor, w.factor, 1e-9, name)
		}
	}
	silent := &trial.Silence{Pairs: stores, LoadPairs: []trial.AccessPair{pair("p", "q", 300, 300, 0, 0)}}
	assert.Contains(t, weigh(broken, silent, shown{hits: 101}, true).doubt, doubtNotByFix, "too seldom to explain the hits")
	broken.Pairs = []trial.AccessPair{}
	assert.Contains(t, weigh(broken, silent, shown{hits: 101}, true).doubt, doubtNoOvertaking)
	assert.Empty(t, weigh(broken, silent, shown{hits: 100}, true).doubt, "no store overtook another")
}

// Without the fix the load q may be done while the store a waits; two stores and two loads are
// as they were.
func TestSilenceByAStoreAndALaterLoad(t *testing.T) {
	stores := []trial.AccessPair{pair("a", "b", 0, 0, 500, 0)}
	kept := []trial.AccessPair{pair("a", "b", 700, 700, 0, 0)}
	broken := &trial.Silence{Pairs: stores, ReadPairs: []trial.AccessPair{pair("a", "q", 0, 0, 100, 0), pair("a", "s", 0, 0, 9, 0)}}
	for name, c := range map[string]struct {
		stores, reads []trial.AccessPair
		factor        float64
		doubt         string
	}{
		"the fix orders them":                   {stores, []trial.AccessPair{pair("a", "q", 300, 300, 0, 0)}, 1, ""},
		"the load was rewritten":                {stores, []trial.AccessPair{pair("a", "q behind a barrier", 300, 300, 0, 0)}, 1, ""},
		"caution kept them so half the time":    {stores, []trial.AccessPair{pair("a", "q", 300, 300, 0, 300)}, 0.5, ""},
		"it did, and no load came":              {stores, []trial.AccessPair{pair("a", "q", 300, 300, 0, 0), pair("a", "", 0, 0, 0, 300)}, 0.5, ""},
		"of other loads it is no matter":        {stores, []trial.AccessPair{pair("a", "q", 300, 300, 0, 0), pair("a", "s", 0, 0, 0, 300)}, 1, ""},
		"stores that overtook count as well":    {[]trial.AccessPair{pair("a", "b", 0, 0, 50, 450)}, []trial.AccessPair{pair("a", "q", 300, 300, 0, 0)}, 0.1, ""},
		"another instruction orders them":       {stores, []trial.AccessPair{pair("a", "q", 300, 0, 0, 0)}, 0, doubtNotByFix},
		"the fix does so now and then":          {stores, []trial.AccessPair{pair("a", "q", 300, 300, 3, 0)}, 0, doubtNotByFix},
		"it still may":                          {stores, []trial.AccessPair{pair("a", "q", 0, 0, 300, 0)}, 0, doubtNotByFix},
		"the table had no room":                 {stores, []trial.AccessPair{pair("a", "q", 300, 300, 0, 0), pair("", "", 0, 0, 0, 1)}, 0, doubtLost},
		"the fix orders two stores as well":     {kept, []trial.AccessPair{pair("a", "q", 300, 300, 0, 0)}, 1, ""},
		"... and caution kept the load from it": {kept, []trial.AccessPair{pair("a", "q", 30, 30, 0, 270)}, 0.1, ""},
		"the fix orders two stores alone":       {kept, []trial.AccessPair{pair("a", "q", 0, 0, 30, 270)}, 1, ""},
		"... and the table had no room":         {kept, []trial.AccessPair{pair("a", "q", 0, 0, 30, 270), pair("", "", 0, 0, 0, 1)}, 1, ""},
	} {
		w := weigh(broken, &trial.Silence{Pairs: c.stores, ReadPairs: c.reads}, shown{hits: 50}, true)
		assert.Equal(t, c.doubt == "", w.doubt == "", "%s: %s", name, w.doubt)
		assert.Contains(t, w.doubt, c.doubt, name)
		if c.doubt == "" {
			assert.InDelta(t, c.factor, w.factor, 1e-9, name)
		}
	}
	fixed := &trial.Silence{Pairs: stores, ReadPairs: []trial.AccessPair{pair("a", "q", 300, 300, 0, 0)}}
	assert.Contains(t, weigh(broken, fixed, shown{hits: 101}, true).doubt, doubtNotByFix, "too seldom to explain the hits")
	broken.ReadPairs = append(broken.ReadPairs, pair("z", "q", 0, 0, 100, 0))
	fixed.ReadPairs = append(fixed.ReadPairs, pair("z", "t", 0, 0, 100, 0))
	assert.Contains(t, weigh(broken, fixed, shown{hits: 50}, true).doubt, "saw no such two accesses", "of two that may be the bug one was not met")
	broken.Pairs, fixed.Pairs, broken.LoadPairs = []trial.AccessPair{}, []trial.AccessPair{}, []trial.AccessPair{pair("p", "q", 0, 0, 100, 0)}
	broken.ReadPairs = broken.ReadPairs[:2]
	assert.Contains(t, weigh(broken, fixed, shown{hits: 50}, true).doubt, "saw no such two loads", "loads are asked where the fix orders no stores")
	fixed.LoadPairs = []trial.AccessPair{pair("p", "q", 0, 0, 10, 90)}
	assert.InDelta(t, 0.1, weigh(broken, fixed, shown{hits: 50}, true).factor, 1e-9)
	fixed.LoadPairs[0] = pair("p", "q", 300, 300, 0, 0)
	fixed.ReadPairs[0] = pair("a", "q", 0, 0, 300, 0)
	assert.Empty(t, weigh(broken, fixed, shown{hits: 50}, true).doubt, "a fix that orders loads alone")
}

// In a search nobody asks whether it is the fix that orders, but whether something does.
func TestSilenceBesideAKernelThatShowsTheBug(t *testing.T) {
	for name, c := range map[string]struct {
		here   []trial.AccessPair
		factor float64
		doubt  string
	}{
		"an instruction orders them":          {[]trial.AccessPair{pair("a", "b", 900, 0, 0, 0), cdKept}, 1, ""},
		"the emulator was cautious half":      {[]trial.AccessPair{pair("a", "b", 450, 0, 0, 450), cdKept}, 0.5, ""},
		"it does so now and then":             {[]trial.AccessPair{pair("a", "b", 450, 0, 450, 0), pair("c", "d", 0, 0, 9, 0)}, 0, doubtNotKept},
		"they do not meet":                    {[]trial.AccessPair{pair("a", "x", 900, 0, 0, 0), pair("b", "", 0, 0, 0, 9), cdKept}, 0, "here the emulator saw no such two stores"},
		"the line of the second reads other":  {[]trial.AccessPair{pair("a", "other b", 900, 0, 0, 0), cdKept}, 0, "here the emulator saw no such two stores"},
		"... as the fix has it, and is order": {[]trial.AccessPair{pair("a", "release b", 900, 900, 0, 0), cdKept}, 1, ""},
	} {
		w := weighBeside(trial.Silence{Pairs: overtaken}, trial.Silence{Pairs: c.here}, shown{hits: 100})
		assert.Equal(t, c.doubt == "", w.doubt == "", "%s: %s", name, w.doubt)
		assert.Contains(t, w.doubt, c.doubt, name)
		if c.doubt == "" {
			assert.InDelta(t, c.factor, w.factor, 1e-9, name)
		}
	}
	assert.Equal(t, "in the kernel that shows the bug "+doubtNoOvertaking,
		weighBeside(trial.Silence{Pairs: overtaken}, trial.Silence{Pairs: []trial.AccessPair{cdKept}}, shown{hits: 501}).doubt)
}
